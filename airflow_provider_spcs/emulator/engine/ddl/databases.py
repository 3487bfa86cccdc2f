"""Databases and schemas: CREATE, ALTER, DROP, SHOW, DESCRIBE."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import catalog, physical
from airflow_provider_spcs.emulator.engine.bootstrap import UNFINISHED
from airflow_provider_spcs.emulator.engine.ddl import cloning
from airflow_provider_spcs.emulator.engine.ddl.options import modifiers, options
from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import SnowflakeError, already_exists, unsupported
from airflow_provider_spcs.emulator.names import Name, quoted
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, status, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_OPTIONS = {"COMMENT", "DATA_RETENTION_TIME_IN_DAYS", "MAX_DATA_EXTENSION_TIME_IN_DAYS", "DEFAULT_DDL_COLLATION",
            "LOG_LEVEL", "TRACE_LEVEL", "LOG_EVENT_LEVEL", "METRIC_LEVEL"}  # fmt: skip


@command(*[f"CREATE {replace}{kind}DATABASE" for replace in ("", "OR REPLACE ") for kind in ("", "TRANSIENT ")])
def create_database(session: Session, statement: Statement) -> Result:
    """CREATE [OR REPLACE] [TRANSIENT] DATABASE [CLONE], with a PUBLIC schema; it becomes the current one."""
    words = _words(statement)
    missing_only = modifiers(statement)
    name = Name.account_level(statement.identifier())
    if statement.looking_at("FROM") or statement.looking_at("AS"):
        raise unsupported("CREATE DATABASE from a share or a replica")
    source, stages = _source(session, "DATABASE", statement)
    document = _document(session, options(statement, _OPTIONS), transient="TRANSIENT" in words)
    objects = session.account.objects
    if objects.find("DATABASE", name) is not None:
        if missing_only:
            return status(f"{name.name} already exists, statement succeeded.")
        if "REPLACE" not in words:
            raise already_exists(name)
        if source != name:
            _drop_database(session, name)
    if source is None:
        objects.create("DATABASE", name, document)
        _new_schema(session, Name(name.name, "", "PUBLIC"), _document(session, {}, transient=False))
    elif source != name:
        _copy_database(session, source, name, document, stages=stages)
    session.database, session.schema = name.name, "PUBLIC"
    return status(f"Database {name.name} successfully created.")


@command(*[f"CREATE {replace}{kind}SCHEMA" for replace in ("", "OR REPLACE ") for kind in ("", "TRANSIENT ")])
def create_schema(session: Session, statement: Statement) -> Result:
    """CREATE [OR REPLACE] [TRANSIENT] SCHEMA [CLONE]; it becomes the current one."""
    words = _words(statement)
    missing_only = modifiers(statement)
    name = _schema_name(session, statement.name())
    said: dict[str, Any] = {}
    source, stages = _source(session, "SCHEMA", statement)
    if statement.accept("WITH", "MANAGED", "ACCESS"):
        said["MANAGED"] = True
    said |= options(statement, _OPTIONS)
    objects = session.account.objects
    objects.get("DATABASE", Name.account_level(name.database))
    if objects.find("SCHEMA", name) is not None or name.name == "INFORMATION_SCHEMA":
        if missing_only:
            return status(f"{name.name} already exists, statement succeeded.")
        if "REPLACE" not in words:
            raise already_exists(f"{name.database}.{name.name}")
        if source != name:
            _drop_schema(session, name)
    document = _document(session, said, transient="TRANSIENT" in words)
    if source is None:
        _new_schema(session, name, document)
    elif source != name:
        _copy_schema(session, source, name, document, stages=stages)
    session.database, session.schema = name.database, name.name
    return status(f"Schema {name.name} successfully created.")


@command("DROP DATABASE")
def drop_database(session: Session, statement: Statement) -> Result:
    """DROP DATABASE [IF EXISTS], with all that is in it."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = Name.account_level(statement.identifier())
    if missing_ok and session.account.objects.find("DATABASE", name) is None:
        return status(f"Drop statement executed successfully ({name.name} already dropped).")
    session.account.objects.get("DATABASE", name)
    _drop_database(session, name)
    if session.database == name.name:
        session.database = session.schema = None
    return status(f"{name.name} successfully dropped.")


