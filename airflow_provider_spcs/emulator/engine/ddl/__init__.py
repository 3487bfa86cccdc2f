"""Statements that make, change, drop and show objects; importing this registers them all."""

from airflow_provider_spcs.emulator.engine.ddl import (
    alter_table,
    comments,
    databases,
    describe,
    drop,
    grants,
    roles,
    sequences,
    show_columns,
    show_tables,
    tables,
    tags,
    users,
    views,
    warehouses,
)

__all__ = [
    "alter_table",
    "comments",
    "databases",
    "describe",
    "drop",
    "grants",
    "roles",
    "sequences",
    "show_columns",
    "show_tables",
    "tables",
    "tags",
    "users",
    "views",
    "warehouses",
]
