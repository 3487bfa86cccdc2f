"""Values against the sizes of their columns, texts against other types, and stopping one statement of several."""

from __future__ import annotations

import threading
from decimal import Decimal

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError
from tests.waiting import DEADLINE


@pytest.mark.parametrize(
    "statement",
    [
        "insert into F (v) values ('abcd')",
        "insert into F (v) select repeat('x', 4)",
        "update F set v = v || 'd'",
        "merge into F using (select 'abcd' as s) x on F.v = x.s when not matched then insert (v) values (x.s)",
        "merge into F using (select 1 as s) x on F.n = x.s when matched then update set v = 'abcd'",
    ],
)
def test_text_longer_than_its_column_is_refused(session: Session, statement: str) -> None:
    """VARCHAR(3) takes three characters, by whatever way; error 100078, state 22000."""
    session.execute("create or replace table F (v varchar(3), n number(2))")
    session.execute("insert into F values ('abc', 1)")
    with pytest.raises(SnowflakeError, match=r"String 'abcd|String 'xxxx'") as failed:
        session.execute(statement)
    assert (failed.value.errno, failed.value.sqlstate) == (100078, "22000")
    assert session.rows("select * from F") == [("abc", 1)]


def test_text_that_fits_is_stored_with_defaults_and_nulls(session: Session) -> None:
    """The check touches no value that fits."""
    session.execute("create or replace table F (v varchar(3) default 'def', n number(2))")
    session.execute("insert into F values (default, 99), (null, null)")
    session.execute("insert into F (n, v) select 7, 123")
    assert session.rows("select * from F order by n") == [("123", 7), ("def", 99), (None, None)]


def test_number_wider_than_its_column_is_refused(session: Session) -> None:
    """NUMBER(2) takes -99 to 99; error 100039."""
    session.execute("create or replace table F (n number(2), d number(4, 2))")
    with pytest.raises(SnowflakeError) as failed:
        session.execute("insert into F (n) values (100)")
    assert failed.value.errno == 100039
    session.execute("insert into F select -99, 12.34")
    assert session.rows("select * from F") == [(-99, Decimal("12.34"))]


def test_text_compared_with_a_number_is_taken_for_a_number(session: Session) -> None:
    """'10' > 9 is true and '9' < 10 is, though not as text; what is no number is error 100038."""
    session.execute("create or replace table F (v varchar)")
    session.execute("insert into F values ('10'), ('9')")
    assert session.rows("select v from F where v > 9") == [("10",)]
    assert session.rows("select v from F where 10 > v") == [("9",)]
    session.execute("insert into F values ('x')")
    with pytest.raises(SnowflakeError) as failed:
        session.rows("select v from F where v > 9")
    assert failed.value.errno == 100038


def test_cancel_by_id_stops_that_statement_alone(session: Session) -> None:
    """Two statements of one session overlap; stopping one leaves the other running to its end."""
    outcomes: dict[str, object] = {}
    started = threading.Barrier(3)

    def run(query_id: str, seconds: float) -> None:
        started.wait(DEADLINE)
        try:
            outcomes[query_id] = session.execute(f"call system$wait({seconds}, 'SECONDS')", query_id=query_id).rows
        except SnowflakeError as error:
            outcomes[query_id] = error.errno

    threads = [threading.Thread(target=run, args=given) for given in (("stopped", DEADLINE), ("left", 1))]
    for thread in threads:
        thread.start()
    started.wait(DEADLINE)
    while threads[0].is_alive():
        session.cancel("stopped")
        threads[0].join(0.05)
    threads[1].join(DEADLINE)
    assert outcomes == {"stopped": 604, "left": [("waited 1 seconds",)]}