@command("DROP SCHEMA")
def drop_schema(session: Session, statement: Statement) -> Result:
    """DROP SCHEMA [IF EXISTS], with all that is in it."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = _schema_name(session, statement.name())
    if missing_ok and session.account.objects.find("SCHEMA", name) is None:
        return status(f"Drop statement executed successfully ({name.name} already dropped).")
    session.account.objects.get("SCHEMA", name)
    _drop_schema(session, name)
    if (session.database, session.schema) == (name.database, name.name):
        session.schema = None
    return status(f"{name.name} successfully dropped.")


@command("ALTER DATABASE", "ALTER SCHEMA")
def alter_database(session: Session, statement: Statement) -> Result:
    """ALTER DATABASE or SCHEMA: SET, UNSET; RENAME TO, unless it holds stages, services or models."""
    kind = statement.word(-1)
    missing_ok = statement.accept("IF", "EXISTS")
    if kind == "SCHEMA" and statement.looking_at("SET"):
        name = Name(session.current_database(), "", session.current_schema())
    else:
        parts = statement.name()
        name = Name.account_level(parts[0]) if kind == "DATABASE" else _schema_name(session, parts)
    objects = session.account.objects
    if missing_ok and objects.find(kind, name) is None:
        return status("Statement executed successfully.")
    objects.get(kind, name)
    if statement.accept("RENAME", "TO"):
        _rename(session, kind, name, statement)
    elif statement.accept("SET"):
        found = options(statement, _OPTIONS)
        objects.update(kind, name, **{option.lower(): value for option, value in found.items()})
    elif statement.accept("UNSET"):
        while not statement.done:
            objects.update(kind, name, **{statement.identifier().lower(): ""})
            statement.accept(",")
    else:
        raise unsupported(f"ALTER {kind} ... {statement.rest()}")
    return status("Statement executed successfully.")


@command("SHOW DATABASES", "SHOW TERSE DATABASES")
def show_databases(session: Session, statement: Statement) -> Result:
    """SHOW DATABASES."""
    statement.accept("HISTORY")
    chosen = Filter.parse(session, statement)
    chosen.database = chosen.schema = None
    rows = [
        (_moment(item.document), item.name.name, "N", "Y" if item.name.name == session.database else "N", "",
         item.document.get("owner", ""), item.document.get("comment", ""),
         "TRANSIENT" if item.document.get("transient") else "", "1",
         "APPLICATION" if item.name.name == "SNOWFLAKE" else "STANDARD", "ROLE")
        for item in chosen.apply(session.account.objects.list("DATABASE"))
    ]  # fmt: skip
    names = ["name", "is_default", "is_current", "origin", "owner", "comment", "options", "retention_time", "kind",
             "owner_role_type"]  # fmt: skip
    return Result([timestamp_ltz("created_on"), *map(text, names)], list(rows), kind=Kind.SHOW)


@command("SHOW SCHEMAS", "SHOW TERSE SCHEMAS")
def show_schemas(session: Session, statement: Statement) -> Result:
    """SHOW SCHEMAS, INFORMATION_SCHEMA included."""
    statement.accept("HISTORY")
    chosen = Filter.parse(session, statement)
    chosen.schema = None
    rows: list[tuple[object, ...]] = []
    for item in chosen.apply(_schemas(session)):
        current = (item.name.database, item.name.name) == (session.database, session.schema)
        rows.append(
            (_moment(item.document), item.name.name, "N", "Y" if current else "N", item.name.database,
             item.document.get("owner", ""), item.document.get("comment", ""),
             "TRANSIENT" if item.document.get("transient") else "", "1", "ROLE", None)
        )  # fmt: skip
    names = ["name", "is_default", "is_current", "database_name", "owner", "comment", "options", "retention_time",
             "owner_role_type", "budget"]  # fmt: skip
    return Result([timestamp_ltz("created_on"), *map(text, names)], rows, kind=Kind.SHOW)


def _schemas(session: Session) -> list[Any]:
    from airflow_provider_spcs.emulator.objects import StoredObject

    found = session.account.objects.list("SCHEMA")
    for item in session.account.objects.list("DATABASE"):
        document = {
            "created_on": item.document["created_on"],
            "comment": "Views describing the contents of schemas in this database",
        }
        found.append(StoredObject("SCHEMA", Name(item.name.name, "", "INFORMATION_SCHEMA"), document))
    return sorted(found, key=lambda item: item.name)


@command("DESCRIBE DATABASE", "DESC DATABASE", "DESCRIBE SCHEMA", "DESC SCHEMA")
def describe_database(session: Session, statement: Statement) -> Result:
    """DESCRIBE DATABASE or SCHEMA: what is in it."""
    kind = statement.word(-1)
    parts = statement.name()
    objects = session.account.objects
    columns = [timestamp_ltz("created_on"), text("name"), text("kind")]
    if kind == "DATABASE":
        objects.get("DATABASE", Name.account_level(parts[0]))
        rows = [
            (_moment(item.document), item.name.name, "SCHEMA")
            for item in _schemas(session)
            if item.name.database == parts[0]
        ]
        return Result(columns, list(rows), kind=Kind.DESCRIBE)
    name = _schema_name(session, parts)
    objects.get("SCHEMA", name)
    found = catalog.relations(session, name.database, name.name)
    return Result(columns, [(_moment(item.document), item.name.name, item.kind) for item in found], kind=Kind.DESCRIBE)


def _source(session: Session, kind: str, statement: Statement) -> tuple[Name | None, bool]:
    """What ``CLONE name`` says, None without it; whether internal stages are to be cloned, too."""
    if not statement.accept("CLONE"):
        return None, False
    parts = statement.name()
    source = Name.account_level(parts[0]) if kind == "DATABASE" else _schema_name(session, parts)
    session.account.objects.get(kind, source)
    if statement.looking_at("AT") or statement.looking_at("BEFORE"):
        raise unsupported("CLONE at a time in the past")
    stages = False
    while statement.looking_at("IGNORE") or statement.looking_at("INCLUDE"):
        statement.accept("IGNORE", "TABLES", "WITH", "INSUFFICIENT", "DATA", "RETENTION")
        statement.accept("IGNORE", "HYBRID", "TABLES")
        stages = statement.accept("INCLUDE", "INTERNAL", "STAGES") or stages
    cloning.check_clonable(session, source.database or source.name, source.name if source.database else None)
    return source, stages


def _new_schema(session: Session, name: Name, document: dict[str, Any]) -> None:
    session.account.objects.create("SCHEMA", name, document)
    session.account.engine.make_schema(name.database, name.name)


def _copy_database(
    session: Session, source: Name, target: Name, document: dict[str, Any], *, stages: bool = False
) -> None:
    """Make a database of another's schemas; none at all when that fails."""
    session.account.objects.create("DATABASE", target, document | {UNFINISHED: True})
    try:
        for item in session.account.objects.list("SCHEMA", source.name):
            _copy_schema(session, item.name, Name(target.name, "", item.name.name), item.document, stages=stages)
    except BaseException:
        _drop_database(session, target)
        raise
    session.account.objects.update("DATABASE", target, **{UNFINISHED: False})


