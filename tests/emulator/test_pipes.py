"""The pipe operator: chains of statements whose results are read as $n."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError


@pytest.mark.parametrize(
    ("chain", "rows"),
    [
        ('show tables ->> select "name", "rows" from $1', [("S", 2)]),
        ("select * from s ->> select id + 1 x from $1 ->> select max(x), (select count(*) from $2) from $1", [(3, 2)]),
        ("select 1 a ->> insert into s select a + 10 from $1 ->> select max(id) from s", [(11,)]),
        ("select ? a ->> select a + ? from $1", [(7,)]),
        ("select 'a->>b'", [("a->>b",)]),
    ],
)
def test_chain_answers_what_its_last_statement_does(session: Session, chain: str, rows: list[Any]) -> None:
    """Each statement reads the results before it, counted backwards."""
    session.execute("create table s as select 1 id union all select 2")
    assert session.rows(chain, [3, 4] if "?" in chain else []) == rows


def test_chain_without_the_statement_it_reads_is_an_error(session: Session) -> None:
    """``$2`` of the second statement is nothing."""
    with pytest.raises(SnowflakeError, match=r"no statement \$2"):
        session.execute("select 1 ->> select * from $2")


def test_overwritten_table_can_be_read_by_the_query(session: Session) -> None:
    """INSERT OVERWRITE removes the old rows after the query has read them."""
    session.execute("create table s as select 1 id union all select 2")
    session.execute("insert overwrite into s select id + 10 from s where id > 1")
    assert session.rows("select id from s") == [(12,)]
    assert session.rows('show tables ->> select "rows" from $1') == [(1,)]
