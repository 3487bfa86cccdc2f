"""What is between two timestamps.

Source: Snowflake's documentation, "Interval data types" (an interval is the difference between two times); its types,
texts and refusals as tests of Frostlake, run against an account, have them (``TimestampDifferenceIntervalTest``).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError

BETWEEN = "('2024-01-15 10:00:00'::timestamp - '2024-01-14 09:00:00.5'::timestamp)"
LENGTH = timedelta(days=1, seconds=3599, microseconds=500_000)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (BETWEEN, LENGTH),
        (f"-{BETWEEN}", -LENGTH),
        (f"{BETWEEN} * 2", LENGTH * 2),
        (f"{BETWEEN}::varchar", "+1 00:59:59.500000000"),
        (f"to_varchar(-{BETWEEN})", "-1 00:59:59.500000000"),
        (f"'took ' || {BETWEEN}", "took +1 00:59:59.500000000"),
        (f"{BETWEEN}::number", 90000),
        (f"system$typeof({BETWEEN})", "INTERVAL DAY(9) TO SECOND(9)[SB16]"),
        (f"('2024-01-01'::timestamp + {BETWEEN})::varchar", "2024-01-02 00:59:59.500"),
        (
            "'2024-01-15 10:00:00 +02:00'::timestamp_tz - '2024-01-15 10:00:00 +00:00'::timestamp_tz",
            timedelta(hours=-2),
        ),
    ],
)
def test_timestamp_less_a_timestamp_is_an_interval(session: Session, expression: str, expected: object) -> None:
    """Whatever their kinds; it moves times, and converts to text and to seconds."""
    assert session.rows(f"select {expression}") == [(expected,)]


@pytest.mark.parametrize(
    ("expression", "kinds"),
    [
        ("'2024-01-15'::timestamp - '2024-01-14'::date", "(TIMESTAMP_NTZ(9), DATE)"),
        ("'2024-01-15'::date - '2024-01-14'::timestamp", "(DATE, TIMESTAMP_NTZ(9))"),
    ],
)
def test_timestamp_less_a_date_is_refused(session: Session, expression: str, kinds: str) -> None:
    """Either way round, by their types."""
    with pytest.raises(SnowflakeError) as refused:
        session.rows(f"select {expression}")
    assert refused.value.errno == 1044
    assert kinds in str(refused.value)


def test_interval_is_kept_by_tables_and_views(session: Session) -> None:
    """As it was, to the type."""
    session.execute(f"create table t as select {BETWEEN} as d")
    session.execute("create view v as select d from t")
    assert session.rows("select d, d::number from v") == [(LENGTH, 90000)]


@pytest.mark.parametrize("form", ["arrow", "json"])
def test_connector_reads_an_interval_as_a_timedelta(connect: Callable[..., Any], form: str) -> None:
    """In either form of results."""
    cursor = connect().cursor()
    cursor.execute(f"alter session set python_connector_query_result_format = '{form}'")
    asked = f"select {BETWEEN}, -{BETWEEN}, null::timestamp - '2024-01-01'::timestamp"
    assert cursor.execute(asked).fetchall() == [(LENGTH, -LENGTH, None)]


@pytest.mark.parametrize("query", ["select interval '1 month'", "select interval '1 day' as d, 1"])
def test_interval_constant_as_a_column_is_refused(session: Session, query: str) -> None:
    """The documentation has such constants in sums with dates and times only."""
    with pytest.raises(SnowflakeError, match="an INTERVAL constant as a column"):
        session.rows(query)
