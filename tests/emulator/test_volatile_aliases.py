"""A random value's alias used again in the same SELECT is that row's value."""

from __future__ import annotations

import pytest

from airflow_provider_spcs.emulator.engine.session import Session

_TABLE = "create table s as select seq4() as id, seq4() % 3 as g from table(generator(rowcount => 6))"
_FALSE_ROWS = [
    "select count(*) from (select uniform(1, 9, random()) x, x - x z from s) where z <> 0",
    "select count(*) from (select *, random() r, r = r same, id + 1 n from s) where not same or n <> id + 1",
    "select count(*) from (select a.id, random() r, r r2, r2 = r same from s a join s b on a.id = b.id) where not same",
    "select count(*) from (select uniform(1, 9, random()) x, iff(x > 4, 'a', 'b') c, c = iff(x > 4, 'a', 'b') ok from s"
    " where x > 0 qualify row_number() over (order by x) > 1) where not ok",
    "select count(*) from (with b as (select id from s) select uuid_string() u, u = u same, length(u) n from b)"
    " where not same or n <> 36",
    "select count(*) from (select id + 1 a, a * 2 b, normal(0, 1, random()) x, x - x + a y from s) where y <> b / 2",
    "select count(*) from (select g, uniform(5, 5, random()) u, count(*) c from s group by g, u) where u + c <> 7",
]


@pytest.mark.parametrize("query", _FALSE_ROWS)
def test_alias_of_a_random_value_is_the_value_of_its_row(session: Session, query: str) -> None:
    """No row shows another value under the alias than in the expressions that use it."""
    session.execute(_TABLE)
    assert session.rows(query) == [(0,)]


def test_statement_without_from_uses_the_alias_of_a_random_value(session: Session) -> None:
    """One row needs no source."""
    assert session.rows("select uniform(3, 3, random()) as x, x > 1, x + 1") == [(3, True, 4)]
