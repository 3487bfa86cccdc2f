"""The container's first process: makes its surroundings, starts its command, reaps what is orphaned, ends with it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Any, NoReturn

from . import control_group, egress, limits, linux, processes, rewrite, view
from .control_group import ControlGroup

GO = b"g"
_REQUESTS = (signal.SIGTERM, signal.SIGUSR1)
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _SIOCSIFADDR, _IFF_UP = 0x8913, 0x8914, 0x8916, 1
_IPV6_FREEBIND = 78


def run(request: dict[str, Any], report: socket.socket) -> NoReturn:
    """Be the first process; never returns.

    Args:
        request: What the runner sent; its ``plan`` is ``"pid"`` (mount and pid namespaces), ``"mount"`` (mount
            namespace) or ``"rewrite"`` (none).
        report: Where to tell the keeper how it went: one message of JSON with the listening sockets, or an error.
    """
    plan: str = request["plan"]
    # Until there is a command to pass them to, requests to end wait.
    signal.pthread_sigmask(signal.SIG_BLOCK, _REQUESTS)
    try:
        argv, env, workdir = _surroundings(request, plan, report)
    except Exception as error:  # noqa: BLE001 (whatever it is, the keeper must hear of it)
        report.sendall(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        os._exit(1)
    # The keeper lets the command go once it has noted the container; a container that is given up never runs.
    if report.recv(1) != GO:
        os._exit(1)
    report.close()
    child = os.fork()
    if child == 0:
        _command(plan, argv, env, workdir)
    signal.signal(signal.SIGTERM, lambda *_: _send(child, signal.SIGTERM))
    signal.signal(signal.SIGUSR1, lambda *_: _send(child, signal.SIGKILL))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _REQUESTS)
    code = _reap_until(child)
    if plan != "pid":
        kill_tree(os.getpid(), child)
    os._exit(code)


def kill_tree(parent: int, group: int | None = None) -> None:
    """Kill all that descends from a process, also what was orphaned to it."""
    if group is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    while rest := processes.tree(parent)[1:]:
        for pid in rest:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.wait()


def _surroundings(request: dict[str, Any], plan: str, report: socket.socket) -> tuple[list[str], dict[str, str], str]:
    env: dict[str, str] = dict(request["env"])
    grouped = _grouped(request)
    limited = _hold_cpu(request, grouped)
    if sys.platform == "linux":
        linux.die_with_parent(signal.SIGKILL)
        if plan != "pid":
            linux.adopt_orphans()
    listeners: list[socket.socket] = []
    isolated, why = False, ""
    if plan != "rewrite":
        # A reader of its own limits looks below the group that /proc names: the root of its namespace.
        linux.unshare(linux.CLONE_NEWNS | linux.CLONE_NEWUTS | linux.CLONE_NEWIPC | linux.CLONE_NEWCGROUP)
        listeners, why = _network(request)
        isolated = bool(listeners)
        linux.set_hostname(request["hostname"])
    names = _names(request, isolated)
    request["files"].append({"target": "/etc/hosts", "mode": 0o644, "content": _hosts(names)})
    if plan != "rewrite":
        files = [item | {"content": item["content"].encode("latin-1")} for item in request["files"]]
        view.enter(request["view"] | {"files": files}, new_proc=plan == "pid")
    port = listeners[0].getsockname()[1] if listeners else request["proxy_port"]
    egress.set_variables(env, port, isolated=isolated, own=request["own_addresses"])
    argv, workdir = list(request["argv"]), request["workdir"]
    if plan == "rewrite":
        argv, env, workdir = rewrite.apply(request, env, names)
    message = {"isolated": isolated, "network_refused": why, "cpu": limited, "grouped": grouped}
    socket.send_fds(report, [json.dumps(message).encode()], [listener.fileno() for listener in listeners])
    return argv, env, workdir


def _grouped(request: dict[str, Any]) -> bool:
    """Whether this process is now in the control group that the keeper made for it, and will read its limits there."""
    wanted = request["control_group"]
    if wanted is None:
        return False
    try:
        ControlGroup(Path(wanted["path"]), holds_cpu=wanted["holds_cpu"]).join()
    except OSError:
        return False
    for item in request["view"]["mounts"]:
        if item["target"] == str(control_group.ROOT):
            item["source"] = wanted["path"]
    return True


def _hold_cpu(request: dict[str, Any], grouped: bool) -> str:
    if not request["cpu_limit"]:
        return "no limit"
    if grouped and request["control_group"]["holds_cpu"]:
        return "control group"
    return limits.hold_cpu(request["cpu_limit"])


def _network(request: dict[str, Any]) -> tuple[list[socket.socket], str]:
    """A network of its own with only doors to the keeper: the proxy's first, then one for each forward."""
    try:
        if not _joined(request["join_network_of"]):
            linux.unshare(linux.CLONE_NEWNET)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
            wanted = struct.pack("16sh22x", b"lo", 0)
            flags = struct.unpack("16sh22x", fcntl.ioctl(control, _SIOCGIFFLAGS, wanted))[1]
            fcntl.ioctl(control, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))
    except OSError as error:
        return [], str(error)
    # Containers that share a network open the same doors, each its keeper's; the kernel chooses among those that live.
    several = bool(request["network_key"])
    forwards = [
        _door(item["address"], item["port"], several) for item in (*request["forwards"], *request["neighbours"])
    ]
    return [socket.create_server(("127.0.0.1", 0), backlog=128), *forwards], ""


