"""How much memory this process may take: the machine's, or less inside a container with a limit."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

_MOUNT = Path("/sys/fs/cgroup")
_OWN = Path("/proc/self/cgroup")


def limit(mount: Path = _MOUNT, own: Path = _OWN) -> int:
    """Bytes; what lies beyond them makes the kernel kill the process, or others of the machine.

    Args:
        mount: Where the control groups are mounted.
        own: The file that names this process's groups.
    """
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([physical, *_limits(mount, own)])


def _limits(mount: Path, own: Path) -> Iterator[int]:
    """The limits of the process's group of memory and of those around it, in both versions of control groups."""
    with contextlib.suppress(OSError):
        for line in own.read_text().splitlines():
            _, controllers, group = line.split(":", 2)
            if not controllers:
                place, name = mount, "memory.max"
            elif controllers == "memory":
                place, name = mount / "memory", "memory.limit_in_bytes"
            else:
                continue
            # Inside a container its own group may be mounted as the root, under a name from outside.
            for around in (PurePosixPath(group), *PurePosixPath(group).parents):
                with contextlib.suppress(OSError, ValueError):
                    yield int((place / str(around).lstrip("/") / name).read_text())
