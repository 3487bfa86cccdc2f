"""kill -9 of ``spcs emulator`` with jobs in every state, and the same home again."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector.errors import Error, ProgrammingError

from tests.gate import Gate, held
from tests.waiting import DEADLINE, until

_SPCS = "from airflow_provider_spcs.cli import main; main()"
TERMINAL = {"DONE", "FAILED", "CANCELLED", "INTERNAL_ERROR"}
pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks for stray processes in /proc")


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


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """The command on a fresh home, with a pool that holds two jobs of the larger kind."""
    made = Emulator(tmp_path / "home")
    made.start()
    made.rows("create compute pool POOL min_nodes=1 max_nodes=1 instance_family=CPU_X64_S")
    yield made
    made.end()


def test_jobs_outlive_a_killed_emulator(emulator: Emulator) -> None:
    """Ended meanwhile: its own exit code; running: runs on, once; waiting: starts; ended before: as it was."""
    emulator.submit("EARLIER", "print('a'); exit(3)")
    until(lambda: emulator.exit_code("EARLIER") == 3)
    emulator.rows("create stage GO")
    gate = Gate(emulator.home / "stages" / "EMULATOR" / "PUBLIC" / "GO", "@GO")
    emulator.submit("MEANWHILE", held("print('b'); exit(7)", before="print('a')"), gate=gate)
    emulator.submit("LONG", "import time; [(print(n), time.sleep(0.25)) for n in range(100000)]", cpu=1.4)
    emulator.submit("WAITING", "print('at last')", cpu=2.5)
    until(lambda: [emulator.status(name) for name in ("MEANWHILE", "LONG")] == ["RUNNING", "RUNNING"])
    until(lambda: emulator.lines("LONG") != [])
    emulator.kill()
    last = max(int(line) for line in emulator.written() if line.isdecimal())
    gate.open()
    until(lambda: {"b", str(last + 4)} <= set(emulator.written()))
    emulator.start()
    until(lambda: emulator.status("MEANWHILE") == "FAILED")
    assert [emulator.exit_code(name) for name in ("EARLIER", "MEANWHILE")] == [3, 7]
    assert emulator.lines("MEANWHILE") == ["a", "b"]
    assert (emulator.status("LONG"), emulator.status("WAITING")) == ("RUNNING", "PENDING")
    before = len(emulator.lines("LONG"))
    assert before > last + 4  # the lines of the time without an emulator are there too
    until(lambda: len(emulator.lines("LONG")) > before)
    lines = emulator.lines("LONG")
    assert [int(line) for line in lines] == list(range(len(lines)))
    emulator.rows("call LONG!spcs_cancel_job()")
    until(lambda: emulator.status("WAITING") == "DONE")
    until(lambda: emulator.status("LONG") == "CANCELLED")
    emulator.stop()
    until(lambda: emulator.strays() == [])


def test_process_tree_of_a_job_dies_with_it_after_a_restart(emulator: Emulator) -> None:
    """Grandchildren too: a job that an earlier emulator started is stopped whole by the next one."""
    mark = f"mark-{random.getrandbits(64):x}"
    code = f"import subprocess; subprocess.run(['sh', '-c', 'sleep 300 & sleep 301 # {mark}'])"
    emulator.submit("TREE", code)
    until(lambda: len(_marked(mark)) >= 2)
    emulator.kill()
    emulator.start()
    emulator.rows("drop service TREE")
    until(lambda: _marked(mark) == [])


# The connector's own timer thread fails loudly when its server is gone.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_kill_at_any_moment_loses_no_job_and_doubles_none(emulator: Emulator) -> None:
    """Two kills while jobs are submitted: what was answered is there, and each job ran once."""
    chance, answered, asked = random.Random(11), set[str](), set[str]()
    marks = emulator.home.parent / "marks"
    marks.mkdir()
    for turn in range(2):
        over = threading.Event()

        def load(turn: int = turn, over: threading.Event = over) -> None:
            with contextlib.suppress(Error):
                connection = emulator.connect(patience=1)
                for number in range(1000):
                    if over.is_set():
                        return
                    name = f"J{turn}_{number}"
                    asked.add(name)
                    emulator.submit(name, f"print('{name}'); exit({number % 3})", connection)
                    answered.add(name)

        enough = len(answered) + chance.randint(5, 20)
        loader = threading.Thread(target=load)
        loader.start()
        # On a slow machine its patience may end first.
        while loader.is_alive() and len(answered) < enough:
            loader.join(0.001)
        emulator.kill()
        over.set()
        loader.join()
        emulator.start()
    rows = {row["name"]: row["status"] for row in emulator.rows("show services")}
    assert answered <= rows.keys() <= asked
    until(lambda: all(row["status"] in TERMINAL for row in emulator.rows("show services")))
    for name in rows:
        number = int(name.partition("_")[2])
        assert emulator.exit_code(name) == number % 3, name
        assert emulator.lines(name) == [name]
    with pytest.raises(ProgrammingError):
        emulator.rows("describe service NO_SUCH_JOB")
    emulator.stop()
    until(lambda: emulator.strays() == [])


def _marked(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            with contextlib.suppress(OSError):
                if mark.encode() in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
    return found
