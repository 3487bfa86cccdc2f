"""CREATE TABLE: from columns, from a query, like or clone of another table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import catalog, physical, query, temporary, translate, types
from airflow_provider_spcs.emulator.engine.ddl import keys
from airflow_provider_spcs.emulator.engine.ddl.columns import Definition, definitions
from airflow_provider_spcs.emulator.engine.ddl.keys import Key
from airflow_provider_spcs.emulator.engine.ddl.options import modifiers, options
from airflow_provider_spcs.emulator.engine.failures import translated
from airflow_provider_spcs.emulator.errors import SnowflakeError, already_exists, unsupported, wrong_type
from airflow_provider_spcs.emulator.names import Name, quoted
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_KINDS = ["", "TEMPORARY ", "TEMP ", "VOLATILE ", "TRANSIENT ", "SCOPED TEMPORARY ", "LOCAL TEMPORARY ", "LOCAL TEMP ",
          "GLOBAL TEMPORARY ", "GLOBAL TEMP "]  # fmt: skip
_OPTIONS = {"COMMENT", "DATA_RETENTION_TIME_IN_DAYS", "MAX_DATA_EXTENSION_TIME_IN_DAYS", "CHANGE_TRACKING",
            "ENABLE_SCHEMA_EVOLUTION", "DEFAULT_DDL_COLLATION", "STAGE_FILE_FORMAT", "STAGE_COPY_OPTIONS"}  # fmt: skip

ALREADY_EXISTS = 2002


@dataclass
class Making:
    """What CREATE TABLE is about to make."""

    name: Name
    replace: bool
    missing_only: bool
    temporary: bool
    transient: bool
    keys: list[Key] = field(default_factory=list)


@command(*[f"CREATE {replace}{kind}TABLE" for replace in ("", "OR REPLACE ") for kind in _KINDS])
def create_table(session: Session, statement: Statement) -> Result:
    """CREATE [OR REPLACE] [TEMPORARY | TRANSIENT] TABLE, with columns, AS SELECT, LIKE, CLONE."""
    words = {statement.word(index - statement.at) for index in range(statement.at)}
    missing_only = modifiers(statement)
    name = session.qualify(statement.name())
    missing_only = modifiers(statement) or missing_only
    session.check_schema(name)
    making = Making(
        name,
        "REPLACE" in words,
        missing_only,
        bool(words & {"TEMPORARY", "TEMP", "VOLATILE"}),
        "TRANSIENT" in words,
    )
    there = _occupied(session, making)
    if there and missing_only:
        return status(f"{name.name} already exists, statement succeeded.")
    if there and not making.replace:
        raise already_exists(name)
    try:
        inserted = _create(session, making, statement)
    except SnowflakeError as error:
        # Another session made it meanwhile.
        if error.errno != ALREADY_EXISTS or not missing_only:
            raise
        return status(f"{name.name} already exists, statement succeeded.")
    answer = status(f"Table {name.name} successfully created.")
    answer.changed = {"inserted": inserted}
    return answer


def _create(session: Session, making: Making, statement: Statement) -> int:
    """Make the table; how many rows a query has put into it."""
    if statement.accept("LIKE"):
        copy(session, making, session.qualify(statement.name()), with_rows=False, said=_options(statement))
    elif statement.accept("CLONE"):
        source = session.qualify(statement.name())
        if statement.looking_at("AT") or statement.looking_at("BEFORE"):
            raise unsupported("CLONE at a time in the past")
        copy(session, making, source, with_rows=True, said=_options(statement))
    else:
        return _from_columns(session, making, statement)
    return 0


def _occupied(session: Session, making: Making) -> bool:
    if making.temporary:
        return making.name in session.temporary
    stored = physical.encode(making.name.name)
    schema = physical.schema_of(making.name.database, making.name.schema)
    with session.account.engine.cursor() as cursor:
        found = cursor.execute(
            "SELECT 1 FROM duckdb_tables() WHERE schema_name = ? AND table_name = ? UNION ALL "
            "SELECT 1 FROM duckdb_views() WHERE schema_name = ? AND view_name = ?",
            [schema, stored, schema, stored],
        ).fetchone()
    return found is not None


def _options(statement: Statement, stops: set[str] | None = None) -> dict[str, Any]:
    return options(statement, _OPTIONS, stops or set())


def _from_columns(session: Session, making: Making, statement: Statement) -> int:
    columns, making.keys = definitions(session, statement) if statement.accept("(") else ([], [])
    said = _options(statement, {"AS", "USING"})
    if statement.accept("USING"):
        raise unsupported("CREATE TABLE ... USING TEMPLATE")
    if statement.accept("AS"):
        return _from_query(session, making, columns, said, statement)
    if not columns:
        raise statement.unexpected()
    statement.end()
    if any(column.type is None for column in columns):
        raise SnowflakeError("SQL compilation error:\nMissing column specification", 2001, "42601")
    make(session, making, columns, said)
    return 0


def make(session: Session, making: Making, columns: list[Definition], said: dict[str, Any], source: str = "") -> None:
    """Make an empty table, or with the rows of ``source`` (a DuckDB query with these columns)."""
    _unique(columns)

    def work(cursor: Any) -> None:
        relation = _clear(session, making, cursor)
        _sequences(making.name, columns, cursor)
        cursor.execute(f"CREATE TABLE {relation} ({', '.join(column.sql() for column in columns)})")
        if source:
            cursor.execute(f"INSERT INTO {relation} {source}")
        _remember(session, making, cursor, relation, columns, said)

    session.transaction.ddl([making.name], work, {physical.encode(making.name.name): str(making.name)})


def _unique(columns: list[Definition]) -> None:
    seen: set[str] = set()
    for column in columns:
        if column.name in seen:
            raise SnowflakeError(f"SQL compilation error:\nduplicate column name '{column.name}'", 2025, "42601")
        seen.add(column.name)


def _clear(session: Session, making: Making, cursor: Any) -> str:
    """Make room for the table; its SQL text."""
    if making.temporary:
        relation = physical.relation(making.name, temporary.add(session, making.name))
    else:
        relation = physical.relation(making.name)
    if making.replace:
        session.account.stages.forget(session, making.name)
        schema, stored = physical.schema_of(making.name.database, making.name.schema), physical.encode(making.name.name)
        view = cursor.execute(
            "SELECT 1 FROM duckdb_views() WHERE schema_name = ? AND view_name = ?", [schema, stored]
        ).fetchone()
        if view and not making.temporary:
            raise wrong_type("VIEW", "TABLE")
        cursor.execute(f"DROP TABLE IF EXISTS {relation}")
    return relation


def _sequences(name: Name, columns: list[Definition], cursor: Any) -> None:
    for column in columns:
        if column.increment:
            start, step = column.increment
            sequence = f"{quoted(physical.schema_of(name.database, name.schema))}.{quoted(_sequence(name, column))}"
            cursor.execute(f"CREATE OR REPLACE SEQUENCE {sequence} START {start} INCREMENT {step} "
                           f"MINVALUE {min(start, -(2**62))} MAXVALUE {2**62}")  # fmt: skip
            text = sequence.replace("'", "''")
            column.default_sql = f"nextval('{text}')"


def _sequence(name: Name, column: Definition) -> str:
    import secrets

    return f"{physical.encode(name.name)}%{physical.encode(column.name)}%@{secrets.token_hex(4)}"


def _remember(  # noqa: PLR0917 - private, called once
    session: Session, making: Making, cursor: Any, relation: str, columns: list[Definition], said: dict[str, Any]
) -> None:
    for column in columns:
        catalog.remember_column(cursor, relation, column.name, column.remembered())
    document = {
        "created_on": session.account.clock.now().isoformat(),
        "owner": session.role,
        "comment": str(said.get("COMMENT") or ""),
        "transient": making.transient,
        "cluster_by": str(said.get("CLUSTER_BY") or ""),
        "keys": keys.document(making.keys),
        "stage_file_format": str(said.get("STAGE_FILE_FORMAT") or ""),
    }
    catalog.remember(cursor, relation, "TABLE", document)


def copy(session: Session, making: Making, source: Name, *, with_rows: bool, said: dict[str, Any]) -> None:
    """Make a table with the columns of another one, with its rows or without."""
    making.keys = keys.of(catalog.get(session, source, "TABLE"))
    columns = [
        Definition(
            item.name,
            item.type,
            item.nullable,
            item.default,
            translate.expression(session, item.default) if item.default else None,
            item.comment,
            _increment(session, source, item, goes_on=with_rows),
        )
        for item in catalog.columns(session, source)
    ]
    make(session, making, columns, said, f"SELECT * FROM {session.relation(source)}" if with_rows else "")


def _increment(session: Session, source: Name, column: catalog.TableColumn, *, goes_on: bool) -> tuple[int, int] | None:
    """Start and step of a copied AUTOINCREMENT; a copy with rows goes on after them."""
    if "increment" not in column.document:
        return None
    start, step = column.document["increment"]
    if goes_on:
        end = "max" if step > 0 else "min"
        shown = quoted(physical.column(column.name))
        with session.account.engine.cursor() as cursor:
            last = cursor.execute(f"SELECT {end}({shown}) FROM {session.relation(source)}").fetchone()[0]
        start = start if last is None else int(last) + step
    return start, step


def _from_query(
    session: Session, making: Making, columns: list[Definition], said: dict[str, Any], statement: Statement
) -> int:
    translation = translate.query(session, statement)
    translation.wait(session)
    with session.cursor() as cursor, translated(translation.names):
        relation = query.prepare(cursor, translation)
        found = query.columns_of(relation, translation)
        kinds = translation.types(
            relation.columns,
            [types.of_duckdb(str(kind)) or types.Declared("VARCHAR") for kind in relation.types],
        )
        del relation
    if columns and len(columns) != len(found):
        raise SnowflakeError(
            f"SQL compilation error:\nInvalid column definition list: {len(columns)} names for {len(found)} columns.",
            2026,
            "42601",
        )
    if not columns:
        columns = [Definition(column.name) for column in found]
    for column, kind in zip(columns, kinds, strict=True):
        column.type = column.type or replace(kind, loose=True)
    _unique(columns)
    names = [quoted(f"C{index}") for index in range(len(columns))]
    casts = [
        f"{_cast(name, column.type)} AS {quoted(physical.column(column.name))}"
        for name, column in zip(names, columns, strict=True)
    ]

    def work(cursor: Any) -> int:
        for name, table in translation.relations.items():
            cursor.register(name, table)
        return _make_from(session, making, cursor, columns, said, translation.sql, names, casts)

    return session.transaction.ddl([making.name], work, translation.names)


def _cast(name: str, kind: types.Declared | None) -> str:
    if kind is not None and kind.name == "TIMESTAMP_TZ":
        return f"sf_tz({name})"
    return f"CAST({name} AS {kind.duckdb if kind else 'VARCHAR'})"


def _make_from(  # noqa: PLR0917 - private, called once
    session: Session,
    making: Making,
    cursor: Any,
    columns: list[Definition],
    said: dict[str, Any],
    sql: str,
    names: list[str],
    casts: list[str],
) -> int:
    # The new table may read the one it replaces: made beside it, then put in its place.
    relation = f"{physical.relation(making.name, f'{physical.encode(making.name.name)}%new{session.id}')}"
    select = f"SELECT {', '.join(casts)} FROM ({sql}) AS T({', '.join(names)})"
    inserted = int(cursor.execute(f"CREATE TABLE {relation} AS {select}").fetchone()[0])
    for column in columns:
        if not column.nullable:
            cursor.execute(f"ALTER TABLE {relation} ALTER COLUMN {quoted(physical.column(column.name))} SET NOT NULL")
    _remember(session, making, cursor, relation, columns, said)
    _clear(session, making, cursor)
    cursor.execute(f"ALTER TABLE {relation} RENAME TO {_last(session, making)}")
    return inserted


def _last(session: Session, making: Making) -> str:
    stored = session.temporary[making.name] if making.temporary else physical.encode(making.name.name)
    return quoted(stored)
