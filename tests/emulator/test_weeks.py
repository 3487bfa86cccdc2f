"""Weeks by the session's parameters."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_spcs.emulator.engine.session import Session

_WEEKS = [
    ("week_start = 7", "date_trunc('week', '2024-03-13'::date)::varchar", "2024-03-10"),
    ("week_start = 7", "week('2024-01-07'::date)", 2),
    ("week_start = 7", "datediff(week, '2024-03-09', '2024-03-10')", 1),
    ("week_start = 7", "last_day('2024-03-13'::date, 'week')::varchar", "2024-03-16"),
    ("week_of_year_policy = 1", "week('2023-01-01'::date)", 1),
    ("week_of_year_policy = 1", "yearofweek('2023-01-01'::date)", 2023),
    ("week_of_year_policy = 1", "weekiso('2023-01-01'::date)", 52),
]


@pytest.mark.parametrize(("setting", "expression", "expected"), _WEEKS)
def test_weeks_follow_the_session(session: Session, setting: str, expression: str, expected: Any) -> None:
    """WEEK_START and WEEK_OF_YEAR_POLICY count for every function of weeks but the ISO ones.

    Source: Snowflake's documentation, "Calendar weeks and weekdays".
    """
    session.execute(f"alter session set {setting}")
    assert session.rows(f"select {expression}") == [(expected,)]
