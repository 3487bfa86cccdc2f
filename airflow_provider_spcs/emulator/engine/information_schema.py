"""INFORMATION_SCHEMA: views on the objects of one database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import catalog
from airflow_provider_spcs.emulator.engine.ddl import keys
from airflow_provider_spcs.emulator.engine.query_history import everything
from airflow_provider_spcs.emulator.errors import does_not_exist, unsupported
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.result import Result, number, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session


def rows_of(session: Session, name: Name) -> Result:
    """The rows of a view of a database's INFORMATION_SCHEMA, or of SNOWFLAKE.ACCOUNT_USAGE.

    Raises:
        SnowflakeError: 2003 for a database or a view that does not exist.
    """
    if name.schema == "ACCOUNT_USAGE":
        if name.name != "QUERY_HISTORY":
            raise unsupported(f"SNOWFLAKE.ACCOUNT_USAGE.{name.name}")
        return everything(session)
    session.account.objects.get("DATABASE", Name.account_level(name.database))
    view = _VIEWS.get(name.name)
    if view is None:
        raise does_not_exist("Object", name, "42S02")
    return view(session, name.database)


def relations(database: str) -> list[catalog.Relation]:
    """The views of a database's INFORMATION_SCHEMA, as SHOW lists them."""
    return [catalog.Relation(Name(database, "INFORMATION_SCHEMA", view), "VIEW", "", None, {}) for view in _VIEWS]


def _tables(session: Session, database: str) -> Result:
    columns = [
        *map(text, ["TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_OWNER", "TABLE_TYPE", "IS_TRANSIENT",
                    "CLUSTERING_KEY"]),
        *map(number, ["ROW_COUNT", "BYTES", "RETENTION_TIME"]),
        timestamp_ltz("CREATED"), timestamp_ltz("LAST_ALTERED"),
        *map(text, ["COMMENT", "IS_TEMPORARY", "IS_INSERTABLE_INTO", "IS_ICEBERG", "IS_DYNAMIC", "IS_HYBRID"]),
    ]  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for item in catalog.counted(session, catalog.relations(session, database)):
        said, moment = item.document, _moment(item.document)
        kind = "VIEW" if item.kind == "VIEW" else "LOCAL TEMPORARY" if item.temporary else "BASE TABLE"
        transient = "YES" if said.get("transient") else "NO"
        rows.append(
            (database, item.name.schema, item.name.name, said.get("owner"), kind, transient,
            said.get("cluster_by") or None,
             item.rows, None if item.rows is None else 0, 1, moment, moment, said.get("comment") or None,
             "YES" if item.temporary else "NO", "YES", "NO", "NO", "NO")
        )  # fmt: skip
    return Result(columns, rows)


