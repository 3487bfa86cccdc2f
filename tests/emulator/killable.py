"""The command ``spcs emulator`` in a process that a test kills and starts again."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import snowflake.connector
from snowflake.connector.errors import Error

from tests.gate import Gate
from tests.waiting import DEADLINE

_SPCS = "from airflow_provider_spcs.cli import main; main()"


class Emulator:
    """The command in a process of its own, on one home, started as often as wanted."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process: subprocess.Popen[str] | None = None
        self.connection: Any = None

    def start(self) -> None:
        """Start it and connect."""
        command = [sys.executable, "-c", _SPCS, "emulator", "--home", str(self.home)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        line = next(line for line in self._process.stdout if line.startswith("ready"))
        self.port = int(line.strip().rpartition(":")[2].rstrip("/"))
        self.connection = self.connect()

    def connect(self, patience: int = 60) -> Any:
        """A connection as ADMIN."""
        return snowflake.connector.connect(
            account="LOCAL", user="ADMIN", password=(self.home / "admin-password").read_text(), host="127.0.0.1",
            port=self.port, protocol="http", database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH",
            network_timeout=patience,
        )  # fmt: skip

    def kill(self) -> None:
        """End it without a word."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self.connection.close(retry=False)

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None and self._process.poll() is None:
            self.connection.close()
            self._process.terminate()
            assert self._process.wait(DEADLINE) in {0, 130}

    def end(self) -> None:
        """End it, and whatever a test that failed on its way has left running."""
        if self._process is not None and self._process.poll() is not None and self.strays():
            self.start()
        with contextlib.suppress(Error):
            self.rows("alter compute pool POOL stop all")
        self.stop()

    def rows(self, text: str) -> list[dict[str, Any]]:
        """A statement's rows."""
        return list(self.connection.cursor(snowflake.connector.DictCursor).execute(text).fetchall())

    def submit(self, name: str, code: str, connection: Any = None, cpu: float = 0.1, gate: Gate | None = None) -> None:
        """Start a job that runs Python code."""
        container = {"name": "main", "image": "python:3.11", "command": ["python", "-u", "-c", code]}
        spec = json.dumps({"spec": {"containers": [container | {"resources": {"requests": {"cpu": cpu}}}]}})
        spec = gate.mounted(spec) if gate else spec
        (connection or self.connection).cursor().execute(
            f"execute job service in compute pool POOL name={name} async=true from specification $${spec}$$"
        )

    def status(self, name: str) -> str:
        """As DESCRIBE SERVICE says it."""
        return str(self.rows(f"describe service {name}")[0]["status"])

    def exit_code(self, name: str) -> int | None:
        """Of its only container."""
        code = self.rows(f"show service containers in service {name}")[0]["last_exit_code"]
        return None if code is None else int(code)

    def lines(self, name: str) -> list[str]:
        """Its log in the event table."""
        return [row["LOG"] for row in self.rows(f"select LOG from table({name}!spcs_get_logs())")]

    def written(self) -> list[str]:
        """What all containers have written, read from their files: no emulator is needed."""
        logs = "".join(path.read_text() for path in self.home.glob("containers/*/log"))
        return [line.split(" ", 2)[-1] for line in logs.splitlines()]

    def strays(self) -> list[str]:
        """Processes that have something of the home open, other than the emulator's own."""
        own = self._process.pid if self._process is not None else 0
        return [f"{pid}: {path}" for pid, path in _open_files() if pid != own and path.startswith(str(self.home))]


def _open_files() -> Iterator[tuple[int, str]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                for handle in (entry / "fd").iterdir():
                    with contextlib.suppress(OSError):
                        yield int(entry.name), str(handle.readlink())
