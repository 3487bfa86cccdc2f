"""The pipe operator: statements in a chain, each of which reads the results of those before it as ``$n``.

Source: Snowflake's documentation, "Flow operators".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot.tokens import TokenType

from airflow_provider_spcs.emulator.engine import query
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.registry import table
from airflow_provider_spcs.emulator.result import Result
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot.tokens import Token

    from airflow_provider_spcs.emulator.engine.session import Session

PIPE = "->>"
_BEFORE_SOURCE = {"FROM", "JOIN", "USING"}


def piped(statement: Statement) -> bool:
    """Whether a statement is a chain; a pipe inside a scripting block belongs to the block."""
    return statement.word() not in {"BEGIN", "DECLARE"} and any(token.text == PIPE for token in statement.tokens)


def run(session: Session, statement: Statement) -> Result:
    """Run a chain; the result is that of its last statement."""
    earlier, session.piped = session.piped, []
    try:
        *parts, last = _parts(statement)
        for part in parts:
            session.piped.append(_kept(session.execute(part.text, part.binds)))
        return session.execute(last.text, last.binds)
    finally:
        session.piped = earlier


def _kept(result: Result) -> Result:
    """A result that can be read several times."""
    if result.batches is None:
        return result
    rows = query.all_rows(result)
    return Result(result.columns, rows)


def _parts(statement: Statement) -> list[Statement]:
    """The statements of a chain with their bound values, ``$n`` as calls that read the results."""
    found: list[Statement] = []
    binds = list(statement.binds)
    group: list[Token] = []
    for token in [*statement.tokens, None]:
        if token is not None and token.text != PIPE:
            group.append(token)
            continue
        holes = sum(item.token_type is TokenType.PLACEHOLDER for item in group)
        found.append(Statement.parse(_text(statement.text, group), binds[:holes]))
        binds, group = binds[holes:], []
    return found


def _text(text: str, tokens: Sequence[Token]) -> str:
    if not tokens:
        raise SnowflakeError(f"SQL compilation error:\nsyntax error line 1 at position 0 unexpected '{PIPE}'.")
    out, at, index = [], tokens[0].start, 0
    while index < len(tokens):
        number, last = _reference(tokens, index)
        if number and index and tokens[index - 1].text.upper() in _BEFORE_SOURCE:
            out += [text[at : tokens[index].start], f"TABLE(SF_PIPED({number}))"]
            at, index = tokens[last].end + 1, last
        index += 1
    return "".join([*out, text[at : tokens[-1].end + 1]])


def _reference(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    """The number of a ``$n``, and where it ends; no number for other tokens."""
    token = tokens[index]
    if token.text[:1] == "$" and token.text[1:].isdigit() and token.token_type is not TokenType.STRING:
        return token.text[1:], index
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    bare = token.text == "$" or token.token_type is TokenType.PARAMETER
    if bare and following is not None and following.text.isdigit():
        return following.text, index + 1
    return "", index


@table("SF_PIPED")
def read(session: Session, number: int) -> Result:
    """The rows of an earlier statement of the same chain."""
    if not 0 < number <= len(session.piped):
        raise SnowflakeError(f"SQL compilation error:\nThere is no statement ${number} in this chain of statements.")
    return session.piped[-number]