def _door(address: str, port: int, several: bool) -> socket.socket:
    """A listening socket; an IPv6 address is given to the loopback device first."""
    if ":" not in address:
        return socket.create_server((address, port), reuse_port=several)
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as control:
        wanted = socket.inet_pton(socket.AF_INET6, address) + struct.pack("Ii", 128, socket.if_nametoindex("lo"))
        # Another container of this network may have given it already, and one address has many ports.
        with contextlib.suppress(FileExistsError):
            fcntl.ioctl(control, _SIOCSIFADDR, wanted)
    door = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    # The kernel takes a moment to be sure that nobody else has the address.
    door.setsockopt(socket.IPPROTO_IPV6, _IPV6_FREEBIND, 1)
    door.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if several:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    door.bind((address, port))
    door.listen(128)
    return door


def _joined(pid: int | None) -> bool:
    """Whether this process is now in another container's network; that one may just have ended."""
    try:
        if pid is not None:
            linux.join(pid, "net")
    except OSError:
        return False
    return pid is not None


def _names(request: dict[str, Any], isolated: bool) -> list[tuple[str, str]]:
    """Address and name of all that the container knows by a name of this account."""
    entries = [(address, name) for address, name in request["hosts"]]
    if isolated:
        entries += [(item["address"], item["host"]) for item in request["forwards"] if item["named"]]
    for item in request["neighbours"]:
        entries += [(item["address"] if isolated else item["direct"], name) for name in item["names"]]
    return list(dict.fromkeys(entries))


def _hosts(names: list[tuple[str, str]]) -> str:
    entries = [("127.0.0.1", "localhost"), ("::1", "localhost ip6-localhost"), *names]
    return "".join(f"{address}\t{name}\n" for address, name in entries)


def _command(plan: str, argv: list[str], env: dict[str, str], workdir: str) -> NoReturn:
    """Become the container's command. Exit codes for one that cannot run are docker's: 127 not found, 126 otherwise."""
    os.setsid()
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGUSR1):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    os.umask(0o022)
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    code = 126
    try:
        os.chdir(workdir)
        if plan != "rewrite":
            linux.drop_capabilities()
        os.execvpe(argv[0], argv, env)  # noqa: S606 (the command is what the job asks to run)
    except FileNotFoundError as error:
        code = 127
        _say(f"exec: {argv[0]!r}: executable file not found in $PATH" if "/" not in argv[0] else f"exec: {error}")
    except OSError as error:
        _say(f"exec: {argv[0]!r}: {error.strerror}")
    os._exit(code)


def _say(text: str) -> None:
    os.write(2, text.encode() + b"\n")


def _send(child: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, number)


def _reap_until(child: int) -> int:
    """Reap orphans until the command ends; its exit code, as docker gives it."""
    while True:
        pid, status = os.wait()
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
