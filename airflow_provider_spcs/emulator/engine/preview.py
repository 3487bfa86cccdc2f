"""The columns of a statement that is not run, for clients that ask before they run it (``describeOnly``)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator import registry
from airflow_provider_spcs.emulator.engine import query
from airflow_provider_spcs.emulator.result import Column, Result, number, text

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_READ_ONLY = {"SHOW", "DESC", "DESCRIBE", "LIST", "LS"}
"""Statements that change nothing: their columns are found by running them."""
_COUNTED = {
    "INSERT": ("inserted",),
    "UPDATE": ("updated",),
    "DELETE": ("deleted",),
    "MERGE": ("inserted", "updated", "deleted"),
}


def preview(session: Session, statement: Statement) -> Result:
    """The columns that the statement would return, without rows; nothing changes.

    Raises:
        SnowflakeError: The statement cannot be understood, or names what does not exist.
    """
    word = statement.word() or statement.tokens[0].text
    if word in {"SELECT", "WITH", "VALUES", "("}:
        return query.describe(session, statement)
    if word in _READ_ONLY:
        return Result(session.execute(statement.text, statement.binds).columns, [])
    return Result(_columns(word, statement), [])


def _columns(word: str, statement: Statement) -> list[Column]:
    if word in _COUNTED:
        said = [action for action in _COUNTED[word] if word != "MERGE" or _has(statement, action)]
        columns = [number(f"number of rows {action}") for action in said]
        return [*columns, number("number of multi-joined rows updated")] if word == "UPDATE" else columns
    if word == "CALL":
        return [text(statement.word(1))]
    if registry.find_command(statement) is None:
        raise statement.unexpected()
    return [text("status")]


def _has(statement: Statement, action: str) -> bool:
    """Whether a MERGE has a clause with this action (``inserted``: THEN INSERT)."""
    verb = action.removesuffix("ed").removesuffix("d").upper()
    words = [token.text.upper() for token in statement.tokens]
    return any(first == "THEN" and then.startswith(verb) for first, then in itertools.pairwise(words))
