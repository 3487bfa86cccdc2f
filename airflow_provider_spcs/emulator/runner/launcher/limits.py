"""Memory and CPU limits of a process tree, by what every system allows: watching it, and CPU affinity."""

from __future__ import annotations

import os
import time
from pathlib import Path

from . import processes

# How fast a process can touch new memory, in bytes a second: the less room is left, the sooner the next look.
_FILL_RATE = 4 << 30


class MemoryWatch:
    """Says when a tree is over its limit.

    Args:
        pid: Root of the tree; it is the runner's own and is not counted.
        limit: Bytes.
        shown: File in which the tree reads how much it holds.
    """

    def __init__(self, pid: int, limit: int, shown: Path) -> None:
        self._pid = pid
        self._limit = limit
        self._used = 0
        self._shown = os.open(shown, os.O_WRONLY)
        self._next = time.monotonic() + self._interval()

    def over(self) -> bool:
        """Whether the tree holds more than the limit; looks only when it can have got there since the last time."""
        if time.monotonic() < self._next:
            return False
        pids = processes.tree(self._pid)[1:]
        self._used = processes.memory(pids)
        # Always as long as before, so that a reader never sees parts of two numbers.
        os.pwrite(self._shown, f"{self._used:<20}\n".encode(), 0)
        # Children of a fork share their parent's pages: only the exact figure may condemn.
        found = self._used > self._limit and processes.exact_memory(pids) > self._limit
        self._next = time.monotonic() + self._interval()
        return found

    def pause(self) -> float:
        """Seconds until the next look."""
        return max(self._next - time.monotonic(), 0.0)

    def _interval(self) -> float:
        shortest = 0.02 if processes.by_proc() else 0.5
        return min(max((self._limit - self._used) / _FILL_RATE, shortest), 1.0)


def hold_cpu(cores: float) -> str:
    """Keep this process and its children on so many cores; says what applies.

    Fractions of a core are rounded up.
    """
    if not hasattr(os, "sched_setaffinity"):
        return "not held: this system has no CPU affinity"
    available = sorted(os.sched_getaffinity(0))
    wanted = max(1, -int(-cores // 1))
    if wanted >= len(available):
        return f"not held: the machine has {len(available)} cores"
    first = os.getpid() % len(available)
    chosen = {available[(first + step) % len(available)] for step in range(wanted)}
    os.sched_setaffinity(0, chosen)
    return f"CPU affinity: {wanted} of {len(available)} cores"
