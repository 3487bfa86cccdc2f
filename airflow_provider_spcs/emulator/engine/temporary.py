"""A session's temporary tables and views: hidden under a physical name, gone with the session."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.names import Name, quoted

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

_HIDDEN = "SELECT schema_name, table_name, 'TABLE' FROM duckdb_tables() WHERE contains(table_name, '%#') UNION ALL " \
    "SELECT schema_name, view_name, 'VIEW' FROM duckdb_views() WHERE contains(view_name, '%#')"  # fmt: skip


def add(session: Session, name: Name) -> str:
    """The physical name for a new temporary object."""
    return session.temporary.setdefault(name, physical.temporary(name.name, session.id))


def drop_all(session: Session) -> None:
    """Drop what the session still has."""
    if not session.temporary:
        return
    names = {(physical.schema_of(name.database, name.schema), hidden) for name, hidden in session.temporary.items()}
    session.temporary.clear()
    with session.account.engine.cursor() as cursor:
        _drop(cursor, names)


def sweep(cursor: Any) -> None:
    """Drop what sessions of an earlier process left behind."""
    _drop(cursor, None)


def _drop(cursor: Any, wanted: set[tuple[str, str]] | None) -> None:
    for schema, name, kind in cursor.execute(_HIDDEN).fetchall():
        if wanted is None or (schema, name) in wanted:
            cursor.execute(f"DROP {kind} IF EXISTS {quoted(schema)}.{quoted(name)}")
