"""BEGIN, COMMIT, ROLLBACK, SHOW TRANSACTIONS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, status

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_DONE = "Statement executed successfully."


@command("BEGIN", "BEGIN TRANSACTION", "BEGIN WORK", "START TRANSACTION")
def begin(session: Session, statement: Statement) -> Result:
    """BEGIN [TRANSACTION | WORK] [NAME n]."""
    if statement.accept("NAME"):
        statement.identifier()
    statement.end()
    session.transaction.begin()
    return status(_DONE, Kind.TRANSACTION)


@command("COMMIT", "COMMIT WORK")
def commit(session: Session, statement: Statement) -> Result:
    """COMMIT [WORK]; without a transaction it does nothing."""
    statement.end()
    session.transaction.commit()
    return status(_DONE, Kind.TRANSACTION)


@command("ROLLBACK", "ROLLBACK WORK")
def rollback(session: Session, statement: Statement) -> Result:
    """ROLLBACK [WORK]; without a transaction it does nothing."""
    statement.end()
    session.transaction.rollback()
    return status(_DONE, Kind.TRANSACTION)
