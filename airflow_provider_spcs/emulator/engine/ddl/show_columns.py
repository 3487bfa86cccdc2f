"""SHOW COLUMNS, and the functions and procedures that SHOW lists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine import catalog
from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, text

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.types import Declared
    from airflow_provider_spcs.emulator.statement import Statement

_NAMES = ["table_name", "schema_name", "column_name", "data_type", "null?", "default", "kind", "expression", "comment",
          "database_name", "autoincrement"]  # fmt: skip


@command("SHOW COLUMNS")
def show_columns(session: Session, statement: Statement) -> Result:
    """SHOW COLUMNS [LIKE] [IN TABLE t | VIEW v | SCHEMA s | DATABASE d | ACCOUNT]."""
    like = statement.string() if statement.accept("LIKE") else None
    if statement.looking_at("IN") and statement.word(1) in {"TABLE", "VIEW"}:
        statement.expect("IN")
        statement.at += 1
        found = [catalog.get(session, session.qualify(statement.name()))]
        wanted = Filter(like=like)
    elif statement.looking_at("IN") and statement.word(1) not in {"ACCOUNT", "SCHEMA", "DATABASE"}:
        statement.expect("IN")
        found = [catalog.get(session, session.qualify(statement.name()))]
        wanted = Filter(like=like)
    else:
        wanted = Filter.parse(session, statement)
        wanted.like = like or wanted.like
        found = catalog.relations(session, wanted.database, wanted.schema)
    rows = []
    for item in found:
        for column in catalog.columns(session, item.name):
            if wanted.matches(column.name):
                auto = column.document.get("increment")
                rows.append(
                    (item.name.name, item.name.schema, column.name, json.dumps(_type(column.type, column.nullable)),
                     "true" if column.nullable else "NOT_NULL", column.default or "", "COLUMN", "",
                     column.comment or "",
                     item.name.database, f"IDENTITY START {auto[0]} INCREMENT {auto[1]} NOORDER" if auto else "")
                )  # fmt: skip
    return Result([text(name) for name in _NAMES], list(rows), kind=Kind.SHOW)


def _type(declared: Declared, nullable: bool) -> dict[str, object]:
    column = declared.column("")
    said: dict[str, object] = {"type": column.type, "nullable": nullable}
    if column.type == "FIXED":
        said = {"type": "FIXED", "precision": column.precision, "scale": column.scale, "nullable": nullable}
    elif column.type == "TEXT":
        said |= {"length": column.length, "byteLength": min((column.length or 0) * 4, 16_777_216), "fixed": False}
    elif column.type == "BINARY":
        said |= {"length": column.length, "byteLength": column.length, "fixed": True}
    elif column.type.startswith("TIME"):
        said |= {"precision": 0, "scale": column.scale}
    return said
