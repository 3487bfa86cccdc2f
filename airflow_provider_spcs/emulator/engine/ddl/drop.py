"""DROP and TRUNCATE of tables and views."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import catalog
from airflow_provider_spcs.emulator.engine.ddl import undrop
from airflow_provider_spcs.emulator.errors import does_not_exist, wrong_type
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


@command("DROP TABLE")
def drop_table(session: Session, statement: Statement) -> Result:
    """DROP TABLE [IF EXISTS]; a temporary table hides a permanent one and goes first."""
    return _drop(session, statement, "TABLE")


@command("DROP VIEW")
def drop_view(session: Session, statement: Statement) -> Result:
    """DROP VIEW [IF EXISTS]."""
    return _drop(session, statement, "VIEW")


def _drop(session: Session, statement: Statement, kind: str) -> Result:
    missing_ok = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    missing_ok = statement.accept("IF", "EXISTS") or missing_ok
    if not (statement.accept("CASCADE") or statement.accept("RESTRICT")):
        statement.end()
    found = catalog.find(session, name)
    if found is None:
        if missing_ok:
            return status("Drop statement executed successfully (" + name.name + " already dropped).")
        session.check_schema(name)
        raise does_not_exist(kind.title(), name, "42S02")
    if found.kind != kind:
        raise wrong_type(found.kind, kind)
    relation = session.relation(name)

    def work(cursor: Any) -> None:
        if kind == "TABLE" and not found.temporary:
            undrop.keep(session, cursor, found)
        else:
            cursor.execute(f"DROP {kind} {relation}")

    # No lock: a table goes although a transaction that has not ended has written to it.
    session.transaction.ddl([], work)
    session.account.stages.forget(session, name)
    session.temporary.pop(name, None)
    return status(f"{name.name} successfully dropped.")


@command("TRUNCATE TABLE", "TRUNCATE")
def truncate(session: Session, statement: Statement) -> Result:
    """TRUNCATE [TABLE] [IF EXISTS]."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    statement.end()
    if missing_ok and catalog.find(session, name) is None:
        return status("Statement executed successfully.")
    catalog.get(session, name, "TABLE")
    relation = session.relation(name)

    def work(cursor: Any) -> int:
        return int(cursor.execute(f"DELETE FROM {relation}").fetchone()[0])

    deleted = session.transaction.ddl([name], work)
    session.account.stages.loads.forget(session, name)
    answer = status("Statement executed successfully.")
    answer.changed = {"deleted": deleted}
    return answer
