"""BEGIN, COMMIT, ROLLBACK, SHOW TRANSACTIONS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, status, text
from airflow_provider_spcs.emulator.routines.blocks import block

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_DONE = "Statement executed successfully."


@command("BEGIN", "BEGIN TRANSACTION", "BEGIN WORK", "START TRANSACTION")
def begin(session: Session, statement: Statement) -> Result:
    """BEGIN [TRANSACTION | WORK] [NAME n]; BEGIN with statements after it is a scripting block."""
    if statement.at == 1 and not statement.done and not statement.looking_at("NAME"):
        return block(session, statement)
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


@command("SHOW TRANSACTIONS")
def show_transactions(session: Session, statement: Statement) -> Result:
    """SHOW TRANSACTIONS [IN ACCOUNT]: the sessions whose transaction is open."""
    everybody = statement.accept("IN", "ACCOUNT")
    statement.end()
    sessions = session.account.engine.sessions.values() if everybody else [session]
    rows: list[tuple[object, ...]] = [
        (str(item.id), item.user, str(item.id), "", "", "running", "")
        for item in list(sessions)
        if item.transaction.begun
    ]
    names = ["id", "user", "session", "name", "started_on", "state", "scope"]
    return Result([text(name) for name in names], rows, kind=Kind.SHOW)
