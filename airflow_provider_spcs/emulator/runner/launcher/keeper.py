"""Keeps one container: starts it, writes its log, holds its limits, stops it when asked, notes how it ended."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from . import doors, egress, identity, init, limits, linux, output
from .control_group import ControlGroup

_DRAIN_SECONDS = 1.0
"""After the container's end, so long for output that a process outside its tree still holds open."""


def run(request: dict[str, Any], reply: int) -> int:
    """Start a container and keep it to its end; the exit code of this process.

    The reply is one JSON document: what ``keeper.json`` holds, or ``error``.
    """
    try:
        keeper = _Keeper(request)
        started = keeper.start()
    except Exception as error:  # noqa: BLE001 (the runner must hear of it, whatever it is)
        output.write_all(reply, json.dumps({"error": str(error) or type(error).__name__}).encode())
        return 1
    # The runner may be gone already; the container runs on for the next one to find.
    with contextlib.suppress(OSError):
        output.write_all(reply, json.dumps(started).encode())
    os.close(reply)
    keeper.keep()
    return 0


class _Keeper:
    def __init__(self, request: dict[str, Any]) -> None:
        self._request = request
        self._plan = request["plan"]
        self._directory = Path(request["directory"])
        self._pid = 0
        self._oom = False
        self._kill_at: float | None = None

    def start(self) -> dict[str, Any]:
        """Start the container and note what it is."""
        self._enter_namespaces()
        self._log = os.open(self._directory / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        proxy = self._listen()
        self._group = self._control_group()
        (out, out_end), (err, err_end) = os.pipe(), os.pipe()
        report, theirs = socket.socketpair()
        self._pid = linux.fork_into_pid_namespace() if self._plan == "pid" else os.fork()
        if self._pid == 0:
            os.dup2(out_end, 1)
            os.dup2(err_end, 2)
            # Nothing of the keeper's may stay open below the container: a reply that nobody closes never ends.
            os.closerange(3, theirs.fileno())
            os.closerange(theirs.fileno() + 1, min(os.sysconf("SC_OPEN_MAX"), 1 << 20))
            init.run(self._request, theirs)
        self._arm()
        for handle in (out_end, err_end):
            os.close(handle)
        theirs.close()
        self._streams = {out: output.LineLog(self._log, "stdout"), err: output.LineLog(self._log, "stderr")}
        message = self._hear(report, proxy)
        started = self._describe(message)
        scratch = self._directory / ".keeper.json.new"
        scratch.write_text(json.dumps(started))
        # A link and no rename: whoever gave this container up has put a file there already, and this fails.
        (self._directory / "keeper.json").hardlink_to(scratch)
        scratch.unlink()
        with report:
            report.sendall(init.GO)
        if self._plan == "rewrite" and self._request["volumes"]:
            self._warn(started["isolation"])
        return started

    def _enter_namespaces(self) -> None:
        if sys.platform == "linux" and self._plan != "pid":
            linux.adopt_orphans()
        if self._plan == "rewrite":
            return
        if os.geteuid() != 0 and not self._joined_user():
            self._own_user()

    def _joined_user(self) -> bool:
        """A network belongs to the user namespace it was made in; who made it may just have ended."""
        try:
            if self._request["join_network_of"] is not None:
                linux.join(self._request["join_network_of"], "user")
        except OSError:
            self._request["join_network_of"] = None
        return self._request["join_network_of"] is not None

    def _own_user(self) -> None:
        user, group = os.geteuid(), os.getegid()
        linux.unshare(linux.CLONE_NEWUSER)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")

    def _control_group(self) -> ControlGroup | None:
        memory, cores = self._request["memory_limit_bytes"], self._request["cpu_limit"]
        group = ControlGroup.make(f"spcs-{self._directory.name}", memory, cores) if memory or cores else None
        found = None if group is None else {"path": str(group.path), "holds_cpu": group.holds_cpu}
        self._request["control_group"] = found
        return group

    def _listen(self) -> socket.socket:
        """The proxy on the host's loopback, for a container that gets no network of its own."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._request["proxy_port"] = listener.getsockname()[1]
        return listener

    def _hear(self, report: socket.socket, proxy: socket.socket) -> dict[str, Any]:
        """Wait for the container's first process; serve the listeners that it hands over."""
        data, handles, _, _ = socket.recv_fds(report, 1 << 16, 250)
        message: dict[str, Any] = json.loads(data or b'{"error": "the container\'s first process died"}')
        if "error" in message:
            os.waitpid(self._pid, 0)
            if self._group is not None:
                self._group.remove()
            raise RuntimeError(message["error"])
        if self._group is not None and not message["grouped"]:
            self._group.remove()
            self._group = None
        door = egress.Door(self._request["egress"], isolated=message["isolated"])
        self._publish(message["isolated"])
        listeners = [socket.socket(fileno=handle) for handle in handles]
        if not listeners:
            door.proxy(proxy)
            return message
        proxy.close()
        door.proxy(listeners[0])
        forwards, neighbours = self._request["forwards"], self._request["neighbours"]
        for listener, forward in zip(listeners[1:], forwards, strict=False):
            door.forward(listener, forward["host"], forward["port"])
        for listener, item in zip(listeners[1 + len(forwards) :], neighbours, strict=True):
            doors.enter(listener, item["directory"], item["instance"], item["port"])
        return message

    def _publish(self, isolated: bool) -> None:
        """Let others in at the ports of the container's endpoints."""
        place = self._request["published_at"]
        for item in self._request["published"]:
            inside = self._pid if isolated else None
            doors.open_door(place["directory"], item["socket"], inside, (place["address"], item["port"]))

    def _describe(self, message: dict[str, Any]) -> dict[str, Any]:
        words = {"pid": "mount and pid namespaces", "mount": "mount namespace", "rewrite": "none: paths are rewritten"}
        own = "own network" + (", shared by the job's containers" if self._request["network_key"] else "")
        network = own if message["isolated"] else "host network, egress held by proxy variables only"
        refused = [
            *self._request["refused"],
            *([f"network: {message['network_refused']}"] if message["network_refused"] else []),
        ]
        return {
            "keeper_pid": os.getpid(),
            "keeper_start": identity.process_start(os.getpid()),
            "init_pid": self._pid,
            "started_at": time.time(),
            "isolation": "; ".join([words[self._plan], network, *(f"refused: {reason}" for reason in refused)]),
            "limits": {
                "memory": self._memory_held(),
                "cpu": message["cpu"],
            },
            "network_key": self._request["network_key"] if message["isolated"] else None,
            "token": self._request["token"],
        }

    def _memory_held(self) -> str:
        if not self._request["memory_limit_bytes"]:
            return "no limit"
        if self._group is not None:
            return "control group"
        return "watched, killed above it"

    def _warn(self, isolation: str) -> None:
        text = (
            f"WARNING: emulator: isolation is {isolation}. Mount paths are replaced in the command, args, env and by "
            "Python's own file functions; native code that opens them by absolute path will not find them."
        )
        line = f"{output.timestamp()} stderr {text}\n"
        output.write_all(self._log, line.encode())

    def _arm(self) -> None:
        """Wake up for a request to stop, and for the end of the container."""
        self._waker, wake = os.pipe()
        for handle in (self._waker, wake):
            os.set_blocking(handle, False)
        signal.signal(signal.SIGTERM, lambda *_: None)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)

    def keep(self) -> None:
        """Watch until the container has ended; then write ``exit.json``."""
        limit, watch = self._request["memory_limit_bytes"], None
        if limit and self._group is None:
            watch = limits.MemoryWatch(self._pid, limit, self._directory / "scratch" / "limits" / "memory.current")
        while (code := self._look()) is None:
            pause = self._hold(watch)
            self._read([self._waker], pause)
            if signal.SIGTERM in _drained(self._waker):
                self._stop()
        self._end(code)

    def _hold(self, watch: limits.MemoryWatch | None) -> float | None:
        """Kill what is over its limit or past its grace; seconds until the next look."""
        pauses = [pause for line in self._streams.values() if (pause := line.idle()) is not None]
        if watch is not None:
            if watch.over():
                self._oom = True
                self._kill()
            pauses.append(watch.pause())
        if self._kill_at is not None:
            left = self._kill_at - time.monotonic()
            if left <= 0:
                self._kill()
            pauses.append(max(left, 0.1))
        return min(pauses, default=None)

    def _read(self, also: list[int], timeout: float | None) -> bool:
        """Read what there is to read; False when nothing came in time."""
        ready, _, _ = select.select([*self._streams, *also], [], [], timeout)
        for handle in ready:
            if handle in self._streams:
                data = os.read(handle, 1 << 16)
                if data:
                    self._streams[handle].feed(data)
                else:
                    self._streams.pop(handle).end()
                    os.close(handle)
        return bool(ready)

    def _stop(self) -> None:
        """SIGTERM now, and a deadline; a later request may only bring the deadline nearer."""
        grace, asked = 30.0, {}
        with contextlib.suppress(OSError, ValueError, KeyError):
            asked = json.loads((self._directory / "stop").read_text())
            grace = float(asked["grace_seconds"])
        if asked.get("oom"):
            self._oom = True
            self._kill()
            return
        deadline = time.monotonic() + grace
        self._kill_at = deadline if self._kill_at is None else min(deadline, self._kill_at)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGTERM)

    def _kill(self) -> None:
        """End it now. Where the kernel does not end a namespace with its first process, that process sees to it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL if self._plan == "pid" else signal.SIGUSR1)

    def _look(self) -> int | None:
        """The container's exit code once its first process has ended."""
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if pid == 0:
            return None
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else 128 - code

    def _end(self, code: int) -> None:
        if self._plan != "pid":
            init.kill_tree(os.getpid())
        deadline = time.monotonic() + _DRAIN_SECONDS
        while self._streams and (left := deadline - time.monotonic()) > 0 and self._read([], left):
            pass
        for line in self._streams.values():
            line.end()
        if self._group is not None:
            self._oom = self._oom or self._group.killed()
            self._group.remove()
        # Before the end is told: whoever hears of it may delete the home.
        _remove(self._directory / "scratch")
        ended = {"code": code, "oom": self._oom, "ended_at": time.time()}
        scratch = self._directory / ".exit.json.new"
        scratch.write_text(json.dumps(ended))
        scratch.replace(self._directory / "exit.json")


def _drained(handle: int) -> bytes:
    with contextlib.suppress(BlockingIOError):
        return os.read(handle, 4096)
    return b""


def _remove(directory: Path) -> None:
    """Delete what the container left in its private places; the log and the notes stay."""
    import shutil

    shutil.rmtree(directory, ignore_errors=True)
