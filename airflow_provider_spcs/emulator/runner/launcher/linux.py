"""The few Linux system calls that Python does not offer."""

from __future__ import annotations

import ctypes
import os
import signal

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT = 1, 2, 4, 8, 32
MS_NOATIME, MS_NODIRATIME, MS_BIND, MS_MOVE, MS_REC = 1024, 2048, 4096, 8192, 16384
MS_PRIVATE, MS_RELATIME = 1 << 18, 1 << 21
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWCGROUP = 0x00020000, 0x04000000, 0x08000000, 0x02000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
_MNT_DETACH = 2
_PR_SET_PDEATHSIG, _PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER = 1, 23, 24, 36
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_AT_FDCWD, _AT_RECURSIVE, _MOUNT_ATTR_RDONLY = -100, 0x8000, 1
_SYS_MOUNT_SETATTR = 442  # the same on every architecture
_SYS_CLONE = {"x86_64": 56, "aarch64": 220, "ppc64le": 120, "riscv64": 220}
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "ppc64le": 203, "s390x": 217, "riscv64": 41}
# Docker's default set, less MKNOD: root inside may do with its own files and users what an image's scripts do, but
# cannot remount, load, trace or open the host's devices.
_KEPT_CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 29, 31}

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> int:
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return result


def unshare(flags: int) -> None:
    """Leave the namespaces named by ``flags``."""
    _check(_libc.unshare(ctypes.c_int(flags)), "unshare")


def join(pid: int, kind: str) -> None:
    """Enter the namespace of a process; ``kind`` is ``"net"`` or ``"user"``."""
    handle = os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY)
    try:
        _check(_libc.setns(ctypes.c_int(handle), ctypes.c_int(0)), f"setns {kind}")
    finally:
        os.close(handle)


def fork_into_pid_namespace() -> int:
    """Fork; the child is the first process of a new pid namespace. For processes with a single thread.

    ``unshare`` would not do: a process whose children belong to another pid namespace may not start threads.
    """
    number = _SYS_CLONE.get(os.uname().machine)
    if number is None:
        raise OSError(38, "unknown system call number on this architecture", "clone")
    # PyDLL keeps the interpreter's lock over the call, as os.fork does.
    call = ctypes.PyDLL(None, use_errno=True).syscall
    flags = ctypes.c_ulong(CLONE_NEWPID | signal.SIGCHLD)
    ctypes.pythonapi.PyOS_BeforeFork()
    pid: int = call(
        ctypes.c_long(number), flags, ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_ulong()
    )
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    return _check(pid, "clone")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """Mount a file system, or change a mount."""
    result = _libc.mount(
        os.fsencode(source), os.fsencode(target), kind.encode() or None, ctypes.c_ulong(flags), data.encode() or None
    )
    _check(result, f"mount {target}")


def bind(source: str, target: str) -> None:
    """Show a file or directory, with all mounted below it, at another place too."""
    mount(source, target, flags=MS_BIND | MS_REC)


def read_only(target: str) -> None:
    """Make a mount and all mounts below it read-only.

    Raises:
        OSError: The kernel refuses; ENOSYS before Linux 5.12.
    """
    attributes = (ctypes.c_uint64 * 4)(_MOUNT_ATTR_RDONLY, 0, 0, 0)
    result = _libc.syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(target),
        ctypes.c_uint(_AT_RECURSIVE),
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )
    _check(result, f"mount_setattr {target}")


def detach(target: str) -> None:
    """Unmount a tree as soon as nothing uses it."""
    _check(_libc.umount2(os.fsencode(target), ctypes.c_int(_MNT_DETACH)), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new`` the root and put the former one at ``old``."""
    number = _SYS_PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise OSError(38, "unknown system call number on this architecture", "pivot_root")
    _check(_libc.syscall(ctypes.c_long(number), os.fsencode(new), os.fsencode(old)), "pivot_root")


def die_with_parent(signal_number: int) -> None:
    """Get a signal when the parent process ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal_number), 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, ctypes.c_ulong(1), 0, 0, 0), "prctl")


def drop_capabilities() -> None:
    """Give up, for good, what a container's root has no use for."""
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    for capability in range(64):
        if capability not in _KEPT_CAPABILITIES and _libc.prctl(_PR_CAPBSET_READ, capability, 0, 0, 0) == 1:
            _check(_libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0), "prctl")


def set_hostname(name: str) -> None:
    """Name this UTS namespace."""
    encoded = name.encode()
    _check(_libc.sethostname(encoded, ctypes.c_size_t(len(encoded))), "sethostname")
