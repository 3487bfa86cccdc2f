"""A container that was started: what it is doing, read from the files its keeper writes."""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow_provider_spcs.emulator.runner.launcher.identity import Process

LOST = 137
"""Exit code of a container whose keeper was killed or whose machine went down."""


class RunningContainer:
    """One container, running or ended; every answer comes from its directory, so any later process can ask.

    Args:
        directory: Where its keeper writes ``keeper.json``, ``exit.json`` and ``log``.

    Raises:
        FileNotFoundError: The directory holds no container.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._keeper: dict[str, Any] = json.loads((directory / "keeper.json").read_text())
        self._process = Process(self._keeper["keeper_pid"], self._keeper["keeper_start"])

    @property
    def record(self) -> dict[str, Any]:
        """What to keep for ``Runner.adopt``."""
        return {"directory": self.directory.name}

    @property
    def pid(self) -> int:
        """Process id on the host of the container's first process; the rest of its tree descends from it."""
        return int(self._keeper["init_pid"])

    @property
    def keeper_pid(self) -> int:
        """Process id of the keeper; when it is gone, the exit code is written."""
        return int(self._keeper["keeper_pid"])

    @property
    def started_at(self) -> datetime:
        """When its command was started (UTC)."""
        return datetime.fromtimestamp(self._keeper["started_at"], UTC)

    @property
    def ended_at(self) -> datetime | None:
        """When it ended (UTC); None while it runs."""
        ended = self._exit()
        return datetime.fromtimestamp(ended["ended_at"], UTC) if ended else None

    @property
    def isolation(self) -> str:
        """What separates it from the host, in words; begins with ``"none"`` when paths are only rewritten."""
        return str(self._keeper["isolation"])

    @property
    def limits(self) -> dict[str, str]:
        """How its limits are held, in words, under ``memory`` and ``cpu``."""
        return dict(self._keeper["limits"])

    @property
    def network_key(self) -> str | None:
        """The job whose containers share this one's network; None when it is not shared."""
        key = self._keeper["network_key"]
        return None if key is None else str(key)

    @property
    def log_path(self) -> Path:
        """Its output: lines of ``<RFC 3339 time, nanoseconds, UTC> <stdout|stderr> <text>``, only ever appended to."""
        return self.directory / "log"

    @property
    def oom_killed(self) -> bool:
        """Whether it was ended for going over its memory limit."""
        ended = self._exit()
        return bool(ended and ended["oom"])

    @property
    def lost(self) -> bool:
        """Whether it ended without anybody there to note how."""
        ended = self._exit()
        return bool(ended and ended.get("lost"))

    def poll(self) -> int | None:
        """Its exit code as docker gives it (128 + signal number for a killed one); None while it runs."""
        ended = self._exit()
        return int(ended["code"]) if ended else None

    def wait(self, timeout: float | None = None) -> int | None:
        """Wait until it ends, at most ``timeout`` seconds; its exit code, or None when it still runs."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            left = 3600.0 if deadline is None else deadline - time.monotonic()
            if left <= 0:
                return None
            self._sleep(left)
        return code

    def terminate(self, grace_seconds: float = 30) -> None:
        """Ask its command to end (SIGTERM), and kill what is left after ``grace_seconds``; returns at once.

        The keeper holds the deadline, so it is kept even if this process ends. Asking again can only shorten it.
        """
        if not self._alive():
            return
        write_whole(self.directory / "stop", json.dumps({"grace_seconds": grace_seconds}).encode(), 0o600)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._keeper["keeper_pid"], signal.SIGTERM)

    def run_out_of_memory(self) -> None:
        """End it as if it had gone over its memory limit; returns at once."""
        if self._alive():
            write_whole(self.directory / "stop", json.dumps({"oom": True}).encode(), 0o600)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._keeper["keeper_pid"], signal.SIGTERM)

    def write_token(self, text: str) -> None:
        """Renew the session token; a reader sees the old one or the new one, whole."""
        token = self._keeper.get("token")
        if token:
            write_whole(self.directory / "session" / token["name"], text.encode(), token["mode"])

    def remove(self) -> None:
        """Delete its directory, log and all; only after it has ended."""
        shutil.rmtree(self.directory, ignore_errors=True)

    def _alive(self) -> bool:
        return self._process.alive()

    def _exit(self) -> dict[str, Any] | None:
        path = self.directory / "exit.json"
        # Whether the keeper lives is asked first: it writes the file before it goes, never after.
        alive = path.exists() or self._alive()
        try:
            return dict(json.loads(path.read_text()))
        except FileNotFoundError:
            if alive or not self.directory.exists():
                return None if alive else {"code": LOST, "oom": False, "ended_at": time.time(), "lost": True}
        ended = {"code": LOST, "oom": False, "ended_at": time.time(), "lost": True}
        write_whole(path, json.dumps(ended).encode(), 0o600)
        return ended

    def _sleep(self, seconds: float) -> None:
        """Until the keeper is gone, or so long."""
        try:
            handle = os.pidfd_open(self._keeper["keeper_pid"])
        except (AttributeError, OSError):
            time.sleep(min(seconds, 0.05))
            return
        try:
            waiting = select.poll()
            waiting.register(handle, select.POLLIN)
            # Pid reuse between the check and the open would wait on a stranger; so look again now and then.
            waiting.poll(min(seconds, 1.0) * 1000)
        finally:
            os.close(handle)


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """Replace a file so that a reader sees all of the old or all of the new content."""
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        os.fchmod(handle, mode)
    scratch.replace(path)
