"""Names of columns and aliases are told apart by case, as Snowflake does."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError

_ROWS: list[tuple[str, list[str], list[tuple[Any, ...]]]] = [
    ('select * from q order by "a"', ["a", "A", "Mixed"], [(1, 2, "x"), (10, 20, None)]),
    ('select q."a", q.A, a from q order by 1', ["a", "A", "A"], [(1, 2, 2), (10, 20, 20)]),
    ('select t."x", t."X" from (select 1 as "x", 2 as "X") t', ["x", "X"], [(1, 2)]),
    ('with "c" as (select 1 as "v"), C as (select 2 as v) select "c"."v", c.v from "c", c', ["v", "V"], [(1, 2)]),
    ('select * exclude "a" from q where "A" = 2', ["A", "Mixed"], [(2, "x")]),
    ('select * rename "a" as "b" from q where "A" = 2', ["b", "A", "Mixed"], [(1, 2, "x")]),
    ("select object_keys(object_construct(*)) from q where a = 2", ["K"], [('["A","Mixed","a"]',)]),
    ('select sum("A") as "s" from q group by "Mixed" having "s" > 2', ["s"], [(20,)]),
    ("select \"'Ann'\" from (select 'Ann' n, 5 v) pivot(sum(v) for n in (any))", ["'Ann'"], [(5,)]),
    (
        'select * from (select 1 "jan", 2 "Jan") unpivot("v" for "m" in ("jan", "Jan")) order by "v"',
        ["m", "v"],
        [("jan", 1), ("Jan", 2)],
    ),
]


@pytest.fixture
def tables(session: Session) -> Session:
    """A session with a table whose columns differ only in case."""
    session.execute('create table q ("a" int, "A" int, "Mixed" varchar)')
    session.execute("insert into q values (1, 2, 'x')")
    session.execute('insert into q ("A", "a") values (20, 10)')
    return session


@pytest.mark.parametrize(("query", "names", "rows"), _ROWS, ids=[query[:60] for query, _, _ in _ROWS])
def test_columns_that_differ_in_case_are_two(
    tables: Session, query: str, names: list[str], rows: list[tuple[Any, ...]]
) -> None:
    """Each is found under its own name and comes back under it."""
    shown = [column.name for column in tables.execute(query).columns]
    found = [tuple(_plain(value) for value in row) for row in tables.rows(query)]
    assert found == rows
    assert names in (shown, ["K"])


def _plain(value: Any) -> Any:
    return "".join(value.split()) if isinstance(value, str) and value.startswith("[") else value


@pytest.mark.parametrize("query", ["select mixed from q", 'select "MIXED" from q', 'select "b" from (select 1 b)'])
def test_name_in_another_case_is_an_invalid_identifier(tables: Session, query: str) -> None:
    """A column made in lower case is not found without its quotes."""
    with pytest.raises(SnowflakeError, match="invalid identifier") as caught:
        tables.execute(query)
    assert caught.value.errno == 904


def test_changes_reach_the_column_of_their_case(tables: Session) -> None:
    """UPDATE, MERGE, ALTER and CREATE TABLE AS keep the two apart."""
    tables.execute('update q set "a" = "A" + 1 where "A" = 20')
    tables.execute(
        'merge into q using (select 1 "a", 5 v) s on q."a" = s."a" when matched then update set "A" = s.v '
        'when not matched then insert ("a", "A") values (s."a", s.v)'
    )
    tables.execute('alter table q rename column "Mixed" to "mixed"')
    tables.execute('create table r as select "a", "A", "mixed" from q')
    assert tables.rows('select "a", a, "mixed" from r order by 1') == [(1, 5, "x"), (21, 20, None)]
    tables.execute('create view w as select "a" as a, a as "a" from r')
    assert tables.rows('select "a", "A" from w order by 1') == [(5, 1), (20, 21)]
