"""What is known of processes where the system has no files that tell: by ps, as on macOS."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from airflow_provider_spcs.emulator.runner.launcher import identity, processes

pytestmark = pytest.mark.skipif(shutil.which("ps") is None, reason="this machine has no ps")


@pytest.fixture
def child(monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this one, on a system without /proc."""
    monkeypatch.setattr(processes, "by_proc", lambda: False)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as running:
        yield running
        running.kill()


def test_tree_by_ps_holds_the_children_and_not_ps_itself(child: subprocess.Popen[bytes]) -> None:
    """Otherwise a tree would never be seen to have ended."""
    assert processes.tree(os.getpid()).count(child.pid) == 1
    assert processes.tree(child.pid) == [child.pid]


def test_memory_by_ps_is_in_bytes(child: subprocess.Popen[bytes]) -> None:
    """An interpreter holds megabytes, not kilobytes."""
    assert processes.memory([os.getpid(), child.pid]) > processes.memory([os.getpid()]) > 2**20


def test_process_by_ps_is_told_from_a_later_one_of_its_number(child: subprocess.Popen[bytes]) -> None:
    """Alive is who started then, until it has ended."""
    start = identity.process_start(child.pid)
    assert start is not None
    assert not identity.Process(child.pid, "Thu Jan  1 00:00:00 1970").alive()
    running = identity.Process(child.pid, start)
    assert running.alive()
    child.kill()
    child.wait()
    assert not running.alive()
