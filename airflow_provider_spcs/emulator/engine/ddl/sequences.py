"""Sequences: CREATE, DROP, SHOW, DESCRIBE, and ``seq.NEXTVAL``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.engine.ddl.options import modifiers
from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import already_exists, syntax_error, unsupported
from airflow_provider_spcs.emulator.names import Name, quoted
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, number, status, text, timestamp_ltz

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.objects import Document
    from airflow_provider_spcs.emulator.statement import Statement


def _relation(name: Name) -> str:
    return f"{quoted(physical.schema_of(name.database, name.schema))}.{quoted(physical.encode(name.name) + '%@')}"


def next_value(session: Session, parts: Sequence[str]) -> exp.Expr:
    """The tree of ``seq.NEXTVAL``.

    Raises:
        SnowflakeError: 2003 when there is no such sequence.
    """
    name = session.qualify(parts)
    session.account.objects.get("SEQUENCE", name)
    return exp.func("nextval", exp.Literal.string(_relation(name)), dialect="duckdb")


@command("CREATE SEQUENCE", "CREATE OR REPLACE SEQUENCE")
def create_sequence(session: Session, statement: Statement) -> Result:  # noqa: C901 - one branch a clause
    """CREATE [OR REPLACE] SEQUENCE [START n] [INCREMENT n]."""
    replace = statement.at == 4
    missing_only = modifiers(statement)
    name = session.qualify(statement.name())
    session.check_schema(name)
    said: dict[str, Any] = {"start": 1, "increment": 1, "comment": "", "ordered": False}
    while not statement.done:
        if statement.accept("WITH") or statement.accept(","):
            continue
        if statement.accept("START"):
            statement.accept("WITH") or statement.accept("=")
            said["start"] = _whole(statement)
        elif statement.accept("INCREMENT"):
            statement.accept("BY") or statement.accept("=")
            said["increment"] = _whole(statement)
        elif statement.accept("COMMENT"):
            statement.accept("=")
            said["comment"] = statement.string()
        elif not (statement.accept("ORDER") or statement.accept("NOORDER")):
            raise statement.unexpected()
    objects = session.account.objects
    if objects.find("SEQUENCE", name) is not None:
        if missing_only:
            return status(f"{name.name} already exists, statement succeeded.")
        if not replace:
            raise already_exists(name)
        objects.drop("SEQUENCE", name)

    def work(cursor: Any) -> None:
        cursor.execute(_made(name, said["start"], said["increment"]))

    session.transaction.ddl([name], work)
    now = session.account.clock.now().isoformat()
    objects.create("SEQUENCE", name, {"created_on": now, "owner": session.role, **said})
    return status(f"Sequence {name.name} successfully created.")


def _whole(statement: Statement) -> int:
    value = statement.literal()
    if not isinstance(value, int):
        raise syntax_error(str(value))
    return value


def copy(session: Session, source: Name, target: Name) -> None:
    """Make a sequence that goes on where another one is."""
    said = session.account.objects.get("SEQUENCE", source)

    def work(cursor: Any) -> None:
        cursor.execute(_made(target, _upcoming(cursor, source, said), said["increment"]))

    session.transaction.ddl([target], work)
    session.account.objects.create("SEQUENCE", target, said)


def _upcoming(cursor: Any, name: Name, said: Document) -> int:
    """The value that a sequence gives next."""
    schema, stored = physical.schema_of(name.database, name.schema), physical.encode(name.name) + "%@"
    last = cursor.execute(
        "SELECT last_value FROM duckdb_sequences() WHERE schema_name = ? AND sequence_name = ?", [schema, stored]
    ).fetchone()
    return int(said["start"] if last is None or last[0] is None else last[0] + said["increment"])


@command("ALTER SEQUENCE")
def alter_sequence(session: Session, statement: Statement) -> Result:
    """ALTER SEQUENCE [IF EXISTS] ... SET INCREMENT or COMMENT, UNSET COMMENT; the next value stays what it was."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    objects = session.account.objects
    if missing_ok and objects.find("SEQUENCE", name) is None:
        return status("Statement executed successfully.")
    said = objects.get("SEQUENCE", name)
    if statement.accept("UNSET", "COMMENT"):
        objects.update("SEQUENCE", name, comment="")
    elif statement.accept("SET", "COMMENT"):
        statement.accept("=")
        objects.update("SEQUENCE", name, comment=statement.string())
    elif statement.accept("SET", "INCREMENT") or statement.accept("INCREMENT"):
        statement.accept("BY")
        statement.accept("=")
        _step(session, name, said, _whole(statement))
    else:
        raise unsupported(f"ALTER SEQUENCE ... {statement.rest()}")
    statement.end()
    return status("Statement executed successfully.")


def _step(session: Session, name: Name, said: Document, increment: int) -> None:
    """Give a sequence another increment; no column's default may be made of it, as DuckDB holds on to that one."""

    def work(cursor: Any) -> None:
        start = _upcoming(cursor, name, said)
        try:
            cursor.execute(_made(name, start, increment))
        except duckdb.DependencyException as error:
            raise unsupported("ALTER SEQUENCE ... SET INCREMENT of a sequence that a column's default uses") from error

    import duckdb

    session.transaction.ddl([name], work)
    session.account.objects.update("SEQUENCE", name, increment=increment)


def _made(name: Name, start: int, increment: int) -> str:
    return (
        f"CREATE OR REPLACE SEQUENCE {_relation(name)} START {start} INCREMENT {increment} "
        f"MINVALUE {-(2**62)} MAXVALUE {2**62}"
    )


@command("DROP SEQUENCE")
def drop_sequence(session: Session, statement: Statement) -> Result:
    """DROP SEQUENCE [IF EXISTS]."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    statement.end()
    if missing_ok and session.account.objects.find("SEQUENCE", name) is None:
        return status(f"Drop statement executed successfully ({name.name} already dropped).")
    session.account.objects.drop("SEQUENCE", name)

    def work(cursor: object) -> None:
        cursor.execute(f"DROP SEQUENCE IF EXISTS {_relation(name)} CASCADE")  # type: ignore[attr-defined]

    session.transaction.ddl([name], work)
    return status(f"{name.name} successfully dropped.")


@command("SHOW SEQUENCES")
def show_sequences(session: Session, statement: Statement) -> Result:
    """SHOW SEQUENCES."""
    found = Filter.parse(session, statement).apply(session.account.objects.list("SEQUENCE"))
    return _shown(session, [(item.name, item.document) for item in found], Kind.SHOW)


@command("DESCRIBE SEQUENCE", "DESC SEQUENCE")
def describe_sequence(session: Session, statement: Statement) -> Result:
    """DESCRIBE SEQUENCE: the line of SHOW SEQUENCES."""
    name = session.qualify(statement.name())
    statement.end()
    return _shown(session, [(name, session.account.objects.get("SEQUENCE", name))], Kind.DESCRIBE)


def _shown(session: Session, sequences: list[tuple[Name, Document]], kind: Kind) -> Result:
    with session.account.engine.cursor() as cursor:
        rows: list[tuple[object, ...]] = [
            (name.name, name.database, name.schema, _upcoming(cursor, name, said), said["increment"],
             datetime.fromisoformat(said["created_on"]), said["owner"], said["comment"], "ROLE", "N")
            for name, said in sequences
        ]  # fmt: skip
    columns = [
        *map(text, ["name", "database_name", "schema_name"]),
        *map(number, ["next_value", "interval"]),
        timestamp_ltz("created_on"),
        *map(text, ["owner", "comment", "owner_role_type", "ordered"]),
    ]
    return Result(columns, rows, kind=kind)
