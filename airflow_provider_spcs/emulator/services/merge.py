"""Merging of specification overrides: by RFC 7386, where lists of named things are merged by name.

Source: ``jobs/_utils/spec_utils.py`` of snowflake-ml-python 1.20.
"""

from __future__ import annotations

from typing import Any


def merged(base: Any, patch: Any) -> Any:
    """``base`` with ``patch`` on top; null removes a key."""
    if isinstance(base, dict) and isinstance(patch, dict):
        result = {key: value for key, value in base.items() if patch.get(key, value) is not None}
        for key, value in patch.items():
            if value is not None:
                result[key] = merged(base.get(key), value)
        return result
    if _named(base) and _named(patch):
        by_name = {item["name"]: item for item in base}
        for item in patch:
            by_name[item["name"]] = merged(by_name.get(item["name"], {}), item)
        return list(by_name.values())
    return patch


def _named(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) and "name" in item for item in value)
