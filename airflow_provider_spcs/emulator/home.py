"""The directory an account lives in: what lies where, and that only one process has it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from airflow_provider_spcs.emulator import disk


class HomeError(RuntimeError):
    """The home directory cannot be used; says where, what, the rule and the mend."""


class Home:
    """Paths below one directory (mode 0700), locked for one process.

    Args:
        root: The directory; made when missing.

    Raises:
        HomeError: It is not writable, or another emulator has it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.expanduser().absolute()
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise HomeError(
                f"emulator home: cannot write to {str(self.root)!r} ({error.strerror}). "
                "The account's state is kept there. Give a directory of yours with --home, or mend its permissions."
            ) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise HomeError(
                f"emulator home: {str(self.root)!r} is in use by another emulator. One process has a home at a time. "
                "Stop that one, or give another directory with --home."
            ) from error

    def require_room(self) -> None:
        """Release the home again when its disk is full.

        Raises:
            HomeError: It is.
        """
        left = disk.free(self.root)
        if left < disk.RESERVE:
            self.release()
            raise HomeError(
                f"emulator home: the disk of {str(self.root)!r} has {left >> 20} MiB left. Tables and results are "
                f"kept there, and {disk.RESERVE >> 20} MiB stay free. Make room, or give another directory with --home."
            )

    def release(self) -> None:
        """Let another process have the home."""
        os.close(self._lock)

    @property
    def objects(self) -> Path:
        """SQLite file of the object store."""
        return self.root / "objects.sqlite"

    @property
    def tables(self) -> Path:
        """DuckDB file with every table of the account."""
        return self.root / "tables.duckdb"

    def directory(self, *parts: str) -> Path:
        """A directory below the home, made when missing (mode 0700)."""
        path = self.root.joinpath(*parts)
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path
