"""GET_DDL: the statement that would make a table, a view, a schema or a database again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine import catalog
from airflow_provider_spcs.emulator.engine.ddl import keys
from airflow_provider_spcs.emulator.errors import invalid_value
from airflow_provider_spcs.emulator.names import Name, quoted
from airflow_provider_spcs.emulator.registry import scalar
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.catalog import Relation, TableColumn
    from airflow_provider_spcs.emulator.engine.ddl.keys import Key
    from airflow_provider_spcs.emulator.engine.session import Session


@scalar("GET_DDL")
def get_ddl(session: Session, kind: str, name: str, full: bool = False) -> str:
    """GET_DDL of tables, views, schemas and databases; sequences, stages and the rest are refused."""
    wanted = kind.upper()
    parts = Statement.parse(name).name()
    if wanted in {"TABLE", "VIEW"}:
        found = catalog.get(session, session.qualify(parts))
        return _relation(session, found, full=full)
    if wanted == "SCHEMA":
        database, schema = parts if len(parts) == 2 else (session.current_database(), parts[0])
        session.check_schema(Name(database, schema, ""))
        return _schema(session, database, schema, full=full)
    if wanted == "DATABASE":
        session.account.objects.get("DATABASE", Name.account_level(parts[0]))
        schemas = sorted(item.name.name for item in session.account.objects.list("SCHEMA", parts[0]))
        inner = [_schema(session, parts[0], schema, full=full) for schema in schemas]
        return "\n\n".join([f"create or replace database {_shown(parts[0])};", *inner])
    raise invalid_value(kind, "object_type", "TABLE, VIEW, SCHEMA or DATABASE.")


def _schema(session: Session, database: str, schema: str, *, full: bool) -> str:
    named = f"{_shown(database)}.{_shown(schema)}" if full else _shown(schema)
    inside = [_relation(session, item, full=full) for item in catalog.relations(session, database, schema)]
    return "\n\n".join([f"create or replace schema {named};", *inside])


def _relation(session: Session, found: Relation, *, full: bool) -> str:
    name = found.name
    shown = ".".join(map(_shown, (name.database, name.schema, name.name))) if full else _shown(name.name)
    columns = catalog.columns(session, name)
    said = found.document
    if found.kind == "VIEW":
        text = str(said.get("text") or "").rstrip(";")
        if text.lower().startswith("create"):
            return f"{text};"
        listed = ",\n\t".join(_shown(column.name) for column in columns)
        return f"create or replace view {shown}(\n\t{listed}\n) as {text};"
    lines = [_column(column) for column in columns]
    lines += [_key(key) for key in keys.of(found)]
    word = "TEMPORARY TABLE" if found.temporary else "TRANSIENT TABLE" if said.get("transient") else "TABLE"
    cluster = f" cluster by {said['cluster_by']}" if said.get("cluster_by") else ""
    comment = f"\nCOMMENT={_text(said['comment'])}" if said.get("comment") else ""
    body = ",\n\t".join(lines)
    return f"create or replace {word} {shown}{cluster} (\n\t{body}\n){comment};"


def _key(key: Key) -> str:
    named = "" if key.name.startswith("SYS_CONSTRAINT_") else f"constraint {_shown(key.name)} "
    text = f"{named}{key.kind.lower()} ({', '.join(map(_shown, key.columns))})"
    if key.table:
        text += f" references {'.'.join(map(_shown, key.table))}({', '.join(map(_shown, key.referred))})"
    return text


def _column(column: TableColumn) -> str:
    text = f"{_shown(column.name)} {column.type}"
    if not column.nullable:
        text += " NOT NULL"
    if column.document.get("increment"):
        start, step = column.document["increment"]
        text += f" autoincrement start {start} increment {step} noorder"
    elif column.default is not None:
        text += f" DEFAULT {column.default}"
    return text if not column.comment else f"{text} COMMENT {_text(column.comment)}"


def _shown(part: str) -> str:
    plain = part.upper() == part and part.replace("_", "").replace("$", "").isalnum() and not part[0].isdigit()
    return part if plain else quoted(part)


def _text(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"
