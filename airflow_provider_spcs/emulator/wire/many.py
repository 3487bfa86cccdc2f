"""One statement for many bound rows (``executemany``): a bulk insert as few statements, anything else row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot.tokens import Token, TokenType

from airflow_provider_spcs.emulator.result import Result
from airflow_provider_spcs.emulator.statement import tokenize

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

_BINDS_AT_ONCE = 4000
"""Longer statements take longer to parse than they save."""


def execute_many(session: Session, sql: str, rows: Sequence[Sequence[object]]) -> Result:
    """Run a statement for every row, all or nothing; the counts of the answer are sums.

    Raises:
        SnowflakeError: It failed for a row; none of them is kept.
    """
    alone = session.transaction.autocommit and not session.transaction.begun
    if alone:
        session.transaction.begin()
    try:
        results = [session.execute(text, binds) for text, binds in _statements(sql, rows)]
    except BaseException:
        if alone:
            session.transaction.rollback()
        raise
    if alone:
        session.transaction.commit()
    return _summed(results)


def _statements(sql: str, rows: Sequence[Sequence[object]]) -> list[tuple[str, list[object]]]:
    group = _values(sql)
    if group is None:
        return [(sql, list(row)) for row in rows]
    begin, end = group
    size = max(1, _BINDS_AT_ONCE // max(1, len(rows[0]))) if rows else 1
    found = []
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        text = sql[:end] + f", {sql[begin:end]}" * (len(part) - 1) + sql[end:]
        found.append((text, [value for row in part for value in row]))
    return found


def _values(sql: str) -> tuple[int, int] | None:
    """Where the only group of ``INSERT INTO t (...) VALUES (...)`` lies in the text, if it ends the statement."""
    tokens = tokenize(sql)
    words = [token.text.upper() for token in tokens]
    if not words or words[0] != "INSERT" or "VALUES" not in words:
        return None
    first = words.index("VALUES") + 1
    if first >= len(tokens) or tokens[first].token_type is not TokenType.L_PAREN or words[-1] != ")":
        return None
    if any(token.token_type is TokenType.PLACEHOLDER for token in tokens[:first]) or not _one_group(tokens[first:]):
        return None
    return tokens[first].start, tokens[-1].end + 1


def _one_group(tokens: Sequence[Token]) -> bool:
    depth = 0
    for index, token in enumerate(tokens):
        depth += {TokenType.L_PAREN: 1, TokenType.R_PAREN: -1}.get(token.token_type, 0)
        if depth == 0:
            return index == len(tokens) - 1
    return False


def _summed(results: Sequence[Result]) -> Result:
    last = results[-1]
    counts = [result.rows[0] for result in results if result.rows and len(result.rows) == 1]
    if len(counts) == len(results) and all(isinstance(value, int) for row in counts for value in row):
        sums = tuple(sum(int(str(value)) for value in values) for values in zip(*counts, strict=True))
        return Result(last.columns, [sums], kind=last.kind)
    return last
