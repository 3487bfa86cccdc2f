"""The part of a statement that a command's parser leaves to the translator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.statement import Statement


def rest(statement: Statement) -> tuple[str, list[Any]]:
    """Text and values from the cursor to the end; the cursor moves there."""
    used = sum(token.text == "?" for token in statement.tokens[: statement.at])
    last = statement.tokens[-1]
    statement.tokens, tail = statement.tokens[: statement.at], statement.tokens[statement.at :]
    return (statement.text[tail[0].start : last.end + 1] if tail else ""), list(statement.binds)[used:]
