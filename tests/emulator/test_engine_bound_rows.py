"""Array binding: the rows of an ``executemany`` in one INSERT, by the rules of a single row."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError

_INDIA = timezone(timedelta(hours=5, minutes=30))
_MOMENT = datetime(2024, 3, 1, 12, 30, 15, 250_000)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("number(38,2)", [Decimal("1.25"), 2, None, "3.5", 4.75]),
        ("number(38,0)", [1, 10**30, None]),
        ("float", [1.5, 2, Decimal("3.25"), "4"]),
        ("varchar", ["it's", "", None, 5, Decimal("1.50")]),
        ("boolean", [True, False, None]),
        ("date", [date(2024, 1, 2), "2024-01-03", "1704067200", None]),
        ("time", [time(1, 2, 3), "04:05:06", None]),
        ("timestamp_ntz", [_MOMENT, "2024-01-01 10:00:00", None]),
        ("timestamp_ltz", [_MOMENT.replace(tzinfo=UTC), "2024-01-01 10:00:00 +02:00", None]),
        ("timestamp_tz", [_MOMENT.replace(tzinfo=_INDIA), "2024-01-01 10:00:00 +02:00", "2024-01-01", None]),
        ("binary", [b"\x00\xff", "00ff", None]),
        ("binary", [b"\x00\xff", None]),
    ],
)
def test_many_rows_are_stored_as_each_alone(session: Session, kind: str, values: list[Any]) -> None:
    """A value of a column of many rows is stored as in a statement of its own."""
    session.execute(f"create table MANY (n int, v {kind})")
    session.execute(f"create table ALONE (n int, v {kind})")
    rows = list(enumerate(values))
    assert session.execute_many("insert into MANY (n, v) values (?, ?)", rows).rows == [(len(rows),)]
    for row in rows:
        session.execute("insert into ALONE values (?, ?)", row)
    shown = "select n, v::varchar from {} order by n"
    assert session.rows(shown.format("MANY")) == session.rows(shown.format("ALONE"))


def test_many_rows_of_a_part_of_the_columns_take_the_defaults(session: Session) -> None:
    """Columns that the statement does not name are filled as declared."""
    session.execute("create table t (id int autoincrement, a varchar default 'x', b int)")
    session.execute_many("insert into t (b) values (?)", [(7,), (8,)])
    assert session.rows("select id, a, b from t order by id") == [(1, "x", 7), (2, "x", 8)]


def test_many_rows_with_a_text_too_long_insert_none(session: Session) -> None:
    """One row that does not fit fails the statement."""
    session.execute("create table t (a varchar(3))")
    with pytest.raises(SnowflakeError) as caught:
        session.execute_many("insert into t values (?)", [("abc",), ("abcd",)])
    assert caught.value.errno == 100078
    assert session.rows("select count(*) from t") == [(0,)]


def test_many_rows_with_no_moment_say_which(session: Session) -> None:
    """A text that is no moment is named."""
    session.execute("create table t (a timestamp_tz)")
    with pytest.raises(SnowflakeError, match="yesterday") as caught:
        session.execute_many("insert into t values (?)", [("2024-01-01",), ("yesterday",)])
    assert caught.value.errno == 100035


def test_many_rows_of_one_value_too_few_fail_as_one_does(session: Session) -> None:
    """The number of values is checked before anything is stored."""
    session.execute("create table t (a int, b int)")
    with pytest.raises(SnowflakeError):
        session.execute_many("insert into t values (?)", [(1,), (2,)])


def test_moments_written_in_the_statement_keep_their_offsets(session: Session) -> None:
    """Literals of any format that AUTO knows."""
    session.execute("create table t (at timestamp_tz)")
    session.execute("insert into t values ('2024-03-15 13:17:29 +05:00'), ('Fri, 15 Mar 2024 13:17:29 +0100')")
    assert sorted(session.rows("select at::varchar from t")) == [
        ("2024-03-15 13:17:29.000 +0100",),
        ("2024-03-15 13:17:29.000 +0500",),
    ]
