"""A home whose disk is full: refused clearly, before anything is harmed."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from airflow_provider_spcs.emulator import disk
from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.home import Home, HomeError

MORE_THAN_THERE_IS = 2**62


def test_growing_statements_are_refused_while_the_disk_is_full(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that make room, and those that read, still work; with room again, so does everything."""
    session.execute("create table T (n int)")
    with monkeypatch.context() as full:
        full.setattr(disk, "RESERVE", MORE_THAN_THERE_IS)
        for statement in ("insert into T values (1)", "create table U (n int)", "update T set n = 2"):
            with pytest.raises(SnowflakeError, match="no room on the disk") as caught:
                session.execute(statement)
            assert (caught.value.errno, caught.value.sqlstate) == (300005, "53100")
        with pytest.raises(SnowflakeError, match="no room on the disk"):
            session.execute_many("insert into T values (?)", [[1]])
        assert session.rows("select count(*) from T") == [(0,)]
        session.execute("delete from T")
        session.execute("drop table T")
    session.execute("create table T as select 1 as n")
    assert session.rows("select n from T") == [(1,)]


def test_home_on_a_full_disk_is_refused_and_left_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the directory; results that an earlier process left are given up first."""
    left = tmp_path / "results" / "earlier"
    left.mkdir(parents=True)
    with monkeypatch.context() as full:
        full.setattr(disk, "RESERVE", MORE_THAN_THERE_IS)
        with pytest.raises(HomeError, match="MiB left") as caught:
            Account(tmp_path)
        assert str(tmp_path) in str(caught.value)
    assert not left.exists()
    Home(tmp_path).release()


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "53100"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "53100"),
        (RuntimeError('IO Error: Could not write file "x": No space left on device'), "53100"),
        (RuntimeError("FATAL Error: Failed: database has been invalidated because of ..."), "58030"),
        (OSError(errno.EACCES, "Permission denied"), None),
        (ValueError("x"), None),
    ],
)
def test_exception_of_a_full_disk_is_told_from_others(error: Exception, state: str | None) -> None:
    """What is no matter of room stays what it was."""
    found = disk.failure(error)
    assert (found.sqlstate if found else None) == state
