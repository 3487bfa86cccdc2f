"""COMMENT ON tables, views, columns, and objects of the account's store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine import catalog
from airflow_provider_spcs.emulator.errors import does_not_exist
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


@command(*[f"COMMENT {word}" for word in ("ON", "IF EXISTS ON")])
def comment_on(session: Session, statement: Statement) -> Result:
    """COMMENT ON DATABASE, SCHEMA, WAREHOUSE, ROLE, SEQUENCE, TAG or another stored object."""
    missing_ok = "EXISTS" in {statement.word(index - statement.at) for index in range(statement.at)}
    words = [statement.identifier()]
    while statement.word(1) not in {".", "IS"} and statement.peek(1) is not None:
        words.append(statement.identifier())
    kind, parts = " ".join(words), statement.name()
    statement.expect("IS")
    said = statement.string()
    objects = session.account.objects
    if kind == "SCHEMA":
        name = Name(parts[0] if len(parts) == 2 else session.current_database(), "", parts[-1])
    else:
        name = Name.account_level(parts[0])
        if objects.find(kind, name) is None:
            name = session.qualify(parts)
    if missing_ok and objects.find(kind, name) is None:
        return status("Statement executed successfully.")
    objects.update(kind, name, comment=said)
    return status("Statement executed successfully.")


@command("COMMENT ON TABLE", "COMMENT ON VIEW", "COMMENT IF EXISTS ON TABLE", "COMMENT IF EXISTS ON VIEW")
def comment_on_table(session: Session, statement: Statement) -> Result:
    """COMMENT [IF EXISTS] ON TABLE or VIEW."""
    missing_ok = "EXISTS" in {statement.word(index - statement.at) for index in range(statement.at)}
    name = session.qualify(statement.name())
    statement.expect("IS")
    said = statement.string()
    if missing_ok and catalog.find(session, name) is None:
        return status("Statement executed successfully.")
    found = catalog.get(session, name)
    document = found.document | {"comment": said}
    session.transaction.ddl(
        [name], lambda cursor: catalog.remember(cursor, session.relation(name), found.kind, document)
    )
    return status("Statement executed successfully.")


@command("COMMENT ON COLUMN", "COMMENT IF EXISTS ON COLUMN")
def comment_on_column(session: Session, statement: Statement) -> Result:
    """COMMENT ON COLUMN [db.schema.]table.column."""
    parts = [statement.identifier()]
    while statement.accept("."):
        parts.append(statement.identifier())
    statement.expect("IS")
    said = statement.string()
    name = session.qualify(parts[:-1])
    catalog.get(session, name)
    for column in catalog.columns(session, name):
        if column.name == parts[-1]:
            document = column.document | {"type": str(column.type), "comment": said}
            session.transaction.ddl(
                [name],
                lambda cursor: catalog.remember_column(cursor, session.relation(name), column.name, document),  # noqa: B023
            )
            return status("Statement executed successfully.")
    raise does_not_exist("Column", parts[-1], "42S22")
