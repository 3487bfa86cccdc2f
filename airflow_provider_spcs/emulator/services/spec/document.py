"""Specification text to plain data and back, without losing how a scalar was written."""

from __future__ import annotations

import json
from typing import Any

import yaml

from airflow_provider_spcs.emulator.services.spec.node import Scalar, invalid


class _Loader(yaml.SafeLoader):
    """Scalars stay text: ``1.10`` is not 1.1, ``no`` is not false, a date stays as written."""


def _scalar(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Scalar | None:
    plain = node.style is None
    content = str(loader.construct_scalar(node))
    if plain and content in {"", "~", "null", "Null", "NULL"}:
        return None
    return Scalar(content, plain=plain)


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[str, Any]:
    loader.flatten_mapping(node)
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise invalid(f"a key in line {key_node.start_mark.line + 1} is not a scalar.")
        if key_node.value in found:
            raise invalid(f"duplicate key '{key_node.value}' in line {key_node.start_mark.line + 1}.")
        found[str(key_node.value)] = loader.construct_object(value_node, deep=True)
    return found


def _sequence(loader: yaml.SafeLoader, node: yaml.SequenceNode) -> list[Any]:
    return list(loader.construct_sequence(node, deep=True))


for _tag in ("str", "int", "float", "bool", "null", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _scalar)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:seq", _sequence)


def load(text: str) -> Any:
    """The data of a specification in YAML or JSON.

    Raises:
        SnowflakeError: 395018 when it is neither.
    """
    if text.lstrip().startswith("{"):
        try:
            # YAML would read an escaped surrogate pair of JSON as two characters.
            return _from_json(json.loads(text, parse_int=_Number, parse_float=_Number))
        except ValueError:
            pass
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  a SafeLoader with plainer scalars
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise invalid(f"it cannot be read as YAML{where}: {error.problem}.") from None
    except (yaml.YAMLError, RecursionError) as error:
        raise invalid(f"it cannot be read as YAML: {error}.") from None


class _Number(str):
    __slots__ = ()


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _from_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_from_json(item) for item in value]
    if isinstance(value, bool):
        return Scalar(str(value).lower(), plain=True)
    return None if value is None else Scalar(value, plain=isinstance(value, _Number))


class _Quoted(str):
    __slots__ = ()


class _Dumper(yaml.SafeDumper):
    """Strings that came as strings keep their quotes."""


_Dumper.add_representer(
    _Quoted, lambda dumper, content: dumper.represent_scalar("tag:yaml.org,2002:str", str(content), style='"')
)


def canonical(data: Any, digests: dict[str, str]) -> str:
    """The specification as DESCRIBE SERVICE shows it: YAML, strings in quotes, each image with its digest.

    Args:
        data: What :func:`load` gave.
        digests: Image name to ``sha256:...``.
    """
    shown = _shown(data)
    for container in shown["spec"]["containers"]:
        if container.get("env"):
            container["env"] = {key: _Quoted(str(value)) for key, value in _env(data, container["name"]).items()}
        container["sha256"] = _Quoted("@" + digests[str(container["image"])])
    return "---\n" + yaml.dump(shown, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)


def _env(data: Any, name: str) -> dict[str, str]:
    """A container's variables as written: ``8080`` and ``yes`` are text there, whatever they look like."""
    written = next(item for item in data["spec"]["containers"] if str(item["name"]) == str(name))
    return {key: value or "" for key, value in written["env"].items()}


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_shown(item) for item in value]
    if isinstance(value, Scalar) and value.plain and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if isinstance(value, Scalar) and value.plain and value.isdigit() and str(int(value)) == value:
        return int(value)
    return None if value is None else _Quoted(value)
