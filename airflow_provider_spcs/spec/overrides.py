"""Merge a part of a specification over a whole one.

As JSON merge patch (RFC 7386), with lists of named things merged by what identifies them: this is what
``snowflake.ml.jobs`` does with ``spec_overrides`` too.
"""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping
from typing import Any

from airflow_provider_spcs.errors import SpecError

_OUTER = frozenset({"spec", "capabilities", "serviceRoles"})
#: What identifies an entry of the list under that key; the first that is set counts.
_IDENTITY = {
    "containers": ("name",),
    "volumes": ("name",),
    "endpoints": ("name",),
    "serviceRoles": ("name",),
    "volumeMounts": ("mountPath",),
    "secrets": ("envVarName", "directoryPath"),
}


def merge(document: Mapping[str, Any], overrides: Mapping[str, Any]) -> dict[str, Any]:
    """``document`` with ``overrides`` merged in; neither is changed.

    Raises:
        SpecError: When ``overrides`` is no mapping, or a container in it is neither there nor whole.
    """
    if not isinstance(overrides, Mapping):
        raise SpecError("spec_overrides", f"it is a {type(overrides).__name__}", "Overrides are a mapping", "Give one")
    whole = overrides if _OUTER & set(overrides) else {"spec": overrides}
    _known_containers(document, whole)
    return _mapping(document, whole)


def _known_containers(document: Mapping[str, Any], overrides: Mapping[str, Any]) -> None:
    there = [container["name"] for container in document["spec"]["containers"]]
    body = overrides.get("spec")
    given = body.get("containers") if isinstance(body, Mapping) else None
    for index, container in enumerate(given if isinstance(given, list | tuple) else ()):
        name = container.get("name") if isinstance(container, Mapping) else None
        if isinstance(container, Mapping) and name not in there and "image" not in container:
            near = difflib.get_close_matches(str(name), there, n=1)
            raise SpecError(
                f"spec_overrides.spec.containers[{index}]",
                f"the spec has no container {name!r}",
                "A container that is overridden is named as in the spec; a new one needs an image",
                f"Did you mean {near[0]!r}?" if near else f"It has {', '.join(there)}",
            )


def _mapping(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _value(key, merged.get(key), value)
    return merged


def _value(key: str, base: Any, over: Any) -> Any:
    if isinstance(over, Mapping):
        return _mapping(base if isinstance(base, Mapping) else {}, over)
    if key in _IDENTITY and isinstance(over, list | tuple) and isinstance(base, list):
        return _named(_IDENTITY[key], base, over)
    return copy.deepcopy(over)


def _named(keys: tuple[str, ...], base: list[Any], over: list[Any] | tuple[Any, ...]) -> list[Any]:
    merged = list(base)
    for entry in over:
        mark = _mark(keys, entry)
        place = next((i for i, old in enumerate(merged) if mark is not None and _mark(keys, old) == mark), None)
        if place is None:
            merged.append(copy.deepcopy(entry))
        else:
            merged[place] = _mapping(merged[place], entry)
    return merged


def _mark(keys: tuple[str, ...], entry: Any) -> tuple[str, Any] | None:
    if not isinstance(entry, Mapping):
        return None
    return next(((key, entry[key]) for key in keys if entry.get(key) is not None), None)
