"""Containers outlive the emulator: they are found again, with the end they had."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from airflow_provider_spcs.emulator.home import Home
from airflow_provider_spcs.emulator.runner import Runner
from tests.waiting import DEADLINE

EMULATOR = """
import sys, json, time
from types import SimpleNamespace
from pathlib import Path
from airflow_provider_spcs.emulator.home import Home
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.runner import ContainerRequest, Mount, Runner
root = Path(sys.argv[1])
runner = Runner(SimpleNamespace(name="LOCAL", home=Home(root / "home"), endpoints=None))
container = runner.start(ContainerRequest(Name("DB", "SC", "JOB"), 0, "main", "python:3.11",
    command=("sh", "-c", "echo up; while [ ! -e /o/go ]; do sleep 0.02; done; echo down; exit 9"),
    mounts=(Mount("local", root / "o", "/o"),)))
print(json.dumps(container.record), flush=True)
time.sleep(3600)
"""


def killed_emulator(root: Path) -> dict[str, Any]:
    """Start a container in another process, kill that with -9, give the container's record."""
    arguments = [sys.executable, "-c", EMULATOR, str(root)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, start_new_session=True) as emulator:
        assert emulator.stdout is not None
        record: dict[str, Any] = json.loads(emulator.stdout.readline())
        os.killpg(emulator.pid, signal.SIGKILL)
    return record


def account_of(root: Path) -> Any:
    """The same home in this process."""
    from types import SimpleNamespace

    return SimpleNamespace(name="LOCAL", home=Home(root / "home"), endpoints=None)


def test_container_runs_on_after_kill_9_of_the_emulator_and_is_adopted(tmp_path: Path) -> None:
    """A later process of the same home finds it running, its log whole, and hears its exit code."""
    record = killed_emulator(tmp_path)
    runner = Runner(account_of(tmp_path))
    container = runner.adopt(record)
    assert container is not None
    assert container.poll() is None
    (tmp_path / "o" / "go").touch()
    assert container.wait(DEADLINE) == 9
    said = [line.split(" ", 2)[1:] for line in container.log_path.read_text().splitlines()]
    assert [text for stream, text in said if stream == "stdout"] == ["up", "down"]


def test_container_that_ended_while_nobody_was_there_keeps_its_exit_code(tmp_path: Path) -> None:
    """The exit code is in a file before anybody asks."""
    record = killed_emulator(tmp_path)
    (tmp_path / "o" / "go").touch()
    container = Runner(account_of(tmp_path)).adopt(record)
    assert container is not None
    assert container.wait(DEADLINE) == 9
    assert container.ended_at is not None
    assert container.ended_at > container.started_at


def test_adopted_container_can_be_terminated(tmp_path: Path) -> None:
    """Who adopts it may stop it."""
    record = killed_emulator(tmp_path)
    container = Runner(account_of(tmp_path)).adopt(record)
    assert container is not None
    container.terminate(DEADLINE)
    assert container.wait(DEADLINE) == 143


def test_killed_keeper_takes_its_container_along_and_counts_as_lost(start: Any) -> None:
    """Without its keeper a container must not run on unseen: it dies, as on a lost node."""
    import psutil

    container = start("sleep", "3600")
    first = psutil.Process(container.pid)
    os.kill(container.keeper_pid, signal.SIGKILL)
    assert container.wait(DEADLINE) == 137
    assert container.lost
    first.wait(DEADLINE)


def test_adopt_of_an_unknown_record_finds_nothing(runner: Runner) -> None:
    """A record that is not the runner's, or whose directory is gone, gives None."""
    assert runner.adopt({"directory": "0" * 32}) is None
    assert runner.adopt({"directory": "../../etc"}) is None
    assert runner.adopt({}) is None


def test_remove_deletes_the_containers_files(start: Any) -> None:
    """After removal nothing is left of an ended container, and it cannot be adopted."""
    container = start("true")
    container.wait(DEADLINE)
    container.remove()
    assert not container.directory.exists()
