"""A control group (version 2) of a container's own, where the system lets this user make one."""

from __future__ import annotations

import contextlib
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PERIOD_MICROSECONDS = 100_000


class ControlGroup:
    """Made by the keeper, joined by the container's first process, removed by the keeper after its end.

    Args:
        path: Its directory.
        holds_cpu: Whether it holds the CPU limit as well as the memory's.
    """

    def __init__(self, path: Path, *, holds_cpu: bool) -> None:
        self.path = path
        self.holds_cpu = holds_cpu

    @classmethod
    def make(cls, name: str, memory: int | None, cores: float | None, root: Path = ROOT) -> ControlGroup | None:
        """A new group beside this process's own; None where that is not allowed, or does not hold memory.

        Beside and not below: a group that has processes may not share out controllers.

        Args:
            name: Unique on this machine.
            memory: Limit in bytes.
            cores: CPU limit, may be fractional.
            root: Where version 2 is mounted.
        """
        for parent in _parents(root):
            controllers = _shared_out(parent)
            if "memory" not in controllers:
                continue
            group = cls(parent / name, holds_cpu=cores is not None and "cpu" in controllers)
            try:
                group.path.mkdir()
                group._limit(memory, cores)
            except OSError:
                group.remove()
            else:
                return group
        return None

    def _limit(self, memory: int | None, cores: float | None) -> None:
        if memory is not None:
            self._write("memory.max", str(memory))
            # All of the container ends, not one process of it, as on Kubernetes.
            self._write("memory.oom.group", "1")
            with contextlib.suppress(OSError):  # absent without swap accounting
                self._write("memory.swap.max", "0")
        if cores is not None and self.holds_cpu:
            self._write("cpu.max", f"{max(round(cores * PERIOD_MICROSECONDS), 1000)} {PERIOD_MICROSECONDS}")

    def join(self) -> None:
        """Move this process into it.

        Raises:
            OSError: The system does not allow it.
        """
        self._write("cgroup.procs", "0")

    def killed(self) -> bool:
        """Whether the kernel ended something in it for want of memory."""
        with contextlib.suppress(OSError):
            events = dict(line.split() for line in (self.path / "memory.events").read_text().splitlines())
            return int(events.get("oom_kill", 0)) > 0
        return False

    def remove(self) -> None:
        """Remove it; only after all in it has ended."""
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def _write(self, name: str, content: str) -> None:
        # A kernel file is written, never made.
        with (self.path / name).open("r+") as file:
            file.write(content)


def _parents(root: Path) -> list[Path]:
    """The group that this process's own is in, and those around it."""
    own = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        own = next((line[3:] for line in lines if line.startswith("0::")), "")
    path = root / own.strip("/")
    around = [item for item in (path, *path.parents) if item.is_relative_to(root)]
    return around[1:] or around


def _shared_out(group: Path) -> set[str]:
    """The controllers that groups below one may use."""
    with contextlib.suppress(OSError):
        return set((group / "cgroup.subtree_control").read_text().split())
    return set()
