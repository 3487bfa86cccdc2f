"""Cases: binds, transactions, several statements, asynchronous ones, errors."""

from __future__ import annotations

import datetime
import threading
import time
from decimal import Decimal

import snowflake.connector
from cases import Place, SkippedError, case, same
from connecting import MAJOR, connect, cursor, fails, rows

UTC = datetime.timezone.utc  # noqa: UP017 the oldest client runs on older Pythons


@case
def binds_pyformat(place: Place) -> None:
    """Client-side ``%s`` and ``%(name)s``, quotes included."""
    same(rows(place, "select %s, %s, %s", ("it's", 1, None)), [("it's", 1, None)])
    same(rows(place, "select %(a)s + %(b)s", {"a": 1, "b": 2}), [(3,)])
    same(rows(place, "select column1 from values (1), (2), (3) where column1 in (%s)", ([1, 3],)), [(1,), (3,)])


@case
def binds_qmark_of_every_type(place: Place) -> None:
    """Values come back as they were bound."""
    given = (
        1, 1.5, "text", True, None, Decimal("12.34"), b"\x00\xff", datetime.date(2024, 2, 29),
        datetime.time(1, 2, 3, 4), datetime.datetime(2024, 1, 2, 3, 4, 5, 678901),
    )  # fmt: skip
    with cursor(place, paramstyle="qmark") as opened:
        opened.execute(
            "create or replace temporary table binds (a int, b float, c text, d boolean, e text, f number(10,2), "
            "g binary, h date, i time, j timestamp_ntz)"
        )
        opened.execute(f"insert into binds values ({', '.join('?' * 10)})", given)
        same(opened.execute("select * from binds").fetchall(), [given])


@case
def binds_numeric(place: Place) -> None:
    """``:1`` and ``:2``."""
    same(rows(place, "select :2, :1", (1, "b"), paramstyle="numeric"), [("b", 1)])


@case
def executemany_counts_rows(place: Place) -> None:
    """Bulk inserts in both styles; ``rowcount`` is the sum."""
    for style, mark in (("pyformat", "%s"), ("qmark", "?")):
        with cursor(place, paramstyle=style) as opened:
            opened.execute("create or replace temporary table many (a int, b text)")
            opened.executemany(f"insert into many values ({mark}, {mark})", [(n, f"v{n}") for n in range(500)])
            same(opened.rowcount, 500)
            same(opened.execute("select count(*), sum(a), max(b) from many").fetchone(), (500, 124750, "v99"))


@case
def transactions(place: Place) -> None:
    """Commit and rollback; another session does not see what is not committed."""
    rows(place, "create or replace table tx (a int)")
    with cursor(place, autocommit=False) as opened, cursor(place) as other:
        opened.execute("insert into tx values (1)")
        same(other.execute("select count(*) from tx").fetchone(), (0,))
        opened.connection.rollback()
        opened.execute("insert into tx values (2)")
        opened.connection.commit()
        same(other.execute("select a from tx").fetchall(), [(2,)])


@case
def begin_and_rollback_in_sql(place: Place) -> None:
    """BEGIN ... ROLLBACK as statements."""
    with cursor(place) as opened:
        opened.execute("create or replace temporary table tx2 (a int)")
        for sql in ("begin", "insert into tx2 values (1)", "rollback"):
            opened.execute(sql)
        same(opened.execute("select count(*) from tx2").fetchone(), (0,))


@case
def several_statements(place: Place) -> None:
    """``num_statements``, ``nextset`` and ``execute_string``."""
    with cursor(place) as opened:
        opened.execute("select 1; select 2; select 'three'", num_statements=3)
        found = [opened.fetchall()]
        while opened.nextset():
            found.append(opened.fetchall())
        same(found, [[(1,)], [(2,)], [("three",)]])
        same([each.fetchall() for each in opened.connection.execute_string("select 1; select 2;")], [[(1,)], [(2,)]])
        with fails(8):
            opened.execute("select 1; select 2")


@case
def asynchronous_statement(place: Place) -> None:
    """``execute_async``, status, result from a second cursor."""
    with cursor(place) as opened:
        opened.execute_async("select count(*) from table(generator(rowcount => 1000))")
        query_id, connection = opened.sfqid, opened.connection
        end = time.monotonic() + 180
        while connection.is_still_running(connection.get_query_status(query_id)):
            assert time.monotonic() < end
            time.sleep(0.05)
        same(connection.get_query_status_throw_if_error(query_id).name, "SUCCESS")
        fresh = connection.cursor()
        fresh.get_results_from_sfqid(query_id)
        same(fresh.fetchall(), [(1000,)])


@case
def asynchronous_failure(place: Place) -> None:
    """A detached statement that fails says so when its result is asked for."""
    with cursor(place) as opened:
        opened.execute_async("select * from no_such_table")
        # Connector 5.x says it at once when the statement has failed by then.
        with fails(2003):
            opened.get_results_from_sfqid(opened.sfqid)
            opened.fetchall()


