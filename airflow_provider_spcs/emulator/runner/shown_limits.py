"""The control group files in which a container reads its own limits, whether or not a control group holds them."""

from __future__ import annotations

import os
from pathlib import Path

PLACE = "/sys/fs/cgroup"
_PERIOD_MICROSECONDS = 100_000
_CONTROLLERS = "cpuset cpu memory pids\n"


def write(directory: Path, memory_bytes: int | None, cores: float | None) -> None:
    """Write what a container's own control group would say, in version 2's files and version 1's.

    ``memory.current`` is kept up to date by whoever watches the container.

    Args:
        directory: New directory, shown inside at :data:`PLACE`.
        memory_bytes: Its memory limit; None for none.
        cores: Its CPU limit, may be fractional; None for none.

    Source: https://docs.kernel.org/admin-guide/cgroup-v2.html and .../cgroup-v1/memory.html
    """
    memory = "max" if memory_bytes is None else str(memory_bytes)
    quota = None if cores is None else max(round(cores * _PERIOD_MICROSECONDS), 1000)
    files = {
        "cgroup.controllers": _CONTROLLERS,
        "memory.max": f"{memory}\n",
        "memory.high": "max\n",
        "memory.swap.max": "0\n",
        "memory.current": "0\n",
        "cpu.max": f"{'max' if quota is None else quota} {_PERIOD_MICROSECONDS}\n",
        "pids.max": "max\n",
    }
    directory.mkdir(mode=0o755)
    for name, content in files.items():
        _file(directory / name, content)
    if Path(PLACE, "memory").is_dir():
        _version_1(directory, memory_bytes, quota)


def _version_1(directory: Path, memory_bytes: int | None, quota: int | None) -> None:
    """Readers choose the version by ``/proc/self/cgroup``, which is the kernel's."""
    page = os.sysconf("SC_PAGE_SIZE")
    (directory / "memory").mkdir()
    (directory / "cpu").mkdir()
    unlimited = (2**63 - 1) // page * page
    _file(directory / "memory" / "memory.limit_in_bytes", f"{unlimited if memory_bytes is None else memory_bytes}\n")
    _file(directory / "cpu" / "cpu.cfs_quota_us", f"{-1 if quota is None else quota}\n")
    _file(directory / "cpu" / "cpu.cfs_period_us", f"{_PERIOD_MICROSECONDS}\n")


def _file(path: Path, content: str) -> None:
    path.write_text(content)
    path.chmod(0o644)
