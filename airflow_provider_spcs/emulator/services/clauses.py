"""Clauses of the form ``KEY = value`` in any order, as CREATE and EXECUTE statements have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value
from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.statement import Statement

Reader = Callable[[Statement], Any]


def read(statement: Statement, readers: Mapping[str, Reader]) -> dict[str, Any]:
    """Read clauses to the end of the statement.

    Args:
        statement: The cursor is at the first clause.
        readers: Keyword to what reads the value; the ``=`` before it is optional.

    Raises:
        SnowflakeError: 1003 for an unknown keyword, 2115 for one that comes twice.
    """
    found: dict[str, Any] = {}
    while not statement.done:
        keyword = statement.word()
        if keyword not in readers:
            statement.accept(",")
            keyword = statement.word()
        if keyword not in readers:
            raise statement.unexpected()
        if keyword in found:
            raise duplicate(keyword)
        statement.accept(keyword)
        statement.accept("=")
        found[keyword] = readers[keyword](statement)
    return found


def duplicate(keyword: str) -> SnowflakeError:
    """A clause comes twice."""
    return SnowflakeError(f"SQL compilation error:\nduplicate property '{keyword}'", 1003, "42000")


def boolean(statement: Statement) -> bool:
    """TRUE or FALSE, also as a string or a bound value."""
    content = statement.literal()
    if str(content).upper() not in {"TRUE", "FALSE"}:
        raise invalid_value(content, "boolean", "It must be TRUE or FALSE.")
    return str(content).upper() == "TRUE"


def integer(low: int, high: int, what: str) -> Reader:
    """A reader of whole numbers in a range, also bound."""

    def reader(statement: Statement) -> int:
        content = statement.literal()
        if isinstance(content, bool) or not str(content).isdigit() or not low <= int(content) <= high:
            raise invalid_value(content, what, f"It must be a whole number from {low} to {high}.")
        return int(content)

    return reader


def string(statement: Statement) -> str:
    """A string literal or bound value."""
    return statement.string()


def word(statement: Statement) -> str:
    """A bare word in upper case, also given as a string."""
    return str(statement.literal()).upper()


def name(statement: Statement) -> tuple[str, ...]:
    """An object's name; also as a quoted string, as some clients write it."""
    if statement.is_string():
        inner = Statement.parse(statement.string())
        parts = inner.name()
        inner.end()
        return parts
    return statement.name()


def parenthesised(element: Reader) -> Reader:
    """A reader of ``( element, ... )``, possibly empty."""

    def reader(statement: Statement) -> list[Any]:
        statement.expect("(")
        found: list[Any] = []
        while not statement.accept(")"):
            found.append(element(statement))
            if not statement.accept(",") and not statement.looking_at(")"):
                raise statement.unexpected()
        return found

    return reader


def tags(statement: Statement) -> dict[str, str]:
    """``( name = 'value', ... )`` after TAG; values of at most 256 characters; names as text with every part quoted."""

    def one(inner: Statement) -> tuple[str, str]:
        tag = ".".join(quoted(part) for part in inner.name())
        inner.expect("=")
        content = inner.string()
        if len(content) > 256:
            raise invalid_value(content[:20] + "...", f"TAG {tag}", "A tag's value has at most 256 characters.")
        return tag, content

    return dict(parenthesised(one)(statement))


def if_exists(statement: Statement) -> bool:
    """Read IF EXISTS when it comes."""
    return statement.accept("IF", "EXISTS")


def if_not_exists(statement: Statement) -> bool:
    """Read IF NOT EXISTS when it comes."""
    return statement.accept("IF", "NOT", "EXISTS")


def stage_location(statement: Statement) -> str:
    """Read ``@stage/path`` or ``'@stage/path'``; the text with its ``@``."""
    literal = statement.is_string() or statement.looking_at("?")
    content = statement.string() if literal else _run_of_tokens(statement)
    if not content.startswith("@"):
        raise invalid_value(content, "stage", "A stage's name begins with '@'.")
    return content


def _run_of_tokens(statement: Statement) -> str:
    # A stage's path is not a token of SQL: it ends where white space does.
    first = statement.peek()
    if first is None or not first.text.startswith("@"):
        raise statement.unexpected()
    end = first.start
    while (token := statement.peek()) is not None and (token is first or token.start == end):
        end = token.end + 1
        statement.at += 1
    return statement.text[first.start : end]
