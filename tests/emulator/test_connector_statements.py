"""Statements: binds, many rows, several at once, errors, asynchronous runs, cancelling."""

from __future__ import annotations

import datetime
import threading
from decimal import Decimal
from typing import Any

import pytest

from tests.waiting import DEADLINE, until

ROW = (
    1,
    'it\'s \\ "x"\n',
    2.5,
    True,
    datetime.date(2020, 1, 2),
    datetime.time(1, 2, 3, 456789),
    datetime.datetime(2020, 1, 2, 3, 4, 5, 678901),
    b"\x01\xff",
    Decimal("1.234"),
)
TABLE = "(i int, t varchar, f float, b boolean, d date, tm time, ts timestamp_ntz, bi binary, n number(10,3))"


def _error(cursor: Any, sql: str, **options: Any) -> Any:
    from snowflake.connector.errors import Error

    with pytest.raises(Error) as caught:
        cursor.execute(sql, **options)
    return caught.value


@pytest.mark.parametrize(("style", "marks"), [("qmark", ", ".join("?" * 9)), ("pyformat", ", ".join(["%s"] * 9))])
def test_bound_values_come_back_equal(connect: Any, schema: str, style: str, marks: str) -> None:
    """Each Python type survives a bind, sent typed (qmark) or as literals (pyformat)."""
    cursor = connect(paramstyle=style).cursor()
    cursor.execute(f"create table {schema}.T {TABLE}")
    cursor.execute(f"insert into {schema}.T values ({marks})", ROW)
    assert cursor.execute(f"select * from {schema}.T").fetchone() == ROW


def test_executemany_inserts_every_row_and_counts_them(connect: Any, schema: str) -> None:
    """Array binds: all rows arrive, nulls included, and rowcount is their number."""
    cursor = connect(paramstyle="qmark").cursor()
    cursor.execute(f"create table {schema}.T (i int, t varchar)")
    rows = [(number, None if number % 7 == 0 else f"row {number}") for number in range(5000)]
    cursor.executemany(f"insert into {schema}.T (i, t) values (?, ?)", rows)
    assert cursor.rowcount == 5000
    assert cursor.execute(f"select * from {schema}.T order by i").fetchall() == rows


