"""Copies of schemas and databases, new names for them, and tables that come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.engine.bootstrap import UNFINISHED
from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.names import Name


@pytest.fixture
def filled(session: Session) -> Session:
    """A session in a schema with a table, views of it, a sequence and a function."""
    session.execute("drop schema if exists dst")
    session.execute("drop database if exists copied")
    session.execute("create or replace schema src")
    session.execute("create table a (id int autoincrement, \"low\" varchar default 'x')")
    session.execute("insert into a (\"low\") values ('p'), ('q')")
    session.execute("create sequence sq start 5")
    session.rows("select sq.nextval")
    session.execute("create view z as select id from a")
    session.execute("create view v as select max(id) m from z")
    session.execute("create function f(x int) returns int as 'x + 1'")
    return session


def test_cloned_schema_is_a_copy_of_its_own(filled: Session) -> None:
    """Its table, views, sequence and function work, and a change of it does not reach the source."""
    filled.execute("create schema dst clone src")
    filled.execute("insert into a (\"low\") values ('r')")
    assert filled.rows("select m, f(1), sq.nextval from v") == [(3, 2, 6)]
    assert filled.rows("select count(*) from src.a") == [(2,)]


def test_cloned_database_has_every_schema(filled: Session) -> None:
    """Schemas with what is in them."""
    filled.execute(f"create database copied clone {filled.database}")
    assert filled.rows("select m from copied.src.v") == [(2,)]


def test_renamed_schema_takes_its_sessions_along(filled: Session) -> None:
    """Everything is found under the new name, nothing under the old one."""
    filled.execute("alter schema src rename to dst")
    assert filled.rows("select current_schema(), m from v") == [("DST", 2)]
    with pytest.raises(SnowflakeError, match="does not exist"):
        filled.execute("select * from src.a")


def test_schema_with_a_stage_is_not_renamed(filled: Session) -> None:
    """Refused before anything is changed: a copy would lose the stage's files."""
    filled.execute("create stage st")
    with pytest.raises(SnowflakeError, match="STAGE"):
        filled.execute("alter schema src rename to dst")
    assert filled.rows("select count(*) from src.a") == [(2,)]


def test_clone_has_internal_stages_only_on_demand(filled: Session) -> None:
    """Empty ones, as Snowflake's documentation of CLONE has it."""
    filled.execute("create stage st")
    filled.execute("create schema dst clone src")
    assert not filled.rows("show stages in schema dst")
    filled.execute("create or replace schema dst clone src include internal stages")
    assert [row[1] for row in filled.rows("show stages in schema dst")] == ["ST"]


def test_clone_of_what_cannot_be_copied_is_refused(filled: Session) -> None:
    """Nothing is left out without a word."""
    filled.execute("create secret sec type = generic_string secret_string = 'x'")
    with pytest.raises(SnowflakeError, match="SECRET"):
        filled.execute("create schema dst clone src")
    with pytest.raises(SnowflakeError, match="does not exist"):
        filled.execute("use schema dst")


def test_clone_that_fails_leaves_nothing(filled: Session) -> None:
    """A view of a table that is gone cannot be made again: no half of a schema stays."""
    filled.execute("drop table a")
    with pytest.raises(SnowflakeError):
        filled.execute("create schema dst clone src")
    with pytest.raises(SnowflakeError, match="does not exist"):
        filled.execute("use schema dst")


def test_schema_replaced_by_its_own_clone_keeps_its_rows(filled: Session) -> None:
    """The source is not dropped before it is read."""
    filled.execute("create or replace schema src clone src")
    assert filled.rows("select count(*) from src.a") == [(2,)]


def test_dropped_table_comes_back(filled: Session) -> None:
    """The newest of its name first; while one of its name exists none comes back."""
    filled.execute("drop table a")
    filled.execute("create table a as select 7 x")
    with pytest.raises(SnowflakeError) as caught:
        filled.execute("undrop table a")
    assert caught.value.errno == 2002
    filled.execute("drop table a")
    filled.execute("undrop table a")
    assert filled.rows("select * from a") == [(7,)]
    filled.execute("alter table a rename to b")
    filled.execute("undrop table a")
    assert filled.rows("select count(*) from a") == [(2,)]


def test_table_that_is_kept_no_day_is_gone_at_once(filled: Session) -> None:
    """DATA_RETENTION_TIME_IN_DAYS = 0 leaves nothing to bring back."""
    filled.execute("alter table a set data_retention_time_in_days = 0")
    filled.execute("drop table a")
    with pytest.raises(SnowflakeError, match="does not exist"):
        filled.execute("undrop table a")


@pytest.mark.parametrize(
    ("kind", "left"), [("SCHEMA", Name("EMULATOR", "", "HALF")), ("DATABASE", Name("", "", "HALF"))]
)
def test_half_copy_that_a_kill_left_is_gone_after_the_restart(tmp_path: Path, kind: str, left: Name) -> None:
    """A copy is marked until it is whole; what still bears the mark is dropped, with its tables."""
    first = Account(tmp_path)
    first.engine.open()
    session = first.session(database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
    session.execute(f"create {kind} whole")
    session.execute("create table t as select 1 as a")
    session.execute(f"create {kind} half clone whole")
    assert not first.objects.get(kind, left)[UNFINISHED]
    first.objects.update(kind, left, **{UNFINISHED: True})
    first.engine.close()
    first.objects.close()
    first.home.release()
    second = Account(tmp_path)
    second.engine.open()
    session = second.session(database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
    assert second.objects.find(kind, left) is None
    session.execute(f"create {kind} half")
    assert session.rows(f"show tables in {kind} half") == []
    assert len(session.rows(f"show tables in {kind} whole")) == 1
    second.engine.close()
    second.objects.close()
    second.home.release()
