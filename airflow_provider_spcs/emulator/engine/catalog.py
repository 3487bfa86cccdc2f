"""Tables and views as they are: columns, comments, what Snowflake knows of them and DuckDB does not.

That knowledge is JSON in DuckDB's own comments on tables and columns, so that it lives and dies with them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import physical, types
from airflow_provider_spcs.emulator.errors import does_not_exist
from airflow_provider_spcs.emulator.names import Name, quoted

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.core import Engine
    from airflow_provider_spcs.emulator.engine.session import Session


@dataclass
class TableColumn:
    """A column of a table or view.

    Args:
        name: As stored.
        type: Its Snowflake type.
        nullable: Whether NULL is allowed.
        default: The default's text as the user wrote it; None without one.
        comment: Its comment; None without one.
        document: All that is kept in DuckDB's comment.
    """

    name: str
    type: types.Declared
    nullable: bool = True
    default: str | None = None
    comment: str | None = None
    document: dict[str, Any] = field(default_factory=dict)


@dataclass
class Relation:
    """A table or view.

    Args:
        name: Its Snowflake name.
        kind: ``"TABLE"`` or ``"VIEW"``.
        physical: Its name in DuckDB.
        rows: How many it has, those deleted included until `counted`; None for a view.
        document: created_on, owner, comment, transient, text (of a view), cluster_by.
    """

    name: Name
    kind: str
    physical: str
    rows: int | None
    document: dict[str, Any]

    @property
    def temporary(self) -> bool:
        """Whether it belongs to one session."""
        return "%#" in self.physical


_LIST = f"""
SELECT schema_name, table_name, 'TABLE', estimated_size, comment FROM duckdb_tables()
WHERE NOT internal AND NOT contains(table_name, '{physical.DROPPED}')
UNION ALL SELECT schema_name, view_name, 'VIEW', NULL, comment FROM duckdb_views() WHERE NOT internal
"""


def relations(session: Session, database: str | None = None, schema: str | None = None) -> list[Relation]:
    """All tables and views of the account, a database, or a schema: permanent ones and the session's own."""
    with session.account.engine.cursor() as cursor:
        rows = cursor.execute(f"SELECT * FROM ({_LIST}) ORDER BY 1, 2").fetchall()
    found = []
    for physical_schema, stored, kind, size, comment in rows:
        if "." not in physical_schema:
            continue
        its_database, its_schema = physical.split_schema(physical_schema)
        if (database is not None and its_database != database) or (schema is not None and its_schema != schema):
            continue
        if "%#" in stored and not stored.endswith(f"%#{session.id}"):
            continue
        name = Name(its_database, its_schema, physical.decode(stored))
        found.append(Relation(name, kind, stored, size, _document(comment)))
    return found


def counted(session: Session, found: list[Relation]) -> list[Relation]:
    """The relations, their tables with the true numbers of rows: DuckDB's own ones still count what was deleted."""
    import duckdb

    tables = [item for item in found if item.kind == "TABLE"]
    counts = " UNION ALL ".join(
        f"SELECT {index}, count(*) FROM {physical.relation(item.name, item.physical)}"
        for index, item in enumerate(tables)
    )
    with session.account.engine.cursor() as cursor:
        try:
            for index, rows in cursor.execute(counts).fetchall() if counts else []:
                tables[index].rows = rows
        except duckdb.CatalogException:  # one of them was dropped meanwhile
            return found
    return found


def find(session: Session, name: Name) -> Relation | None:
    """The table or view of a name, a temporary one first; None when there is none."""
    stored = session.temporary.get(name) or physical.encode(name.name)
    with session.account.engine.cursor() as cursor:
        row = cursor.execute(
            f"SELECT * FROM ({_LIST}) WHERE schema_name = ? AND lower(table_name) = lower(?)",
            [physical.schema_of(name.database, name.schema), stored],
        ).fetchone()
    return None if row is None else Relation(name, row[2], row[1], row[3], _document(row[4]))


def get(session: Session, name: Name, kind: str | None = None) -> Relation:
    """The table or view of a name.

    Raises:
        SnowflakeError: 2003 (42S02) when it is missing, or of another ``kind``.
    """
    found = find(session, name)
    if found is None or (kind is not None and found.kind != kind):
        session.check_schema(name)
        raise does_not_exist((kind or "Object").title(), name, "42S02")
    return found


def columns(session: Session, name: Name) -> list[TableColumn]:
    """The columns of a table or view, in order; none when it is missing."""
    stored = session.temporary.get(name) or physical.encode(name.name)
    return columns_of(session.account.engine, physical.schema_of(name.database, name.schema), stored)


def columns_of(engine: Engine, schema: str, stored: str) -> list[TableColumn]:
    """The columns of a relation by its physical name."""
    with engine.cursor() as cursor:
        rows = cursor.execute(
            "SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns() "
            "WHERE schema_name = ? AND table_name = ? ORDER BY column_index",
            [schema, stored],
        ).fetchall()
    return [_column(*row) for row in rows]


def _column(name: str, duckdb_type: str, nullable: bool, comment: str | None) -> TableColumn:
    document = _document(comment)
    declared = types.of_duckdb(duckdb_type) or types.Declared("VARIANT")
    if "type" in document:
        declared = replace(types.parse(document["type"]), loose=bool(document.get("loose")))
    return TableColumn(
        physical.column_name(name), declared, nullable, document.get("default"), document.get("comment"), document
    )


def remember(cursor: Any, relation: str, kind: str, document: dict[str, Any]) -> None:
    """Keep what is known of a table or view; ``relation`` is its SQL text."""
    cursor.execute(f"COMMENT ON {kind} {relation} IS {_quote(json.dumps(document))}")


def remember_column(cursor: Any, relation: str, column: str, document: dict[str, Any]) -> None:
    """Keep what is known of a column."""
    said = _quote(json.dumps(document)) if document else "NULL"
    cursor.execute(f"COMMENT ON COLUMN {relation}.{quoted(physical.column(column))} IS {said}")


def _document(comment: str | None) -> dict[str, Any]:
    if not comment or not comment.startswith("{"):
        return {}
    found: dict[str, Any] = json.loads(comment)
    return found


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
