"""Tells a process from a later one that got the same number."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

from . import processes

_SURE_SECONDS = 60.0


class Process:
    """One process, running or ended.

    Args:
        pid: Its number.
        start: What :func:`process_start` said of it.
    """

    def __init__(self, pid: int, start: str) -> None:
        self._pid = pid
        self._start = start
        self._sure_until = 0.0

    def alive(self) -> bool:
        """Whether it has not ended.

        Where only another program can tell when it started, that is asked now and then: a number is not used again
        within a minute of its process's end.
        """
        if processes.by_proc():
            return process_start(self._pid) == self._start
        try:
            os.kill(self._pid, 0)
        except OSError:
            return False
        if time.monotonic() > self._sure_until:
            if process_start(self._pid) != self._start:
                return False
            self._sure_until = time.monotonic() + _SURE_SECONDS
        return True


def process_start(pid: int) -> str | None:
    """When a process started, in the system's own words; None when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None if processes.by_proc() else _start_by_ps(pid)
    return None if fields[0] in "ZX" else fields[19]


def _start_by_ps(pid: int) -> str | None:
    """The same without /proc, on macOS."""
    told = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    state, _, start = told.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else start.strip()
