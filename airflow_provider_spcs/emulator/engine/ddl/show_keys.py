"""SHOW PRIMARY KEYS, the other keys and the indexes of tables; keys are kept as said and not enforced.

Source: Snowflake's documentation, "SHOW PRIMARY KEYS", "SHOW UNIQUE KEYS", "SHOW IMPORTED KEYS", "SHOW INDEXES".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine import catalog
from airflow_provider_spcs.emulator.engine.show import Filter
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
    rows: list[tuple[object, ...]] = []
    for item in _tables(session, statement):
        keys = [column.name for column in catalog.columns(session, item.name) if column.document.get("primary")]
        name = f"SYS_CONSTRAINT_{item.name.name}"
        rows += [
            (None, item.name.database, item.name.schema, item.name.name, key, place, name, "false", None)
            for place, key in enumerate(keys, start=1)
        ]
    return Result(_OWN, rows, kind=Kind.SHOW)


@command("SHOW UNIQUE KEYS", "SHOW TERSE UNIQUE KEYS")
def show_unique_keys(session: Session, statement: Statement) -> Result:
    """SHOW UNIQUE KEYS: none, because UNIQUE is read and not kept."""
    _tables(session, statement)
    return Result(_OWN, [], kind=Kind.SHOW)


@command("SHOW IMPORTED KEYS", "SHOW EXPORTED KEYS")
def show_foreign_keys(session: Session, statement: Statement) -> Result:
    """SHOW IMPORTED or EXPORTED KEYS: none, because REFERENCES is read and not kept."""
    _tables(session, statement)
    return Result(_FOREIGN, [], kind=Kind.SHOW)


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
