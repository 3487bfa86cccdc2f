"""Options of statements: ``KEY = value`` lists, nested in parentheses where Snowflake nests them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlglot.tokens import TokenType

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value
from airflow_provider_spcs.emulator.names import written
from airflow_provider_spcs.emulator.statement import Statement

Options = dict[str, Any]


def read(statement: Statement, allowed: Collection[str], stop: Collection[str] = ()) -> Options:
    """Read options until the end, a closing parenthesis, or a word of ``stop``.

    Args:
        statement: Its cursor stands before the first option.
        allowed: Option names in upper case; any other is an error.
        stop: Words that begin something else.

    Raises:
        SnowflakeError: 1003 for an unknown option or a malformed value.
    """
    found: Options = {}
    while not statement.done and not statement.looking_at(")") and statement.word() not in stop:
        key = statement.word()
        if key not in allowed:
            raise _invalid_option(statement, key)
        statement.at += 1
        found[key] = _value(statement) if statement.accept("=") or statement.looking_at("(") else True
        statement.accept(",")
    return found


def _invalid_option(statement: Statement, key: str) -> SnowflakeError:
    if not key or not key.replace("_", "").isalnum():
        return statement.unexpected()
    return SnowflakeError(f"SQL compilation error:\ninvalid parameter '{key}'", 1007, "22023")


def _value(statement: Statement) -> Any:
    if statement.accept("("):
        return _parenthesized(statement)
    token = statement.peek()
    value = statement.literal()
    if token is not None and token.token_type is TokenType.IDENTIFIER:
        value = written(value)
    while isinstance(value, str) and statement.accept("."):
        value = f"{value}.{written(statement.identifier())}"
    if isinstance(value, str) and value.upper().startswith("SKIP_FILE_") and statement.accept("%"):
        return value + "%"
    return value


def _parenthesized(statement: Statement) -> Any:
    """A list of values, or nested options when a ``=`` follows the first word; the ``(`` is read."""
    if statement.word() and statement.word(1) == "=":
        nested: Options = {}
        while not statement.accept(")"):
            key = statement.word()
            statement.at += 1
            statement.expect("=")
            nested[key] = _value(statement)
            statement.accept(",")
        return nested
    values = []
    while not statement.accept(")"):
        values.append(statement.literal())
        if not statement.accept(",") and not statement.looking_at(")"):
            raise statement.unexpected()
    return values


def boolean(options: Options, key: str, default: bool = False) -> bool:
    """A TRUE/FALSE option.

    Raises:
        SnowflakeError: 1008 for any other value.
    """
    value = options.get(key, default)
    if isinstance(value, str) and value.upper() in {"TRUE", "FALSE"}:
        return value.upper() == "TRUE"
    if not isinstance(value, bool):
        raise invalid_value(value, key, "It is TRUE or FALSE.")
    return value
