"""Regular expressions with a place, an occurrence, parameters or a group; DuckDB's own know none of these.

Source: Snowflake's documentation, "String functions (regular expressions)", and the pages of the functions.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any


@functools.lru_cache(maxsize=256)
def _compiled(pattern: str, parameters: str) -> re.Pattern[str]:
    case = next((letter for letter in reversed(parameters) if letter in "ci"), "c")
    flags = (re.IGNORECASE if case == "i" else 0) | (re.DOTALL if "s" in parameters else 0)
    try:
        return re.compile(pattern, flags | (re.MULTILINE if "m" in parameters else 0))
    except re.error as error:
        raise ValueError(f"100048|2201B|Invalid regular expression: '{pattern}', {error}") from None


def _match(text: str, pattern: str, place: int, which: int, parameters: str) -> re.Match[str] | None:
    for count, found in enumerate(_compiled(pattern, parameters).finditer(text, place - 1), start=1):
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
    found = _match(tail, pattern, 1, which, parameters)
    return head + tail[: found.start()] + found.expand(template) + tail[found.end() :] if found else text


def part(  # noqa: PLR0917 - as DuckDB calls it
    text: str, pattern: str, place: int, which: int, parameters: str, group: int
) -> str | None:
    """The match of a pattern, or its group; with ``e`` and no group the first one. None without match."""
    found = _match(text, pattern, place, which, parameters)
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
    found = _match(text, pattern, place, which, parameters)
    if found is None:
        return 0
    wanted = _group(found, parameters, group)
    return (found.end(wanted) if option else found.start(wanted)) + 1


def count(text: str, pattern: str, place: int, parameters: str) -> int:
    """How many matches a text has from a place on; an empty pattern has none."""
    return sum(1 for _ in _compiled(pattern, parameters).finditer(text, place - 1)) if pattern else 0


def like(text: str, pattern: str, parameters: str) -> bool:
    """Whether the whole text matches."""
    return _compiled(pattern, parameters).fullmatch(text) is not None


_T, _I = "VARCHAR", "BIGINT"
FUNCTIONS: dict[str, tuple[Callable[..., Any], list[str], str]] = {
    "sf_regexp_replaced": (replaced, [_T, _T, _T, _I, _I, _T], _T),
    "sf_regexp_part": (part, [_T, _T, _I, _I, _T, _I], _T),
    "sf_regexp_position": (position, [_T, _T, _I, _I, _I, _T, _I], "BIGINT"),
    "sf_regexp_count": (count, [_T, _T, _I, _T], "BIGINT"),
    "sf_regexp_like": (like, [_T, _T, _T], "BOOLEAN"),
}