def _copy_schema(
    session: Session, source: Name, target: Name, document: dict[str, Any], *, stages: bool = False
) -> None:
    """Make a schema of what another has; none at all when that fails."""
    _new_schema(session, target, document | {UNFINISHED: True})
    try:
        cloning.fill_schema(session, source, target, stages=stages)
    except BaseException:
        _drop_schema(session, target)
        raise
    session.account.objects.update("SCHEMA", target, **{UNFINISHED: False})


def _rename(session: Session, kind: str, name: Name, statement: Statement) -> None:
    """Copy under the new name, then drop the old one; sessions that were in it are in the new one."""
    parts = statement.name()
    new = Name.account_level(parts[0]) if kind == "DATABASE" else _schema_name(session, parts)
    statement.end()
    objects = session.account.objects
    if objects.find(kind, new) is not None:
        raise already_exists(new.name)
    if kind == "DATABASE":
        cloning.check_movable(session, name.name)
        _copy_database(session, name, new, objects.get("DATABASE", name))
        _drop_renamed(session, kind, name)
    else:
        cloning.check_movable(session, name.database, name.name)
        objects.get("DATABASE", Name.account_level(new.database))
        _copy_schema(session, name, new, objects.get("SCHEMA", name))
        _drop_renamed(session, kind, name)
    for other in list(session.account.engine.sessions.values()):
        if kind == "DATABASE" and other.database == name.name:
            other.database = new.name
        if kind == "SCHEMA" and (other.database, other.schema) == (name.database, name.name):
            other.database, other.schema = new.database, new.name


def _drop_renamed(session: Session, kind: str, name: Name) -> None:
    """Drop what stands under its new name already; after a kill midway the next start does the rest."""
    objects = session.account.objects
    objects.update(kind, name, **{UNFINISHED: True})
    try:
        (_drop_database if kind == "DATABASE" else _drop_schema)(session, name)
    except BaseException:
        if objects.find(kind, name) is not None:
            objects.update(kind, name, **{UNFINISHED: False})
        raise


def _words(statement: Statement) -> set[str]:
    return {statement.word(index - statement.at) for index in range(statement.at)}


def _schema_name(session: Session, parts: tuple[str, ...]) -> Name:
    if len(parts) > 2:
        raise SnowflakeError(f"SQL compilation error:\nInvalid schema name '{'.'.join(parts)}'", 1003, "42000")
    return Name(parts[0] if len(parts) == 2 else session.current_database(), "", parts[-1])


def _document(session: Session, said: dict[str, Any], *, transient: bool) -> dict[str, Any]:
    now = session.account.clock.now().isoformat()
    document = {"created_on": now, "owner": session.role, "comment": "", "transient": transient}
    return document | {option.lower(): value for option, value in said.items()}


def _drop_database(session: Session, name: Name) -> None:
    for item in session.account.objects.list("SCHEMA", name.name):
        _drop_tables(session, item.name.database, item.name.name)
    session.account.objects.drop_within(name.name)
    session.account.objects.drop("DATABASE", name)


def _drop_schema(session: Session, name: Name) -> None:
    _drop_tables(session, name.database, name.name)
    session.account.objects.drop_within(name.database, name.name)
    session.account.objects.drop("SCHEMA", name)


def _drop_tables(session: Session, database: str, schema: str) -> None:
    for other in list(session.account.engine.sessions.values()):
        for hidden in [item for item in other.temporary if (item.database, item.schema) == (database, schema)]:
            other.temporary.pop(hidden, None)

    def work(cursor: Any) -> None:
        cursor.execute(f"DROP SCHEMA IF EXISTS {quoted(physical.schema_of(database, schema))} CASCADE")

    session.transaction.ddl([Name(database, "", schema)], work)


def _moment(document: dict[str, Any]) -> datetime | None:
    return datetime.fromisoformat(document["created_on"]) if document.get("created_on") else None
