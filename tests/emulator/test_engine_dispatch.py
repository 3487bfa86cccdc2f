"""Functions, table functions and methods that other families register, called from any SQL around them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from airflow_provider_spcs.emulator import registry
from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.result import Column, Result, number, text, timestamp_ltz

_MOMENT = datetime(2024, 1, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """One handler of each kind, gone after the test."""

    @registry.scalar("SYSTEM$ECHO")
    def echo(session: Session, *values: object) -> str:
        return f"{session.user}:{values!r}"

    @registry.table("SNOWFLAKE.TESTS.NUMBERS")
    def numbers(session: Session, result_limit: int = 3) -> Result:
        columns = [number("N"), text("NAME"), timestamp_ltz("AT"), Column("DOC", "VARIANT")]
        return Result(columns, [(n, f"n{n}", _MOMENT, f'{{"n": {n}}}') for n in range(result_limit)])

    @registry.method("TESTS_SAY")
    def say(session: Session, parts: tuple[str, ...], word: str = "hi", *, times: int = 1) -> str:
        return ".".join(parts) + "!" + word * times

    @registry.method("TESTS_ROWS")
    def rows(session: Session, parts: tuple[str, ...], start_time: object = None) -> Result:
        return Result([text("LOG")], [(f"{parts[-1]} {start_time}",), ("second",)])

    yield
    for table, name in (
        (registry.SCALARS, "SYSTEM$ECHO"),
        (registry.TABLES, "SNOWFLAKE.TESTS.NUMBERS"),
        (registry.METHODS, "TESTS_SAY"),
        (registry.METHODS, "TESTS_ROWS"),
    ):
        table.pop(name)


@pytest.mark.parametrize("verb", ["select", "call"])
def test_scalar_gets_binds_and_literals(session: Session, verb: str) -> None:
    """A system function answers in SELECT and CALL alike."""
    assert session.rows(f"{verb} system$echo(?, 'x', -1, null)", ["it's"]) == [("ADMIN:(\"it's\", 'x', -1, None)",)]


def test_scalar_with_column_argument_is_refused(session: Session) -> None:
    """System functions are called once for a statement, so that a column cannot be an argument."""
    with pytest.raises(SnowflakeError, match="column"):
        session.execute("select system$echo(a) from (select 1 as a)")


def test_table_function_is_filtered_and_joined(session: Session) -> None:
    """A table function's rows are a relation with its types."""
    sql = (
        "select t.n * 10 as m, t.doc:n::int as d, o.x from table(snowflake.tests.numbers(result_limit => 5)) t "
        "join (select 4 as x) o on o.x = t.n where name like 'n%'"
    )
    assert session.rows(sql) == [(40, 4, 4)]
    result = session.execute("select * from table(snowflake.tests.numbers())")
    assert [column.type for column in result.columns] == ["FIXED", "TEXT", "TIMESTAMP_LTZ", "VARIANT"]


@pytest.mark.parametrize(
    "sql",
    [
        "call db.s.job!tests_say('yo', times => 2)",
        "select db.s.job!tests_say('yo', times => 2)",
        "select IDENTIFIER('db.s.job')!tests_say('yo', times => 2) as said",
    ],
)
def test_method_gets_its_objects_name(session: Session, sql: str) -> None:
    """``object!METHOD(...)`` passes the name's parts, positional and named arguments."""
    assert session.rows(sql) == [("DB.S.JOB!yoyo",)]


def test_method_without_arguments_is_called(session: Session) -> None:
    """An empty argument list, over several lines as clients send it."""
    assert session.rows("call job!tests_say(\n)") == [("JOB!hi",)]


def test_method_as_table_is_queried(session: Session) -> None:
    """A method that answers rows stands in TABLE(...)."""
    sql = "select log from table(a.b.j!tests_rows(start_time => '2024-01-01'::date)) where log like 'J%' limit 7"
    assert session.rows(sql) == [("J 2024-01-01",)]


@pytest.mark.parametrize("sql", ["select j!nope()", "select * from table(nope())", "call nope()", "call system$nope()"])
def test_unknown_function_is_said(session: Session, sql: str) -> None:
    """What nobody registered is an unknown function."""
    with pytest.raises(SnowflakeError) as caught:
        session.execute(sql)
    assert caught.value.errno in {2140, 2141}


def test_too_many_arguments_are_snowflakes_error(session: Session) -> None:
    """A call that does not fit the function is refused with errno 938."""
    with pytest.raises(SnowflakeError) as caught:
        session.execute("select system$ml_platform_capabilities(1, 2)")
    assert caught.value.errno == 938


def test_event_table_is_queried_by_attribute(session: Session) -> None:
    """Rows of the event table are found by their resource attributes, as Snowflake's clients do."""
    with session.account.engine.cursor() as cursor:
        cursor.execute(
            'INSERT INTO "SNOWFLAKE.TELEMETRY"."EVENTS" ("TIMESTAMP", "RECORD_TYPE", "RESOURCE_ATTRIBUTES", "VALUE") '
            """VALUES (now()::TIMESTAMP, 'LOG', '{"snow.service.name": "J1"}', '"a line"')"""
        )
    sql = (
        "SELECT VALUE FROM IDENTIFIER(?) WHERE RESOURCE_ATTRIBUTES:\"snow.service.name\" = ? AND RECORD_TYPE = 'LOG' "
        "ORDER BY TIMESTAMP LIMIT ?"
    )
    assert session.rows(sql, ["snowflake.telemetry.events", "J1", 5]) == [('"a line"',)]
