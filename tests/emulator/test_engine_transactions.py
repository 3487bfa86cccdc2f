"""Transactions: isolation, waiting, what an error undoes, cancelling."""

from __future__ import annotations

import threading

import pytest

from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError


def _other(session: Session) -> Session:
    return session.account.session(database=session.database, schema=session.schema)


def test_uncommitted_rows_are_seen_by_their_session_only(session: Session) -> None:
    """Others see rows after COMMIT, never before."""
    session.execute("create table t (a int)")
    other = _other(session)
    session.execute("begin")
    session.execute("insert into t values (1)")
    assert (session.rows("select count(*) from t"), other.rows("select count(*) from t")) == ([(1,)], [(0,)])
    session.execute("commit")
    assert other.rows("select count(*) from t") == [(1,)]
    other.close()


def test_rollback_undoes_all_since_begin(session: Session) -> None:
    """ROLLBACK forgets the writes."""
    session.execute("create table t as select 1 as a")
    session.execute("begin")
    session.execute("delete from t")
    session.execute("rollback")
    assert session.rows("select count(*) from t") == [(1,)]


def test_failed_statement_undoes_only_itself(session: Session) -> None:
    """An error inside a transaction leaves what was done before it."""
    session.execute("create table t (a int)")
    session.execute("begin")
    session.execute("insert into t values (1)")
    with pytest.raises(SnowflakeError):
        session.execute("insert into t select 'x'::int")
    session.execute("insert into t values (2)")
    session.execute("commit")
    assert session.rows("select a from t order by a") == [(1,), (2,)]


def test_table_dropped_under_a_transaction_is_missing_in_it(session: Session) -> None:
    """The next write fails with 2003, as for any table that is not there, and the session goes on."""
    session.execute("create table t (a int)")
    other = _other(session)
    session.execute("begin")
    session.execute("insert into t values (1)")
    other.execute("drop table t")
    with pytest.raises(SnowflakeError) as caught:
        session.execute("insert into t values (2)")
    session.execute("rollback")
    other.close()
    assert (caught.value.errno, session.rows("select 1")) == (2003, [(1,)])


def test_autocommit_off_begins_by_itself(session: Session) -> None:
    """Without autocommit a write waits for COMMIT."""
    session.execute("create table t (a int)")
    session.execute("alter session set autocommit = false")
    session.execute("insert into t values (1)")
    session.execute("rollback")
    session.execute("alter session set autocommit = true")
    assert session.rows("select count(*) from t") == [(0,)]


def test_writers_of_one_row_wait_for_each_other(session: Session) -> None:
    """Concurrent updates of one row all happen; none fails."""
    session.execute("create table t as select 1 as id, 0 as v")
    failed: list[BaseException] = []

    def work() -> None:
        mine = _other(session)
        try:
            for _ in range(5):
                mine.execute("update t set v = v + 1 where id = 1")
        except SnowflakeError as error:
            failed.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert session.rows("select v from t") == [(20,)]


def test_unread_result_does_not_block_the_session(session: Session) -> None:
    """A result that nobody reads further is out of the way of the next statement, also in a transaction."""
    session.execute("create table t as select seq4() as a from table(generator(rowcount => 200000))")
    session.execute("begin")
    session.execute("insert into t values (-1)")
    open_result = session.execute("select * from t")
    assert session.rows("select count(*) from t") == [(200001,)]
    assert sum(batch.num_rows for batch in open_result.batches or ()) == 200001


def test_cancel_ends_a_running_query(session: Session) -> None:
    """cancel() from another thread raises 604 in the one that waits."""
    timer = threading.Timer(0.3, session.cancel)
    timer.start()
    with pytest.raises(SnowflakeError) as caught:
        session.rows(
            "select count(*) from (select seq4() as x from table(generator(rowcount => 1000000))) a, "
            "(select seq4() as x from table(generator(rowcount => 10000000))) b where hash(a.x) < hash(b.x)"
        )
    timer.join()
    assert caught.value.errno == 604


def test_array_bound_insert_is_one_transaction(session: Session) -> None:
    """Executemany's rows are inserted together or not at all."""
    session.execute("create table t (a int, b varchar)")
    result = session.execute_many("insert into t values (?, ?)", [(i, str(i)) for i in range(5000)])
    assert result.rows == [(5000,)]
    with pytest.raises(SnowflakeError):
        session.execute_many("insert into t values (?, ?)", [(1, "x"), ("no number", "y")])
    assert session.rows("select count(*) from t") == [(5000,)]


def test_table_is_dropped_amid_a_transaction_of_another_session(session: Session) -> None:
    """DROP TABLE does not wait; what the open transaction wrote there is lost with the table, and it says so."""
    session.execute("create table t as select 1 as a")
    other = session.account.session(database="EMULATOR", schema=session.schema)
    other.execute("begin")
    other.execute("delete from t")
    session.execute("drop table t")
    with pytest.raises(SnowflakeError):
        other.execute("commit")
    assert other.rows("select 1") == [(1,)]
    other.close()
