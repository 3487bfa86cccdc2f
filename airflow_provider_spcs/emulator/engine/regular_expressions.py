"""Regular expressions with a place, an occurrence, parameters or a group; DuckDB's own know none of these.

Source: Snowflake's documentation, "String functions (regular expressions)", and the pages of the functions.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable
from typing import Any

_CLASSES = {
    "alnum": "a-zA-Z0-9", "alpha": "a-zA-Z", "ascii": r"\x00-\x7F", "blank": r" \t", "cntrl": r"\x00-\x1F\x7F",
    "digit": "0-9", "graph": r"\x21-\x7E", "lower": "a-z", "print": r"\x20-\x7E",
    "punct": r"!-/:-@\[-`{-~", "space": r"\s", "upper": "A-Z", "word": r"\w", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
"""POSIX's classes of characters, as they stand inside brackets."""


def _classes(pattern: str) -> str:
    return re.sub(r"\[:(\w+):\]", lambda found: _CLASSES.get(found[1], found[0]), pattern)


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str, parameters: str) -> re.Pattern[str]:
    case = next((letter for letter in reversed(parameters) if letter in "ci"), "c")
    flags = (re.IGNORECASE if case == "i" else 0) | (re.DOTALL if "s" in parameters else 0)
    try:
        return re.compile(_classes(pattern), flags | (re.MULTILINE if "m" in parameters else 0))
    except re.error as error:
        raise ValueError(f"100048|2201B|Invalid regular expression: '{pattern}', {error}") from None


def _match(text: str, pattern: str, which: int, parameters: str) -> re.Match[str] | None:
    for count, found in enumerate(_compiled(pattern, parameters).finditer(text), start=1):
        if count == which:
            return found
    return None


def replaced(  # noqa: PLR0917 - as DuckDB calls it
    text: str, pattern: str, replacement: str, place: int, which: int, parameters: str
) -> str:
    """A text with one match of a pattern, or all of them (0), replaced from a place on."""
    head, tail = text[: place - 1], text[place - 1 :]
    template = re.sub(r"\\(\d)", r"\\g<\1>", replacement)
    if not which:
        return head + _compiled(pattern, parameters).sub(template, tail)
    found = _match(tail, pattern, which, parameters)
    return head + tail[: found.start()] + found.expand(template) + tail[found.end() :] if found else text


def part(  # noqa: PLR0917 - as DuckDB calls it
    text: str, pattern: str, place: int, which: int, parameters: str, group: int
) -> str | None:
    """The match of a pattern, or its group; with ``e`` and no group the first one. None without match."""
    found = _match(text[place - 1 :], pattern, which, parameters)
    if found is None:
        return None
    wanted = _group(found, parameters, group)
    return found[wanted] if wanted <= found.re.groups else None


def _group(found: re.Match[str], parameters: str, group: int) -> int:
    return group if group > 0 else int("e" in parameters and found.re.groups > 0)


def position(  # noqa: PLR0917 - as DuckDB calls it
    text: str, pattern: str, place: int, which: int, option: int, parameters: str, group: int
) -> int:
    """Where a match begins, or with ``option`` 1 where the text goes on after it; 0 without match."""
    found = _match(text[place - 1 :], pattern, which, parameters)
    if found is None:
        return 0
    wanted = _group(found, parameters, group)
    return (found.end(wanted) if option else found.start(wanted)) + place


def count(text: str, pattern: str, place: int, parameters: str) -> int:
    """How many matches a text has from a place on; an empty pattern has none."""
    return sum(1 for _ in _compiled(pattern, parameters).finditer(text[place - 1 :])) if pattern else 0


def parts(  # noqa: PLR0917 - as DuckDB calls it
    text: str, pattern: str, place: int, which: int, parameters: str, group: int
) -> str:
    """All matches of a pattern from one on, or their groups, as an array."""
    matches = list(_compiled(pattern, parameters).finditer(text[place - 1 :]))[which - 1 :]
    return json.dumps([found[_group(found, parameters, group)] for found in matches], ensure_ascii=False)


def like(text: str, pattern: str, parameters: str) -> bool:
    """Whether the whole text matches."""
    return _compiled(pattern, parameters).fullmatch(text) is not None


_T, _I = "VARCHAR", "BIGINT"
FUNCTIONS: dict[str, tuple[Callable[..., Any], list[str], str]] = {
    "sf_regexp_replaced": (replaced, [_T, _T, _T, _I, _I, _T], _T),
    "sf_regexp_part": (part, [_T, _T, _I, _I, _T, _I], _T),
    "sf_regexp_parts": (parts, [_T, _T, _I, _I, _T, _I], _T),
    "sf_regexp_position": (position, [_T, _T, _I, _I, _I, _T, _I], "BIGINT"),
    "sf_regexp_count": (count, [_T, _T, _I, _T], "BIGINT"),
    "sf_regexp_like": (like, [_T, _T, _T], "BOOLEAN"),
}
