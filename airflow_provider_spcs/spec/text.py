"""YAML or JSON text to a document and back, without YAML's surprises.

A scalar is a number or a boolean only when it is written in the one plain way (``8085``, ``0.5``, ``true``);
``1.10``, ``0600``, ``12:30``, ``on`` and ``2026-01-31`` stay the text they are, because a container's variables are
text. A key that stands twice is refused.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from airflow_provider_spcs.errors import SpecError

_SOURCE = "service specification reference"
_INT = re.compile(r"-?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.(?:0|[0-9]*[1-9]))?(?:e[+-][0-9]{2,3})?\Z")
#: What JSON allows in a string and YAML does not, or reads as a line's end.
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class _Loader(yaml.SafeLoader):
    """YAML 1.2's plain scalars, and no key twice."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML declares it

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            text = getattr(key, "value", None)
            if not isinstance(key, yaml.ScalarNode) or not isinstance(text, str):
                raise yaml.constructor.ConstructorError(None, None, "a key is not a text", key.start_mark)
            if text in seen and text != "<<":
                raise yaml.constructor.ConstructorError(None, None, f"the key {text!r} stands twice", key.start_mark)
            seen.add(text)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(?:~|null|Null|NULL|)\Z"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z"), list("tTfF")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", _INT, list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile(r"<<\Z"), ["<"])


def parse(text: str) -> Any:
    """The document in ``text``, which is YAML or JSON.

    Raises:
        SpecError: When it is not one document of YAML; with line and column.
    """
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except RecursionError:
        raise SpecError("spec", "it is nested too deeply", "A specification has about eight levels") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"spec, line {mark.line + 1}, column {mark.column + 1}" if mark else "spec"
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise SpecError(
            where, problem, "A specification is one YAML or JSON document", "Mend the text", _SOURCE
        ) from None


class _Dumper(yaml.SafeDumper):
    """No anchors: they read badly and nobody wrote them."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's signature
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    # A number in text needs quotes to stay text; a separator of YAML needs its escape to stay in the line.
    plain = not (_INT.match(text) or _FLOAT.match(text) or _UNPRINTABLE.search(text))
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')


def _represent_number(dumper: yaml.SafeDumper, number: float) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", repr(number))


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(float, _represent_number)


def dump(document: Any) -> str:
    """``document`` as YAML, keys in their own order."""
    return str(yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def sql_text(document: Any) -> str:
    r"""``document`` as JSON that is YAML as well and that no content can end when it stands between ``$$``.

    Source: snow CLI 3.31 sends every dollar sign that another follows as ``\u0024``; JSON reads it back.
    """
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    text = _UNPRINTABLE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
    return re.sub(r"\$(?=\$)", r"\\u0024", text)
