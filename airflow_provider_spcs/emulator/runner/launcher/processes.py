"""A process, what descends from it, and the memory that they hold; by /proc, or by ps where there is none (macOS)."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")


def by_proc() -> bool:
    """Whether the system tells of its processes by files, which costs next to nothing."""
    return Path("/proc/self/stat").exists()


def tree(pid: int) -> list[int]:
    """A process and all that descends from it."""
    table = {} if by_proc() else _table()
    found, at = [pid], 0
    while at < len(found):
        found += _children(found[at]) if by_proc() else [one for one, (above, _) in table.items() if above == found[at]]
        at += 1
    return found


def memory(pids: list[int]) -> int:
    """Resident bytes of some processes, shared pages counted once for each."""
    if not by_proc():
        table = _table()
        return sum(table[pid][1] for pid in pids if pid in table)
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, ValueError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return total


def exact_memory(pids: list[int]) -> int:
    """Resident bytes of some processes, shared pages divided among them where the system tells; costly."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
        except (OSError, StopIteration):
            total += memory([pid])
    return total


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += [int(child) for child in path.read_text().split()]
    return found


def _table() -> dict[int, tuple[int, int]]:
    """Parent and resident bytes of every process but the one that is asked."""
    with subprocess.Popen(["ps", "-axo", "pid=,ppid=,rss="], stdout=subprocess.PIPE, text=True) as asked:
        assert asked.stdout is not None  # noqa: S101  a pipe was asked for
        rows = [[int(cell) for cell in line.split()] for line in asked.stdout]
    return {pid: (above, kibibytes * 1024) for pid, above, kibibytes in rows if pid != asked.pid}
