"""SHOW PRIMARY KEYS, the other keys and the indexes of tables; keys are kept as said and not enforced.

Source: Snowflake's documentation, "SHOW PRIMARY KEYS", "SHOW UNIQUE KEYS", "SHOW IMPORTED KEYS", "SHOW INDEXES".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine import catalog
from airflow_provider_spcs.emulator.engine.ddl import keys
from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, number, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.catalog import Relation
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_OWN = [timestamp_ltz("created_on"), *map(text, ["database_name", "schema_name", "table_name", "column_name"]),
        number("key_sequence"), *map(text, ["constraint_name", "rely", "comment"])]  # fmt: skip
_FOREIGN = [
    timestamp_ltz("created_on"),
    *map(text, ["pk_database_name", "pk_schema_name", "pk_table_name", "pk_column_name", "fk_database_name",
                "fk_schema_name", "fk_table_name", "fk_column_name"]),
    number("key_sequence"),
    *map(text, ["update_rule", "delete_rule", "fk_name", "pk_name", "deferrability", "rely", "comment"]),
]  # fmt: skip
_INDEXES = [timestamp_ltz("created_on"), *map(text, ["name", "is_unique", "columns", "included_columns", "table",
            "database_name", "schema_name", "owner", "owner_role_type"])]  # fmt: skip


@command("SHOW PRIMARY KEYS", "SHOW TERSE PRIMARY KEYS")
def show_primary_keys(session: Session, statement: Statement) -> Result:
    """SHOW PRIMARY KEYS [IN TABLE t | SCHEMA s | DATABASE d | ACCOUNT]."""
    return _own(session, statement, keys.PRIMARY)


@command("SHOW UNIQUE KEYS", "SHOW TERSE UNIQUE KEYS")
def show_unique_keys(session: Session, statement: Statement) -> Result:
    """SHOW UNIQUE KEYS [IN TABLE t | SCHEMA s | DATABASE d | ACCOUNT]."""
    return _own(session, statement, keys.UNIQUE)


def _own(session: Session, statement: Statement, kind: str) -> Result:
    rows: list[tuple[object, ...]] = [
        (_made(item), *item.name, column, place, key.name, str(key.rely).lower(), None)
        for item in _tables(session, statement)
        for key in keys.of(item)
        if key.kind == kind
        for place, column in enumerate(key.columns, start=1)
    ]
    return Result(_OWN, rows, kind=Kind.SHOW)


@command("SHOW IMPORTED KEYS", "SHOW TERSE IMPORTED KEYS")
def show_imported_keys(session: Session, statement: Statement) -> Result:
    """SHOW IMPORTED KEYS: the foreign keys of the tables in a place."""
    return _foreign(session, _tables(session, statement))


@command("SHOW EXPORTED KEYS", "SHOW TERSE EXPORTED KEYS")
def show_exported_keys(session: Session, statement: Statement) -> Result:
    """SHOW EXPORTED KEYS: the foreign keys that refer to the tables in a place."""
    wanted = {item.name for item in _tables(session, statement)}
    return _foreign(session, catalog.relations(session), wanted)


def _foreign(session: Session, tables: list[Relation], wanted: set[Name] | None = None) -> Result:
    rows: list[tuple[object, ...]] = []
    for item in tables:
        for key in keys.of(item):
            there = Name(*key.table) if key.kind == keys.FOREIGN else None
            if there is None or (wanted is not None and there not in wanted):
                continue
            target = catalog.find(session, there)
            known = keys.of(target) if target is not None else []
            primary = next((other for other in known if other.kind == keys.PRIMARY), None)
            referred = key.referred or (primary.columns if primary else [])
            met = next((other.name for other in known if other.columns == referred), None)
            rows += [
                (_made(item), *there, theirs, *item.name, ours, place, key.update, key.delete, key.name, met,
                 "NOT DEFERRABLE", str(key.rely).lower(), None)
                for place, (ours, theirs) in enumerate(zip(key.columns, referred, strict=False), start=1)
            ]  # fmt: skip
    return Result(_FOREIGN, rows, kind=Kind.SHOW)


def _made(table: Relation) -> datetime | None:
    said = table.document.get("created_on")
    return datetime.fromisoformat(said) if said else None


@command("SHOW INDEXES")
def show_indexes(session: Session, statement: Statement) -> Result:
    """SHOW INDEXES: none, because only hybrid tables have them, which cannot be created here."""
    _tables(session, statement)
    return Result(_INDEXES, [], kind=Kind.SHOW)


def _tables(session: Session, statement: Statement) -> list[Relation]:
    if statement.accept("IN", "TABLE"):
        found = [catalog.get(session, session.qualify(statement.name()), "TABLE")]
        statement.end()
        return found
    chosen = Filter.parse(session, statement)
    every = catalog.relations(session, chosen.database, chosen.schema)
    return [item for item in every if item.kind == "TABLE" and chosen.matches(item.name.name)]
