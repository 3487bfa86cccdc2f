"""What a container sees of the file system: the host read-only, its own places writable, its mounts where it asks.

The new root is a small tmpfs in a mount namespace of its own whose entries show the host's; nothing is made, changed
or left on the host. Everything below the new root is resolved after it has become the root, so no link can lead out.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from . import linux

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_OWN = {"proc", "dev", "sys", "tmp"}
_READ_ONLY_PROC = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs")


def enter(plan: dict[str, Any], new_proc: bool) -> None:
    """Make the view and move into it.

    Args:
        plan: ``scratch`` (a directory that may be covered), ``private`` (target -> writable directory of the host),
            ``hidden`` (directories shown empty), ``visible`` and ``writable`` (host paths shown where they are, over
            the former two), ``mounts`` (``source``, ``target``, ``read_only``; with ``size``, memory of so many bytes
            instead of the source), ``files`` (``target``, ``content``,
            ``mode``).
        new_proc: Whether this process is in a pid namespace of its own.

    Raises:
        OSError: The system does not allow it.
    """
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    sources = _Sources()
    private = [(sources.hold(source), target) for target, source in plan["private"].items()]
    kept = [(sources.hold(path), path, True) for path in plan["visible"]]
    kept += [(sources.hold(path), path, False) for path in plan["writable"]]
    held = [item for item in plan["mounts"] if not item.get("size")]
    mounts = [(sources.hold(item["source"]), item["target"], item["read_only"]) for item in held]
    memory = [item for item in plan["mounts"] if item.get("size")]
    _new_root(plan["scratch"], new_proc)
    for source, target in private:
        linux.bind(source, place(target, directory=True))
    for target in plan["hidden"]:
        linux.mount("hidden", place(target, directory=True), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    for source, target, only_read in sorted(kept, key=_depth) + sorted(mounts, key=_depth):
        _show(source, target, only_read)
    for item in memory:
        data = f"mode=1777,size={item['size']}"
        linux.mount("memory", place(item["target"], directory=True), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, data)
    _files(plan["files"])
    sources.close()
    _leave_old_root()


class _Sources:
    """Host paths held open, so that they can be named after the root has changed."""

    def __init__(self) -> None:
        self._handles: list[int] = []

    def hold(self, path: str) -> str:
        handle = os.open(path, os.O_PATH)  # type: ignore[attr-defined, unused-ignore]  # Linux only
        self._handles.append(handle)
        return f"/.old/proc/self/fd/{handle}"

    def close(self) -> None:
        for handle in self._handles:
            os.close(handle)


def _depth(item: tuple[str, str, bool]) -> int:
    return item[1].rstrip("/").count("/")


def _new_root(scratch: str, new_proc: bool) -> None:
    linux.mount("root", scratch, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    _replicate("/", scratch, leave_out=_OWN)
    for entry in Path(scratch).iterdir():
        if not entry.is_symlink():
            linux.read_only(str(entry))
    for name in (*_OWN, ".old"):
        Path(scratch, name).mkdir()
    _devices(scratch + "/dev")
    linux.bind("/sys", scratch + "/sys")
    linux.read_only(scratch + "/sys")
    if new_proc:
        linux.mount("proc", scratch + "/proc", "proc", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC)
    else:
        linux.bind("/proc", scratch + "/proc")
    for path in _READ_ONLY_PROC:
        if Path(scratch + path).exists():
            linux.bind(scratch + path, scratch + path)
            linux.read_only(scratch + path)
    os.chdir(scratch)
    linux.pivot_root(".", ".old")
    os.chdir("/")


def _leave_old_root() -> None:
    linux.detach("/.old")
    Path("/.old").rmdir()
    linux.mount(
        "none", "/", flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | linux.MS_NOSUID | linux.MS_NODEV
    )


def _replicate(source: str, target: str, leave_out: Iterable[str] = ()) -> None:
    """Show every entry of one directory in another, with the flags its mount has."""
    with contextlib.suppress(PermissionError), os.scandir(source) as entries:
        for entry in entries:
            if entry.name in leave_out:
                continue
            to = f"{target}/{entry.name}"
            if entry.is_symlink():
                Path(to).symlink_to(Path(entry.path).readlink())
                continue
            if entry.is_dir(follow_symlinks=False):
                Path(to).mkdir()
            else:
                Path(to).touch()
            linux.bind(entry.path, to)


def _devices(dev: str) -> None:
    linux.mount("dev", dev, "tmpfs", linux.MS_NOSUID, "mode=755")
    accelerators = [path.name for path in Path("/dev").glob("nvidia*")]
    for name in (*_DEVICES, *accelerators):
        if not Path("/dev", name).exists():
            continue
        to = Path(dev, name)
        if Path("/dev", name).is_dir():
            to.mkdir()
        else:
            to.touch()
        linux.bind(f"/dev/{name}", str(to))
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        Path(dev, name).symlink_to(target)
    for name, kind, data in (("shm", "tmpfs", "mode=1777"), ("pts", "devpts", "newinstance,ptmxmode=0666,mode=620")):
        Path(dev, name).mkdir()
        # Pseudo-terminals are a comfort; some hardened hosts refuse them inside a user namespace.
        with contextlib.suppress(OSError):
            linux.mount(name, f"{dev}/{name}", kind, linux.MS_NOSUID | linux.MS_NOEXEC, data)
    Path(dev, "ptmx").symlink_to("pts/ptmx")


def place(target: str, *, directory: bool) -> str:
    """A path to mount on; made when missing, without writing to what the view only shows.

    A directory that is shown read-only and lacks the entry is covered by a tmpfs that shows its other entries.
    """
    path = Path(target)
    with contextlib.suppress(PermissionError):
        if path.exists():
            return target
    parent = path.parent
    place(str(parent), directory=True)
    try:
        _make(path, directory=directory)
    except OSError as error:
        if error.errno not in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise
        _cover(parent)
        _make(path, directory=directory)
    return target


def _make(path: Path, *, directory: bool) -> None:
    if directory:
        path.mkdir()
    else:
        path.touch()


def _cover(directory: Path) -> None:
    """Put a writable copy of a directory's entries over it; each entry still shows the original."""
    old = os.open(directory, os.O_PATH)  # type: ignore[attr-defined, unused-ignore]  # Linux only
    linux.mount("cover", str(directory), "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, "mode=755")
    _replicate(f"/.old/proc/self/fd/{old}", str(directory))
    os.close(old)


def _show(source: str, target: str, only_read: bool) -> None:
    linux.bind(source, place(target, directory=Path(source).is_dir()))
    if only_read:
        linux.read_only(target)


def _files(files: list[dict[str, Any]]) -> None:
    """Put small files at their paths; their content is only ever in memory."""
    if not files:
        return
    store = place("/.files", directory=True)
    linux.mount("files", store, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV | linux.MS_NOEXEC, "mode=700")
    for number, item in enumerate(files):
        path = Path(store, str(number))
        path.write_bytes(item["content"])
        path.chmod(item["mode"])
        _show(str(path), item["target"], True)
    linux.detach(store)
    Path(store).rmdir()
