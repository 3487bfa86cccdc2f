"""SHOW TABLES, VIEWS, OBJECTS."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine import catalog, information_schema
from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Column, Kind, Result, number, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.catalog import Relation
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


@command("SHOW TABLES", "SHOW TERSE TABLES")
def show_tables(session: Session, statement: Statement) -> Result:
    """SHOW TABLES."""
    statement.accept("HISTORY")
    rows = [
        (_moment(item), item.name.name, item.name.database, item.name.schema, _kind(item),
         item.document.get("comment", ""), _clustering(item), item.rows or 0, 0,
         item.document.get("owner", ""), "1", "OFF", "OFF", "N", "N", "N", "ROLE", "N", None, "N", "N")
        for item in chosen(session, statement, {"TABLE"})
    ]  # fmt: skip
    columns = [
        timestamp_ltz("created_on"),
        *map(text, ["name", "database_name", "schema_name", "kind", "comment", "cluster_by"]),
        *map(number, ["rows", "bytes"]),
        *map(text, ["owner", "retention_time", "automatic_clustering", "change_tracking", "is_external",
                    "enable_schema_evolution", "is_event", "owner_role_type", "is_dynamic", "budget", "is_hybrid",
                    "is_iceberg"]),
    ]  # fmt: skip
    return Result(columns, list(rows), kind=Kind.SHOW)


@command("SHOW VIEWS", "SHOW TERSE VIEWS")
def show_views(session: Session, statement: Statement) -> Result:
    """SHOW VIEWS."""
    rows = [
        (_moment(item), item.name.name, "", item.name.database, item.name.schema, item.document.get("owner", ""),
         item.document.get("comment", ""), item.document.get("text", ""),
         str(bool(item.document.get("secure"))).lower(), "false", "ROLE", "OFF")
        for item in chosen(session, statement, {"VIEW"})
    ]  # fmt: skip
    names = ["name", "reserved", "database_name", "schema_name", "owner", "comment", "text", "is_secure",
             "is_materialized", "owner_role_type", "change_tracking"]  # fmt: skip
    return Result([timestamp_ltz("created_on"), *map(text, names)], list(rows), kind=Kind.SHOW)


@command("SHOW OBJECTS", "SHOW TERSE OBJECTS")
def show_objects(session: Session, statement: Statement) -> Result:
    """SHOW OBJECTS: tables and views.

    Source: dbt-snowflake, whose transient tables come back as no other kind of relation than TABLE.
    """
    rows = [
        (_moment(item), item.name.name, item.name.database, item.name.schema, _kind(item).replace("TRANSIENT", "TABLE"),
         item.document.get("comment", ""), _clustering(item), item.rows or 0, 0,
         item.document.get("owner", ""), "1", "ROLE", None, "N", "N", "N")
        for item in chosen(session, statement, {"TABLE", "VIEW"})
    ]  # fmt: skip
    columns: list[Column] = [
        timestamp_ltz("created_on"),
        *map(text, ["name", "database_name", "schema_name", "kind", "comment", "cluster_by"]),
        *map(number, ["rows", "bytes"]),
        *map(text, ["owner", "retention_time", "owner_role_type", "budget", "is_hybrid", "is_dynamic", "is_iceberg"]),
    ]
    return Result(columns, list(rows), kind=Kind.SHOW)


def chosen(session: Session, statement: Statement, kinds: set[str]) -> Iterable[catalog.Relation]:
    """The relations of these kinds that the statement's clauses let pass; INFORMATION_SCHEMA's where it is named."""
    wanted = Filter.parse(session, statement)
    found = [item for item in _within(session, wanted) if item.kind in kinds and wanted.matches(item.name.name)]
    found.sort(key=lambda item: item.name)
    return catalog.counted(session, found[: wanted.limit])


def _within(session: Session, wanted: Filter) -> list[catalog.Relation]:
    if wanted.database is not None and wanted.schema == "INFORMATION_SCHEMA":
        return information_schema.relations(wanted.database)
    return catalog.relations(session, wanted.database, wanted.schema)


def _kind(item: catalog.Relation) -> str:
    if item.kind == "VIEW":
        return "VIEW"
    return "TEMPORARY" if item.temporary else "TRANSIENT" if item.document.get("transient") else "TABLE"


def _moment(item: catalog.Relation) -> datetime | None:
    said = item.document.get("created_on")
    return datetime.fromisoformat(said) if said else None


def _clustering(item: Relation) -> str:
    said = str(item.document.get("cluster_by") or "")
    return f"LINEAR{said}" if said.startswith("(") else said
