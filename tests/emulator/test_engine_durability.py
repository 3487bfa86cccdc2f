"""The engine under kill -9, under many sessions, and under statements that nobody would write."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.engine.query import all_rows
from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError
from tests.waiting import DEADLINE

_WRITER = """
import sys
from pathlib import Path
from airflow_provider_spcs.emulator.account import Account
account = Account(Path(sys.argv[1]))
account.engine.open()
session = account.engine.session(database="EMULATOR", schema="PUBLIC")
session.execute("create table if not exists W (n int, t varchar(20))")
number = session.rows("select coalesce(max(n), 0) from W")[0][0]
while True:
    number += 1
    session.execute(f"insert into W select {number}, 'row {number}' from table(generator(rowcount => 10))")
    print(number, flush=True)
"""


def test_kill_9_amid_writes_keeps_every_answered_row(tmp_path: Path) -> None:
    """What was answered is there after the kill, statements are whole or not there, and the home opens again."""
    answered = 0
    for wanted in (5, 12):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        try:
            for line in writer.stdout:
                answered = int(line)
                if answered >= wanted:
                    break
        finally:
            writer.kill()
            rest = writer.communicate(timeout=DEADLINE)[0].split()
        answered = int(rest[-1]) if rest else answered
        assert answered >= wanted
    account = Account(tmp_path)
    account.engine.open()
    session = account.engine.session(database="EMULATOR", schema="PUBLIC")
    found = session.rows("select n, count(*) from W group by n order by n")
    account.engine.close()
    assert [count for _, count in found] == [10] * len(found)
    assert [number for number, _ in found] == list(range(1, len(found) + 1))
    assert len(found) in {answered, answered + 1}


def test_eight_sessions_of_mixed_work_end_without_error(engine_account: Account, session: Session) -> None:
    """Inserts, updates of one row, replaced tables and reads by eight sessions at once: no lock-up, no lost update."""
    session.execute("create table SHARED (k int, n int)")
    session.execute("insert into SHARED values (0, 0)")
    failures: list[BaseException] = []
    rounds = 5

    def work(worker: int) -> None:
        own = engine_account.session(database=session.database, schema=session.schema)
        try:
            for number in range(rounds):
                own.execute(f"insert into SHARED values ({worker + 1}, {number})")
                own.execute("update SHARED set n = n + 1 where k = 0")
                own.execute(f"create or replace table OWN_{worker} as select * from SHARED")
                own.rows(f"select count(*) from OWN_{worker} join SHARED using (k)")
        except BaseException as error:  # noqa: BLE001 reported by the main thread
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=work, args=(worker,), daemon=True) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE)
    assert not any(thread.is_alive() for thread in threads)
    assert failures == []
    assert session.rows("select n from SHARED where k = 0") == [(8 * rounds,)]
    assert session.rows("select count(*) from SHARED") == [(8 * rounds + 1,)]


def test_two_accounts_on_two_homes_do_not_see_each_other(tmp_path: Path) -> None:
    """Two accounts in one process hold their own tables."""
    accounts = [Account(tmp_path / name) for name in ("one", "two")]
    try:
        for number, account in enumerate(accounts):
            account.engine.open()
            own = account.engine.session(database="EMULATOR", schema="PUBLIC")
            own.execute(f"create table T as select {number} as n")
            assert own.rows("select n from T") == [(number,)]
    finally:
        for account in accounts:
            account.engine.close()


def test_home_of_an_earlier_version_opens_with_its_rows(tmp_path: Path) -> None:
    """Columns were once kept without the mask of their case, and TIMESTAMP_TZ without its offset."""
    account = Account(tmp_path)
    account.engine.open()
    with account.engine.cursor() as cursor:
        cursor.execute('CREATE TABLE "EMULATOR.PUBLIC"."OLD" ("small" INTEGER, "LARGE" INTEGER, "AT" TIMESTAMPTZ)')
        cursor.execute("""COMMENT ON COLUMN "EMULATOR.PUBLIC"."OLD"."AT" IS '{"type": "TIMESTAMP_TZ(9)"}'""")
        cursor.execute("""INSERT INTO "EMULATOR.PUBLIC"."OLD" VALUES (1, 2, '2024-01-01 12:00:00+00')""")
    account.close()
    account = Account(tmp_path)
    account.engine.open()
    session = account.engine.session(database="EMULATOR", schema="PUBLIC")
    session.execute("""insert into OLD values (3, 4, '2024-01-01 12:00:00 +02:00')""")
    rows = session.rows("""select "small", large, at::varchar from OLD order by 1""")
    account.close()
    assert [row[:2] for row in rows] == [(1, 2), (3, 4)]
    assert [row[2][-5:] for row in rows] == ["+0000", "+0200"]


_TEXT = (
    "select from where insert into values create or replace table view drop show describe alter session set use "
    "merge using when matched then update delete copy put get list call execute immediate job service begin commit "
    "join on group by order limit pivot flatten lateral table ( ) , ; . * = < > + - / % @ ! : :: $1 $$ ' \" ? "
    "'a' \"b\" 1 2.5 null true x t identifier qualify over partition ~ # & | [ ] { } \\ -- /* */ // é \x00"
)
_WORDS = st.sampled_from(_TEXT.split())


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@example(words=["call"])
@given(words=st.lists(_WORDS, min_size=1, max_size=12))
def test_any_words_give_rows_or_an_error_of_snowflake(session: Session, words: list[str]) -> None:
    """No statement brings down the engine: what cannot be run is a SnowflakeError, nothing else."""
    failure = None
    try:
        all_rows(session.execute(" ".join(words)))
    except SnowflakeError as error:
        failure = error
    assert failure is None or (failure.errno > 0 and len(failure.sqlstate) == 5)
