"""The shape of a document: mappings with known keys, lists, and the path of what is not as it should be."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from airflow_provider_spcs.errors import SpecError

SOURCE = "service specification reference"
_T = TypeVar("_T")


def as_mapping(path: str, value: Any) -> Mapping[str, Any]:
    """``value`` when it is a mapping."""
    if not isinstance(value, Mapping):
        raise SpecError(path, f"it is {_kind(value)}", "A mapping belongs here", "Write 'key: value' lines", SOURCE)
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "empty"
    names = {bool: "a boolean", int: "a number", float: "a number", str: "a text", list: "a list", dict: "a mapping"}
    return names.get(type(value), f"a {type(value).__name__}")


def mapping(path: str, value: Any, known: tuple[str, ...], *, at_top: bool = False) -> dict[str, Any]:
    """``value`` when it is a mapping with known keys only; keys without a value are left out."""
    entries = as_mapping(path, value)
    for key in entries:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1, cutoff=0.6)
            raise SpecError(
                str(key) if at_top else f"{path}.{key}",
                "there is no such key",
                f"Known here are {', '.join(known)}",
                f"Did you mean '{near[0]}'?" if near else "Remove it",
                SOURCE,
            )
    return {key: entry for key, entry in entries.items() if entry is not None}


def sequence(path: str, value: Any) -> tuple[Any, ...]:
    """``value`` when it is a list; nothing is an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise SpecError(path, f"it is {_kind(value)}", "A list belongs here", "Write '- ' before each entry", SOURCE)
    return tuple(value)


def each(path: str, value: Any, read_one: Callable[[str, Any], _T]) -> tuple[_T, ...]:
    """Every entry of a list, read with its own path."""
    return tuple(read_one(f"{path}[{index}]", entry) for index, entry in enumerate(sequence(path, value)))


def nested(parent: Mapping[str, Any], path: str, *names: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """The mapping below a chain of single keys; empty when it is not there."""
    here = parent.get(names[0])
    path = f"{path}.{names[0]}".lstrip(".")
    for name in names[1:]:
        if here is None:
            return {}
        here = mapping(path, here, (name,)).get(name)
        path = f"{path}.{name}"
    return {} if here is None else mapping(path, here, keys)


def required(path: str, entry: Mapping[str, Any], *keys: str) -> None:
    """Refuse an entry that lacks one of ``keys``."""
    for key in keys:
        if key not in entry:
            raise SpecError(path, f"there is no '{key}'", f"{' and '.join(keys)} are needed here", "Add it", SOURCE)