def _columns(session: Session, database: str) -> Result:
    columns = [
        *map(text, ["TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "COLUMN_NAME"]),
        number("ORDINAL_POSITION"),
        *map(text, ["COLUMN_DEFAULT", "IS_NULLABLE", "DATA_TYPE"]),
        *map(number, ["CHARACTER_MAXIMUM_LENGTH", "CHARACTER_OCTET_LENGTH", "NUMERIC_PRECISION",
        "NUMERIC_PRECISION_RADIX",
                      "NUMERIC_SCALE", "DATETIME_PRECISION"]),
        *map(text, ["IS_IDENTITY", "IDENTITY_GENERATION", "IDENTITY_START", "IDENTITY_INCREMENT", "IDENTITY_CYCLE",
                    "IDENTITY_ORDERED", "COMMENT", "DATA_TYPE_ALIAS"]),
    ]  # fmt: skip
    rows: list[tuple[object, ...]] = []
    for item in catalog.relations(session, database):
        for index, column in enumerate(catalog.columns(session, item.name), 1):
            said = column.type.column(column.name)
            data_type = "TEXT" if said.type == "TEXT" else column.type.name
            fixed = said.type == "FIXED"
            rows.append(
                (database, item.name.schema, item.name.name, column.name, index, column.default,
                 "YES" if column.nullable else "NO", data_type, said.length if said.type == "TEXT" else None,
                 said.length, said.precision if fixed else None, 10 if fixed else None, said.scale if fixed else None,
                 said.scale if said.type.startswith("TIME") else None,
                 *_identity(column.document.get("increment")), column.comment, column.type.name)
            )  # fmt: skip
    return Result(columns, rows)


def _identity(increment: tuple[int, int] | None) -> tuple[str | None, ...]:
    if increment is None:
        return ("NO", None, None, None, None, None)
    start, step = increment
    return ("YES", "BY DEFAULT", str(start), str(step), "NO", "NO")


def _schemata(session: Session, database: str) -> Result:
    columns = [
        *map(text, ["CATALOG_NAME", "SCHEMA_NAME", "SCHEMA_OWNER", "IS_TRANSIENT"]),
        timestamp_ltz("CREATED"), timestamp_ltz("LAST_ALTERED"), text("COMMENT"),
    ]  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (database, item.name.name, item.document.get("owner"), "YES" if item.document.get("transient") else "NO",
         _moment(item.document), _moment(item.document), item.document.get("comment") or None)
        for item in session.account.objects.list("SCHEMA", database)
    ]  # fmt: skip
    rows.append((database, "INFORMATION_SCHEMA", None, "NO", None, None, None))
    return Result(columns, rows)


def _databases(session: Session, database: str) -> Result:
    del database
    columns = [*map(text, ["DATABASE_NAME", "DATABASE_OWNER", "IS_TRANSIENT", "COMMENT"]), timestamp_ltz("CREATED"),
               number("RETENTION_TIME"), text("TYPE")]  # fmt: skip
    rows = [
        (item.name.name, item.document.get("owner"), "YES" if item.document.get("transient") else "NO",
         item.document.get("comment") or None, _moment(item.document), 1, "STANDARD")
        for item in session.account.objects.list("DATABASE")
    ]  # fmt: skip
    return Result(columns, list(rows))


def _views(session: Session, database: str) -> Result:
    columns = [*map(text, ["TABLE_CATALOG", "TABLE_SCHEMA", "TABLE_NAME", "TABLE_OWNER", "VIEW_DEFINITION",
    "IS_SECURE"]),
               timestamp_ltz("CREATED"), text("COMMENT")]  # fmt: skip
    rows = [
        (database, item.name.schema, item.name.name, item.document.get("owner"), item.document.get("text"),
         "YES" if item.document.get("secure") else "NO", _moment(item.document), item.document.get("comment") or None)
        for item in catalog.relations(session, database)
        if item.kind == "VIEW"
    ]  # fmt: skip
    return Result(columns, list(rows))


def _packages(session: Session, database: str) -> Result:
    del session, database
    from importlib.metadata import distributions
    from platform import python_version

    columns = [text(name) for name in ("PACKAGE_NAME", "VERSION", "LANGUAGE", "RUNTIME_VERSION")]
    runtime = ".".join(python_version().split(".")[:2])
    found = {(item.metadata["Name"], item.version) for item in distributions() if item.metadata["Name"]}
    return Result(columns, [(name.lower(), version, "python", runtime) for name, version in sorted(found)])


def _functions(session: Session, database: str) -> Result:
    return _routines(session, database, "FUNCTION")


def _procedures(session: Session, database: str) -> Result:
    return _routines(session, database, "PROCEDURE")


def _routines(session: Session, database: str, kind: str) -> Result:
    names = [f"{kind}_{part}" for part in ("CATALOG", "SCHEMA", "NAME", "OWNER", "LANGUAGE", "DEFINITION")]
    columns = [*map(text, [*names, "ARGUMENT_SIGNATURE", "DATA_TYPE", "COMMENT"]), timestamp_ltz("CREATED")]
    rows: list[tuple[object, ...]] = []
    for item in session.account.routines.listed(session, kind):
        routine = item.routine
        shown = ", ".join(f"{name} {its.name}" for name, its in routine.arguments)
        if item.name.database == database:
            rows.append(
                (database, item.name.schema, item.name.name, item.owner, routine.language, routine.body,
                 f"({shown})", routine.returned, routine.comment or None, datetime.fromisoformat(item.created_on))
            )  # fmt: skip
    return Result(columns, rows)


def _sequences(session: Session, database: str) -> Result:
    columns = [
        *map(text, ["SEQUENCE_CATALOG", "SEQUENCE_SCHEMA", "SEQUENCE_NAME", "SEQUENCE_OWNER", "DATA_TYPE"]),
        *map(number, ["START_VALUE", "INCREMENT"]), timestamp_ltz("CREATED"), text("COMMENT"),
    ]  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (database, item.name.schema, item.name.name, item.document.get("owner"), "NUMBER", item.document["start"],
         item.document["increment"], _moment(item.document), item.document.get("comment") or None)
        for item in session.account.objects.list("SEQUENCE", database)
    ]  # fmt: skip
    return Result(columns, rows)


def _constraints(session: Session, database: str) -> Result:
    names = ["CONSTRAINT_CATALOG", "CONSTRAINT_SCHEMA", "CONSTRAINT_NAME", "TABLE_CATALOG", "TABLE_SCHEMA",
             "TABLE_NAME", "CONSTRAINT_TYPE", "ENFORCED"]  # fmt: skip
    rows: list[tuple[object, ...]] = [
        (database, item.name.schema, key.name, database, item.name.schema, item.name.name, key.kind, "NO")
        for item in catalog.relations(session, database)
        for key in keys.of(item)
    ]
    return Result([text(name) for name in names], rows)


def _moment(document: dict[str, Any]) -> datetime | None:
    said = document.get("created_on")
    return datetime.fromisoformat(said) if said else None


_VIEWS: dict[str, Callable[[Any, str], Result]] = {
    "TABLES": _tables,
    "COLUMNS": _columns,
    "SCHEMATA": _schemata,
    "DATABASES": _databases,
    "VIEWS": _views,
    "PACKAGES": _packages,
    "FUNCTIONS": _functions,
    "PROCEDURES": _procedures,
    "SEQUENCES": _sequences,
    "TABLE_CONSTRAINTS": _constraints,
}
