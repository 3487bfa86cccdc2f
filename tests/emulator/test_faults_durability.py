"""kill -9 of ``spcs emulator`` with jobs in every state, and the same home again."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from snowflake.connector.errors import Error, ProgrammingError

from tests.emulator.killable import Emulator
from tests.gate import Gate, held
from tests.waiting import until

TERMINAL = {"DONE", "FAILED", "CANCELLED", "INTERNAL_ERROR"}
pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks for stray processes in /proc")


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