def test_executemany_with_a_null_among_typed_values_keeps_them(connect: Any, schema: str) -> None:
    """The connector then sends dates and times as text that holds counts; they are still dates and times."""
    cursor = connect(paramstyle="qmark").cursor()
    cursor.execute(f"create table {schema}.T {TABLE}")
    rows = [ROW, (None,) * 9]
    cursor.executemany(f"insert into {schema}.T values (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
    assert cursor.execute(f"select * from {schema}.T order by i").fetchall() == rows


def test_executemany_that_fails_keeps_no_row(connect: Any, schema: str) -> None:
    """All or nothing, although a bulk insert runs as several statements inside."""
    from snowflake.connector.errors import Error

    cursor = connect(paramstyle="qmark").cursor()
    cursor.execute(f"create table {schema}.T (i int)")
    with pytest.raises(Error):
        cursor.executemany(f"insert into {schema}.T values (?)", [(str(n),) for n in range(5000)] + [("bad",)])
    assert cursor.execute(f"select count(*) from {schema}.T").fetchone() == (0,)


def test_several_statements_give_several_results(connect: Any) -> None:
    """num_statements=0: any number; nextset() walks through them."""
    cursor = connect().cursor()
    cursor.execute("select 1; select 'a;b' as t; select 3;", num_statements=0)
    found = [cursor.fetchall()]
    while cursor.nextset():
        found.append(cursor.fetchall())
    assert found == [[(1,)], [("a;b",)], [(3,)]]


def test_wrong_number_of_statements_is_refused_before_any_runs(connect: Any, schema: str) -> None:
    """One statement is expected unless said otherwise; nothing runs when there are two."""
    cursor = connect().cursor()
    error = _error(cursor, f"create table {schema}.T (i int); select 1")
    assert (error.errno, error.sqlstate) == (8, "0A000")
    assert cursor.execute(f"show tables in schema {schema}").fetchall() == []


def test_error_carries_errno_sqlstate_and_query_id(connect: Any) -> None:
    """A missing table is 2003, 42S02."""
    error = _error(connect().cursor(), "select * from NO_SUCH_TABLE")
    assert (error.errno, error.sqlstate) == (2003, "42S02")
    assert error.sfqid


def test_unknown_statement_is_a_prompt_error(connect: Any) -> None:
    """What is not emulated fails at once; no HTTP error that the client would retry."""
    error = _error(connect().cursor(), "create external volume v storage_locations = ()")
    assert "COVERAGE.md" in str(error)
    assert type(error).__name__ == "ProgrammingError"


def test_async_statement_is_awaited_and_read(connect: Any, gate: threading.Event) -> None:
    """execute_async returns at once; its result is read later, by its id."""
    connection = connect()
    cursor = connection.cursor()
    cursor.execute_async("select 7 as a, system$wait(1)")
    query_id = cursor.sfqid
    assert connection.is_still_running(connection.get_query_status(query_id))
    gate.set()
    cursor.get_results_from_sfqid(query_id)
    assert cursor.fetchone()[0] == 7
    assert connection.get_query_status(query_id).name == "SUCCESS"


def test_async_statement_that_fails_says_why(connect: Any) -> None:
    """The failure is in the status, with errno, not at submission."""
    from snowflake.connector.errors import ProgrammingError

    connection = connect()
    cursor = connection.cursor()
    cursor.execute_async("select * from NO_SUCH_TABLE")
    until(lambda: not connection.is_still_running(connection.get_query_status(cursor.sfqid)))
    with pytest.raises(ProgrammingError) as caught:
        connection.get_query_status_throw_if_error(cursor.sfqid)
    assert caught.value.errno == 2003


def test_client_timeout_cancels_the_statement(connect: Any) -> None:
    """execute(timeout=3) ends a long statement with 604."""
    assert _error(connect().cursor(), f"call system$wait({DEADLINE})", timeout=3).errno == 604


def test_statement_timeout_parameter_cancels_the_statement(connect: Any) -> None:
    """STATEMENT_TIMEOUT_IN_SECONDS is kept, and named in the error."""
    cursor = connect(session_parameters={"STATEMENT_TIMEOUT_IN_SECONDS": 1}).cursor()
    error = _error(cursor, f"call system$wait({DEADLINE})")
    assert error.errno == 630
    assert "1 second" in str(error)


def test_abort_of_an_async_statement_ends_it(connect: Any) -> None:
    """abort_query stops a statement that runs; its status says so."""
    connection = connect()
    cursor = connection.cursor()
    cursor.execute_async(f"call system$wait({DEADLINE})")
    assert cursor.abort_query(cursor.sfqid)
    until(lambda: not connection.is_still_running(connection.get_query_status(cursor.sfqid)))
    assert connection.is_an_error(connection.get_query_status(cursor.sfqid))


def test_cancelled_query_over_data_stops_early(connect: Any) -> None:
    """A running SELECT is interrupted, not only a wait."""
    sql = "select count(*) from table(generator(rowcount => 3000000)) a, table(generator(rowcount => 3000000)) b"
    assert _error(connect().cursor(), sql, timeout=3).errno == 604


def test_long_statement_is_asked_for_again_until_done(connect: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the server's patience the client polls the result's address (333333), unnoticed by its user."""
    from airflow_provider_spcs.emulator.wire import queries

    monkeypatch.setattr(queries, "PATIENCE_SECONDS", 0.2)
    assert connect().cursor().execute("select 7, system$wait(1)").fetchone()[0] == 7


def test_statements_of_one_session_may_overlap(connect: Any, gate: threading.Event) -> None:
    """An asynchronous statement does not hold up the next one of its session."""
    connection = connect()
    waiting, other = connection.cursor(), connection.cursor()
    waiting.execute_async("call system$wait(3)")
    assert other.execute("select 1").fetchone() == (1,)
    assert connection.is_still_running(connection.get_query_status(waiting.sfqid))


def test_sessions_run_at_the_same_time(connect: Any, gate: threading.Event) -> None:
    """A waiting statement of one session does not hold up another's."""
    waiting, other = connect().cursor(), connect().cursor()
    thread = threading.Thread(target=waiting.execute, args=("call system$wait(3)",))
    thread.start()
    assert other.execute("select 1").fetchone() == (1,)
    assert thread.is_alive()
    gate.set()
    thread.join(DEADLINE)


def test_repeated_request_id_runs_the_statement_once(account: Any, connect: Any, schema: str) -> None:
    """A client that lost the reply sends the same request again; the row is inserted once."""
    import requests

    connection = connect()
    connection.cursor().execute(f"create table {schema}.T (i int)")
    for _ in range(2):
        reply = requests.post(
            f"{account.url}/queries/v1/query-request?requestId=11111111-2222-3333-4444-555555555555",
            json={"sqlText": f"insert into {schema}.T values (1)"},
            headers={"Authorization": f'Snowflake Token="{connection.rest.token}"'},
            timeout=DEADLINE,
        )
        assert reply.json()["success"]
    assert connection.cursor().execute(f"select count(*) from {schema}.T").fetchone() == (1,)


def test_statement_parameters_hold_for_one_statement(connect: Any) -> None:
    """A query tag sent with a statement is gone at the next."""
    cursor = connect().cursor()
    cursor.execute("select 1", _statement_params={"QUERY_TAG": "only here"})
    assert all(row[1] == "" for row in cursor.execute("show parameters like 'QUERY_TAG' in session").fetchall())


def test_executemany_above_the_threshold_goes_through_a_stage(connect: Any, schema: str) -> None:
    """Rows uploaded as CSV arrive as those sent with the statement: NULL, empty text, quotes, times, bytes."""
    cursor = connect(paramstyle="qmark").cursor()
    cursor.execute(f"create table {schema}.t (a int, b varchar, c timestamp_ntz, d date, e time, f binary, g boolean)")
    cursor.execute("alter session set client_stage_array_binding_threshold = 1")
    rows = [
        (
            1,
            'x,"y"\n',
            datetime.datetime(2024, 2, 3, 4, 5, 6, 789000),
            datetime.date(2024, 2, 3),
            datetime.time(1),
            b"\x01",
            True,
        ),
        (None, "", None, None, None, None, False),
    ]
    cursor.executemany(f"insert into {schema}.t values (?, ?, ?, ?, ?, ?, ?)", rows)
    assert cursor.rowcount == 2
    found = cursor.execute(f"select * from {schema}.t order by a nulls last").fetchall()
    assert [tuple(bytes(v) if isinstance(v, bytearray) else v for v in row) for row in found] == rows


def test_statistics_count_what_a_statement_changed(connect: Any) -> None:
    """``cursor.stats`` has rows inserted, deleted and updated, also of CREATE TABLE AS and TRUNCATE."""
    cursor = connect().cursor()
    found = [
        cursor.execute(sql).stats
        for sql in (
            "create or replace temporary table s (a int) as select 1 union all select 2",
            "insert into s values (1), (2), (3)",
            "update s set a = 9 where a = 3",
            "delete from s where a = 1",
            "truncate table s",
        )
    ]
    counts = [(each.num_rows_inserted, each.num_rows_deleted, each.num_rows_updated) for each in found]
    assert counts == [(2, 0, 0), (3, 0, 0), (0, 0, 1), (0, 2, 0), (0, 3, 0)]


def test_generator_with_a_time_limit_is_cancelled_at_once(connect: Any) -> None:
    """The usual way to keep a statement running; the client's own timeout stops it."""
    import snowflake.connector

    cursor = connect().cursor()
    with pytest.raises(snowflake.connector.errors.ProgrammingError) as caught:
        cursor.execute("select count(*) from table(generator(timelimit => 600))", timeout=3)
    assert caught.value.errno == 604


def test_description_runs_and_counts_nothing(connect: Any, schema: str) -> None:
    """``describe`` of an INSERT: its columns, no row count, no row."""
    cursor = connect().cursor()
    cursor.execute(f"create table {schema}.t (a int)")
    assert cursor.describe(f"insert into {schema}.t values (1)")[0].name == "number of rows inserted"
    assert cursor.rowcount is None
    assert cursor.execute(f"select count(*) from {schema}.t").fetchone() == (0,)


def test_bound_value_may_be_cast_where_it_stands(connect: Any) -> None:
    """``?::date`` is a placeholder and a cast, with and without white space."""
    cursor = connect(paramstyle="qmark").cursor()
    found = cursor.execute("select ?::date, ? :: int, ?::varchar || 'x'", ["2024-01-02", "3", "a"]).fetchone()
    assert found == (datetime.date(2024, 1, 2), 3, "ax")
