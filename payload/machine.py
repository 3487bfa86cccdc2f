"""What the machine, or the container on it, allows: memory, disk, processors."""

from __future__ import annotations

import ctypes
import os
import re
import resource
import shutil
from dataclasses import dataclass
from pathlib import Path

from problems import InputError

#: Says the container's memory limit where neither cgroup nor rlimit does, as in an emulated account.
LIMIT_VARIABLE = "PAYLOAD_MEMORY_LIMIT"
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 2**10, "MI": 2**20, "GI": 2**30, "TI": 2**40}
_CGROUP = Path("/sys/fs/cgroup")
#: Of glibc's malloc.h.
_M_ARENA_MAX = -8


@dataclass(frozen=True)
class MemoryLimit:
    """How much memory this process may take.

    Args:
        bytes: The limit.
        origin: Who sets it, in words.
    """

    bytes: int
    origin: str


def parse_bytes(text: str, where: str) -> int:
    """Bytes that ``"4Gi"``, ``"500M"`` or ``"1000000"`` stands for, as a job's specification writes memory.

    Raises:
        InputError: If it is not a size.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]i?)?B?", text.strip(), re.IGNORECASE)
    if not found or not float(found[1]):
        raise InputError(
            f"{where}={text}", "it is not a size", "A size is a number and K, M, G, Ki, Mi or Gi", "Try 4Gi"
        )
    return int(float(found[1]) * _UNITS[(found[2] or "").upper()])


def memory_limit(stated: str | None = None) -> MemoryLimit:
    """The least of what the user, the container and the machine allow.

    Args:
        stated: What the command line says, for instance ``"4Gi"``.
    """
    found = [MemoryLimit(physical_memory(), "the machine's memory")]
    if stated:
        found.append(MemoryLimit(parse_bytes(stated, "--memory_limit"), "--memory_limit"))
    if os.environ.get(LIMIT_VARIABLE):
        found.append(MemoryLimit(parse_bytes(os.environ[LIMIT_VARIABLE], LIMIT_VARIABLE), f"${LIMIT_VARIABLE}"))
    found.extend(MemoryLimit(size, f"control group {file}") for file, size in _cgroup_limits())
    found.extend(
        MemoryLimit(size, name)
        for name, size in (
            ("RLIMIT_AS", resource.getrlimit(resource.RLIMIT_AS)[0]),
            ("RLIMIT_DATA", resource.getrlimit(resource.RLIMIT_DATA)[0]),
        )
        if size != resource.RLIM_INFINITY
    )
    return min(found, key=lambda limit: limit.bytes)


def free_now(limit: MemoryLimit) -> MemoryLimit:
    """The limit, or less where the machine's other processes have taken what it promises."""
    free = available_memory() + resident_memory()[0]
    return limit if limit.bytes <= free else MemoryLimit(free, "memory that is free now")


def physical_memory() -> int:
    """Bytes of memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def available_memory() -> int:
    """Bytes that the machine could give without taking them from another process."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return physical_memory()


def resident_memory() -> tuple[int, int]:
    """Bytes this process holds now: all of it, and the part that the kernel cannot reclaim by dropping file pages."""
    sizes = {"VmRSS": 0, "RssFile": 0}
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        name, _, value = line.partition(":")
        if name in sizes:
            sizes[name] = int(value.split()[0]) * 1024
    return sizes["VmRSS"], sizes["VmRSS"] - sizes["RssFile"]


def peak_memory() -> int:
    """Most bytes this process has held so far, file pages included."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        # Unlike getrusage, it does not count what the process that started this one held.
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def share_freed_memory() -> None:
    """Let threads share two pools of freed memory, where glibc gives each thread its own.

    Those that fetch result chunks would each keep theirs half empty: about 110 MB at ten million rows.
    """
    try:
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)
    except (OSError, AttributeError):
        # Another C library has no such pools.
        return


def free_disk(directory: Path) -> int:
    """Bytes that can still be written below ``directory``."""
    return shutil.disk_usage(directory).free


def processors() -> int:
    """Processors this process may use, rounded up where a control group allows a part of one."""
    count = len(os.sched_getaffinity(0))
    quota = _cgroup_quota()
    return count if quota is None else max(1, min(count, -(-quota[0] // quota[1])))


def _cgroup_limits() -> list[tuple[Path, int]]:
    """Limits of version 2 and version 1, of this process's group and of the container's root."""
    found = []
    for controller, path in _memberships():
        for parent in (path, "/"):
            file = (
                _CGROUP / parent.lstrip("/") / "memory.max"
                if controller == ""
                else _CGROUP / "memory" / parent.lstrip("/") / "memory.limit_in_bytes"
            )
            text = _read(file)
            # Version 1 says "no limit" by a number larger than any machine.
            if text and text.isdigit() and 0 < int(text) < 2**60:
                found.append((file, int(text)))
    return found


def _cgroup_quota() -> tuple[int, int] | None:
    words = (_read(_CGROUP / "cpu.max") or "").split()
    if len(words) == 2 and words[0].isdigit():
        return int(words[0]), int(words[1])
    quota, period = _read(_CGROUP / "cpu/cpu.cfs_quota_us"), _read(_CGROUP / "cpu/cpu.cfs_period_us")
    if quota and period and quota.isdigit() and int(period):
        return int(quota), int(period)
    return None


def _memberships() -> list[tuple[str, str]]:
    """Controller (empty for version 2) and path of this process's memory groups."""
    found = []
    for line in (_read(Path("/proc/self/cgroup")) or "").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers == "" or "memory" in controllers.split(","):
            found.append(("memory" if controllers else "", path))
    return found


def _read(file: Path) -> str | None:
    try:
        return file.read_text(encoding="ascii").strip()
    except OSError:
        return None
