"""DESCRIBE TABLE and VIEW."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine import catalog
from airflow_provider_spcs.emulator.engine.ddl import keys
from airflow_provider_spcs.emulator.errors import does_not_exist
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, text

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_COLUMNS = ["name", "type", "kind", "null?", "default", "primary key", "unique key", "check", "expression", "comment",
            "policy name", "privacy domain", "schema evolution record"]  # fmt: skip


@command("DESCRIBE TABLE", "DESC TABLE", "DESCRIBE VIEW", "DESC VIEW", "DESCRIBE", "DESC")
def describe_table(session: Session, statement: Statement) -> Result:
    """DESCRIBE TABLE or VIEW: the columns."""
    kind = statement.word(-1)
    name = session.qualify(statement.name())
    if statement.accept("TYPE", "="):
        statement.expect("COLUMNS")
    statement.end()
    found = catalog.get(session, name)
    if kind == "VIEW" and found.kind != "VIEW":
        raise does_not_exist("View", name, "42S02")
    parts = {sort: {part for key in keys.of(found) if key.kind == sort for part in key.columns}
             for sort in (keys.PRIMARY, keys.UNIQUE)}  # fmt: skip
    rows = [
        (item.name, str(item.type), "COLUMN", "Y" if item.nullable else "N", _default(item),
         *("Y" if item.name in columns else "N" for columns in parts.values()), None, None, item.comment,
         None, None, None)
        for item in catalog.columns(session, name)
    ]  # fmt: skip
    return Result([text(column) for column in _COLUMNS], list(rows), kind=Kind.DESCRIBE)


def _default(item: catalog.TableColumn) -> str | None:
    if "increment" in item.document:
        start, step = item.document["increment"]
        return f"IDENTITY START {start} INCREMENT {step} NOORDER"
    return item.default
