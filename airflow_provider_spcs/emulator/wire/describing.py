"""The columns a statement would return, without running what it would change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

_QUERIES = {"SELECT", "WITH", "(", "VALUES"}
_HARMLESS = {"SHOW", "DESC", "DESCRIBE", "LIST", "LS", "EXPLAIN"}


def describe(session: Session, sql: str, binds: Sequence[object]) -> Result:
    """Columns of one statement; its rows are empty or to be ignored.

    Raises:
        SnowflakeError: The statement cannot be compiled.
    """
    from airflow_provider_spcs.emulator.engine import query

    statement = Statement.parse(sql, list(binds))
    word = statement.word() or (statement.tokens[0].text if statement.tokens else "")
    if word in _QUERIES:
        return query.describe(session, statement)
    if word in _HARMLESS:
        return session.execute(sql, binds)
    return status("")
