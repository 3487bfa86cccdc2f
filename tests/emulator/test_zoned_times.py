"""TIMESTAMP_TZ keeps the offset that a value was given in: stored, copied, compared, computed with, shown."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_spcs.emulator.engine.session import Session


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


_EAST, _WEST, _UTC = "2024-01-01T10:00:00+02:00", "2024-01-01T10:00:00-05:00", "2024-01-01T08:00:00+00:00"
_CASES: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("select t from tz order by id", [(_at(_EAST),), (_at(_WEST),), (_at(_UTC),), (None,)]),
    ("select t from v where id = 2", [(_at(_WEST),)]),
    ("select t from copied where id = 2", [(_at(_WEST),)]),
    ("with c as (select t from tz where id = 1) select * from c", [(_at(_EAST),)]),
    ("select min(t), max(t), count(distinct t) from tz where id < 3", [(_at(_EAST), _at(_WEST), 2)]),
    ("select a.id, b.id from tz a join tz b on a.t = b.t where a.id < b.id", [(1, 3)]),
    ("select id from tz where t > '2024-01-01 09:00:00 +0000'", [(2,)]),
    ("select to_char(t), t::varchar from tz where id = 1", [("2024-01-01 10:00:00.000 +0200",) * 2]),
    ("select to_char(t, 'DD/MM/YYYY HH24:MI TZH:TZM') from tz where id = 2", [("01/01/2024 10:00 -05:00",)]),
    (
        "select hour(t), date_part(timezone_hour, t), t::date, t::timestamp_ntz from tz where id = 2",
        [(10, -5, date(2024, 1, 1), datetime(2024, 1, 1, 10))],
    ),
    ("select dateadd(hour, 1, t) from tz where id = 1", [(_at("2024-01-01T11:00:00+02:00"),)]),
    ("select dateadd(month, 6, t) from tz where id = 1", [(_at("2024-07-01T10:00:00+02:00"),)]),
    ("select date_trunc('day', t) from tz where id = 2", [(_at("2024-01-01T00:00:00-05:00"),)]),
    ("select t + interval '1 day' from tz where id = 2", [(_at("2024-01-02T10:00:00-05:00"),)]),
    ("select coalesce(t, '2020-01-01 00:00:00 +0100'::timestamp_tz) from tz where id = 4",
     [(_at("2020-01-01T00:00:00+01:00"),)]),
    ("select iff(id = 1, t, null) from tz where id < 3 order by id", [(_at(_EAST),), (None,)]),
    ("select lag(t) over (order by id) from tz order by id limit 2", [(None,), (_at(_EAST),)]),
    ("select (select max(t) from tz) > '2020-01-01'::timestamp_tz", [(True,)]),
    ("select max(column1) from values ('2024-01-01 10:00:00 +0200'::timestamp_tz), (null)", [(_at(_EAST),)]),
    ("select datediff(hour, min(t), max(t)) from tz", [(7,)]),
    ("select c::timestamp_tz, try_cast(c as timestamp_tz) from values ('2024-01-01 10:00:00 -0500') as s(c)",
     [(_at(_WEST), _at(_WEST))]),
    ("select t as x, hour(x) from tz where id = 2", [(_at(_WEST), 10)]),
]  # fmt: skip


@pytest.fixture
def times(session: Session) -> Session:
    """A session with a table of three moments in three offsets, a view of it and a copy."""
    session.execute("create table tz (id int, t timestamp_tz)")
    session.execute(
        "insert into tz values (1, '2024-01-01 10:00:00 +0200'), (2, '2024-01-01 10:00:00 -0500'), "
        "(3, '2024-01-01T08:00:00Z'), (4, null)"
    )
    session.execute("create view v as select id, t from tz")
    session.execute("create table copied as select * from tz")
    return session


@pytest.mark.parametrize(("query", "rows"), _CASES, ids=[query[:70] for query, _ in _CASES])
def test_value_with_offset_stays_in_its_offset(times: Session, query: str, rows: list[tuple[Any, ...]]) -> None:
    """The moment and the offset are what was given, also where only the clock of the offset is read."""
    found = times.rows(query)
    assert found == rows
    assert [_offsets(row) for row in found] == [_offsets(row) for row in rows]


def _offsets(row: tuple[Any, ...]) -> list[timedelta | None]:
    return [value.utcoffset() for value in row if isinstance(value, datetime)]


def test_every_way_of_writing_keeps_the_offset(times: Session) -> None:
    """INSERT of a query, UPDATE, MERGE, a default, CREATE TABLE with columns AS SELECT."""
    times.execute("insert into tz (id, t) select 5, '2022-02-02 02:02:02 -0200'")
    times.execute("update tz set t = '2025-05-05 05:05:05 +0545' where id = 4")
    times.execute(
        "merge into tz using (select 6 id, '2023-03-03 03:03:03 +0300'::timestamp_tz t) s on tz.id = s.id "
        "when not matched then insert (id, t) values (s.id, s.t)"
    )
    times.execute("create table d (i int, t timestamp_tz default '2020-01-01 00:00:00 +0100'::timestamp_tz)")
    times.execute("insert into d (i) values (7)")
    times.execute("create table e (t timestamp_tz) as select '2024-01-01 10:00:00 +0200'")
    query = "select t from tz where id in (4, 5, 6) union all select t from d union all select t from e order by t"
    assert [value.isoformat() for (value,) in times.rows(query)] == [
        "2020-01-01T00:00:00+01:00",
        "2022-02-02T02:02:02-02:00",
        "2023-03-03T03:03:03+03:00",
        "2024-01-01T10:00:00+02:00",
        "2025-05-05T05:05:05+05:45",
    ]


def test_time_without_offset_gets_that_of_the_session(times: Session) -> None:
    """A text or a TIMESTAMP_NTZ is read in the session's zone, with what its offset is then."""
    times.execute("alter session set timezone = 'Europe/Paris'")
    times.execute("create table s (t timestamp_tz)")
    times.execute("insert into s values ('2024-06-01 10:00:00'), ('2024-01-01 10:00:00'::timestamp_ntz)")
    found = [value.isoformat() for (value,) in times.rows("select t from s order by t")]
    assert found == ["2024-01-01T10:00:00+01:00", "2024-06-01T10:00:00+02:00"]
