"""What WEEK_START and the output formats of a session change."""

from __future__ import annotations

import datetime

import pytest

from airflow_provider_spcs.emulator.engine.session import Session


@pytest.mark.parametrize(("start", "weekday", "monday"), [(0, 0, 2), (1, 7, 2), (3, 5, 4), (7, 1, 1)])
def test_week_start_moves_weekdays_and_weeks(session: Session, start: int, weekday: int, monday: int) -> None:
    """The documentation's example: Sunday, 2017-01-01, is day 7 of a week that starts on Monday, 1 of Sunday's."""
    session.execute(f"alter session set week_start = {start}")
    found = session.rows("select dayofweek('2017-01-01'::date), date_trunc('week', '2017-01-04'::date)")
    assert found == [(weekday, datetime.date(2017, 1, monday))]


def test_output_formats_decide_what_casts_to_text_show(session: Session) -> None:
    """A cast to VARCHAR and TO_CHAR without a format follow the session."""
    query = "select '2024-03-05'::date::varchar, to_char('2024-03-05 06:07:08'::timestamp_ntz)"
    assert session.rows(query) == [("2024-03-05", "2024-03-05 06:07:08.000")]
    session.execute(
        "alter session set date_output_format = 'DD.MM.YYYY', timestamp_ntz_output_format = 'YYYY/MM/DD HH24:MI'"
    )
    assert session.rows(query) == [("05.03.2024", "2024/03/05 06:07")]


def test_output_format_with_an_offset_shows_its_minutes(session: Session) -> None:
    """TZHTZM is hours and minutes also where the offset is whole hours, and FF1 is one digit."""
    session.execute("alter session set timezone = 'UTC', timestamp_ltz_output_format = 'HH24:MI:SS.FF1 TZHTZM'")
    assert session.rows("select '2024-03-05 06:07:08.25'::timestamp_ltz::varchar") == [("06:07:08.2 +0000",)]
