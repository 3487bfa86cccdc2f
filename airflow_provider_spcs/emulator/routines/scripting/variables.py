"""Variables of a script in the text of its statements and expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlglot.tokens import Token, TokenType

from airflow_provider_spcs.emulator.statement import tokenize

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.result import Column

_SEMI_STRUCTURED = {"VARIANT", "OBJECT", "ARRAY"}
_NO_NAMES = {TokenType.STRING, TokenType.RAW_STRING, TokenType.HEREDOC_STRING, TokenType.NUMBER}


@dataclass
class Value:
    """A value with the type of the column that it came from; a row of a cursor has its values by column."""

    content: Any = None
    type: str = "TEXT"
    row: dict[str, Value] | None = None


def of_row(columns: list[Column], row: tuple[Any, ...]) -> Value:
    """A record: what FOR gives for each row."""
    return Value(row={column.name: Value(value, column.type) for column, value in zip(columns, row, strict=True)})


def bound(text: str, scope: dict[str, Value], *, bare: bool) -> tuple[str, list[Any]]:
    """The text with ``?`` for each variable, and their values.

    Args:
        text: A statement, or an expression.
        scope: The variables by name.
        bare: Whether a name without a colon is a variable too, as in expressions.
    """
    tokens = tokenize(text)
    out, values, at, index = [], [], 0, 0
    while index < len(tokens):
        step, value = _variable(tokens, index, scope, bare=bare)
        if value is not None:
            out += [text[at : tokens[index].start], "PARSE_JSON(?)" if value.type in _SEMI_STRUCTURED else "?"]
            values.append(value.content)
            at = tokens[index + step - 1].end + 1
        index += step
    return "".join([*out, text[at:]]), values


def _variable(tokens: list[Token], index: int, scope: dict[str, Value], *, bare: bool) -> tuple[int, Value | None]:
    token = tokens[index]
    before = tokens[index - 1] if index else None
    if token.text == ":" and index + 1 < len(tokens):
        path = before is not None and before.end + 1 == token.start and before.text not in {"(", ",", "=", "[", "||"}
        step, found = (1, None) if path else _named(tokens, index + 1, scope)
        return (step + 1, found) if found is not None else (1, None)
    if not bare or (before is not None and before.text in {".", ":"}):
        return 1, None
    following = tokens[index + 1].text if index + 1 < len(tokens) else ""
    return (1, None) if following == "(" else _named(tokens, index, scope)


def _named(tokens: list[Token], index: int, scope: dict[str, Value]) -> tuple[int, Value | None]:
    token = tokens[index]
    if token.token_type in _NO_NAMES:
        return 1, None
    name = token.text if token.token_type is TokenType.IDENTIFIER else token.text.upper()
    found = scope.get(name)
    if found is None or found.row is None:
        return 1, found
    if index + 2 < len(tokens) and tokens[index + 1].text == ".":
        part = tokens[index + 2]
        column = part.text if part.token_type is TokenType.IDENTIFIER else part.text.upper()
        return 3, found.row.get(column)
    return 1, None