@case
def cancel_by_query_id(place: Place) -> None:
    """SYSTEM$CANCEL_QUERY from another session ends a statement with 604."""
    with cursor(place) as opened, cursor(place) as other:
        opened.execute_async("call system$wait(60)")
        time.sleep(0.3)
        other.execute(f"select system$cancel_query('{opened.sfqid}')")
        end = time.monotonic() + 180
        while opened.connection.is_still_running(opened.connection.get_query_status(opened.sfqid)):
            assert time.monotonic() < end
            time.sleep(0.05)
        with fails(604):
            opened.connection.get_query_status_throw_if_error(opened.sfqid)
            raise AssertionError("no error")


@case
def timeout_of_a_statement(place: Place) -> None:
    """``timeout=1`` stops it after a second."""
    if MAJOR >= 5:
        raise SkippedError("5.x ignores the timeout of execute(); STATEMENT_TIMEOUT_IN_SECONDS is its own case")
    begun = time.monotonic()
    with cursor(place) as opened, fails():
        opened.execute("call system$wait(60)", timeout=1)
    assert time.monotonic() - begun < 15


@case
def statement_timeout_in_seconds(place: Place) -> None:
    """The session parameter stops it in the server, with 630."""
    with cursor(place, session_parameters={"STATEMENT_TIMEOUT_IN_SECONDS": 1}) as opened, fails(630):
        opened.execute("call system$wait(60)")


@case
def two_statements_of_one_session_at_once(place: Place) -> None:
    """Threads share a connection without waiting for each other's statement."""
    connection = connect(place)
    found = []
    slow = threading.Thread(target=lambda: connection.cursor().execute("call system$wait(3)"))
    begun = time.monotonic()
    slow.start()
    time.sleep(0.2)
    found.append(connection.cursor().execute("select 1").fetchone())
    took = time.monotonic() - begun
    slow.join()
    connection.close()
    same(found, [(1,)])
    assert took < 2.5, took


@case
def errors_have_number_and_state(place: Place) -> None:
    """Errno, sqlstate and query id of everyday errors."""
    for sql, errno, state in [
        ("select * from nope", 2003, "42S02"),
        ("selec 1", 1003, "42000"),
        ("drop table nope", 2003, "42S02"),
        ("select nope from (select 1 as a)", 904, "42000"),
        ("select 1/0", 100051, "22012"),
        ("select to_number('x')", 100038, "22018"),
        ("create schema EMULATOR.PUBLIC", 2002, "42710"),
    ]:
        with cursor(place) as opened:
            try:
                opened.execute(sql).fetchall()
            except snowflake.connector.errors.ProgrammingError as error:
                same((sql, error.errno, error.sqlstate, bool(error.sfqid)), (sql, errno, state, True))
            else:
                raise AssertionError(f"{sql}: no error")


@case
def describe_without_running(place: Place) -> None:
    """``describe`` gives the columns of queries, SHOW, DML and DDL; nothing is run."""
    rows(place, "create or replace table described (a int, b varchar(5))")
    with cursor(place) as opened:
        found = opened.describe("select a, b, 1.5::number(5,2) as c, current_timestamp() as d from described")
        same([column.name for column in found], ["A", "B", "C", "D"])
        same([column.type_code for column in found][:3], [0, 2, 0])
        same([column.name for column in opened.describe("show tables")][:2], ["created_on", "name"])
        same([column.name for column in opened.describe("insert into described values (1, 'x')")],
             ["number of rows inserted"])  # fmt: skip
        same([column.name for column in opened.describe("drop table described")], ["status"])
        same(opened.execute("select count(*) from described").fetchone(), (0,))


@case
def dml_counts(place: Place) -> None:
    """``rowcount`` of insert, update, delete, merge and of a query."""
    with cursor(place) as opened:
        opened.execute("create or replace temporary table counted (a int)")
        for sql, count in [
            ("insert into counted values (1), (2), (3)", 3),
            ("update counted set a = a + 1 where a > 1", 2),
            ("delete from counted where a = 1", 1),
            ("merge into counted t using (select 3 as a) s on t.a = s.a when matched then delete", 1),
            ("select * from counted", 1),
        ]:
            same((sql, opened.execute(sql).rowcount), (sql, count))


@case
def result_scan_of_the_last_query(place: Place) -> None:
    """RESULT_SCAN(LAST_QUERY_ID()) of a SHOW, with its lower-case names."""
    with cursor(place) as opened:
        opened.execute("show schemas in database EMULATOR")
        found = opened.execute('select "name" from table(result_scan(last_query_id())) where "name" = \'CLIENTS\'')
        same(found.fetchall(), [("CLIENTS",)])


@case
def session_variables(place: Place) -> None:
    """SET and $name."""
    with cursor(place) as opened:
        opened.execute("set n = 41")
        same(opened.execute("select $n + 1").fetchone(), (42,))


@case
def time_zones(place: Place) -> None:
    """LTZ in the session's zone, TZ in its own."""
    with cursor(place) as opened:
        opened.execute("alter session set timezone = 'UTC'")
        row = opened.execute(
            "select '2024-07-01 12:00:00 +0200'::timestamp_tz, '2024-07-01 12:00:00 +0200'::timestamp_ltz"
        ).fetchone()
        same([moment.astimezone(UTC).hour for moment in row], [10, 10])
        same([moment.utcoffset() for moment in row], [datetime.timedelta(hours=2), datetime.timedelta(0)])
