"""The errors of a disk that has no room left."""

from __future__ import annotations

import errno
import os
import sqlite3
from pathlib import Path

from airflow_provider_spcs.emulator.errors import SnowflakeError

RESERVE = 32 * 2**20
"""Bytes that stay free. DuckDB folds its log of 16 MiB into its file at a moment of its own choice, and gives its
tables up when the file cannot grow then."""
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SQLITE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE}


def free(directory: Path) -> int:
    """Bytes that this user may still write there."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize


def check(directory: Path) -> None:
    """Check that something may be written.

    Raises:
        SnowflakeError: 300005 (53100) when less than the reserve is free.
    """
    left = free(directory)
    if left < RESERVE:
        raise _full(f"{left >> 20} MiB are free where {directory} lies, and {RESERVE >> 20} MiB stay so")


def failure(error: BaseException) -> SnowflakeError | None:
    """What to tell a client of an exception that has to do with a full disk; None for any other."""
    if "database has been invalidated" in str(error) or type(error).__name__ == "FatalException":
        return SnowflakeError(
            "emulator: its tables cannot be used any more, most often since the disk ran full. What was committed is "
            f"kept. Make room, and start the emulator again. DuckDB says: {str(error).strip().splitlines()[-1]}",
            300_005,
            "58030",
        )
    number = getattr(error, "errno", None) if isinstance(error, OSError) else None
    sqlite = getattr(error, "sqlite_errorcode", None)
    if number in _FULL or sqlite in _SQLITE or "No space left on device" in str(error):
        return _full(str(error).strip().splitlines()[0])
    return None


def _full(what: str) -> SnowflakeError:
    return SnowflakeError(
        f"emulator: no room on the disk ({what}). Make room: REMOVE files from stages, or free the disk in some "
        "other way.",
        300_005,
        "53100",
    )
