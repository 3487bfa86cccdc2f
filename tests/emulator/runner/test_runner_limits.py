"""What a container reads of its own limits, and how they are held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator.runner import Runner
from airflow_provider_spcs.emulator.runner.launcher.control_group import ControlGroup

LIMIT = 300 << 20


def output(container: Any) -> list[str]:
    """The text of its log's lines on stdout, after its end."""
    assert container.wait(60) == 0, container.log_path.read_text()
    lines = [line.split(" ", 2) for line in container.log_path.read_text().splitlines()]
    return [text for _, stream, text in lines if stream == "stdout"]


def test_container_reads_its_limits_where_a_control_group_says_them(any_runner: Runner, start: Any) -> None:
    """Memory and CPU limits stand in the files that runtimes and payloads look into."""
    program = "for name in ('memory.max', 'cpu.max'): print(open(f'/sys/fs/cgroup/{name}').read().strip())"
    container = start("python", "-c", program, by=any_runner, memory_limit_bytes=LIMIT, cpu_limit=1.5)
    assert output(container) == [str(LIMIT), "150000 100000"]


def test_container_without_limits_reads_max(any_runner: Runner, start: Any) -> None:
    """No limit is the kernel's own word for it, not the host's number."""
    program = "for name in ('memory.max', 'cpu.max'): print(open(f'/sys/fs/cgroup/{name}').read().strip())"
    assert output(start("python", "-c", program, by=any_runner)) == ["max", "max 100000"]


@pytest.mark.usefixtures("isolated")
def test_limits_of_version_one_are_read_below_the_group_that_proc_names(start: Any) -> None:
    """A reader that resolves its group by /proc finds the same limit, whatever version the host has."""
    program = (
        "import pathlib\n"
        "root = pathlib.Path('/sys/fs/cgroup')\n"
        "groups = [line.strip().split(':', 2)[1:] for line in open('/proc/self/cgroup')]\n"
        "first = [root / 'memory' / path.strip('/') / 'memory.limit_in_bytes' for name, path in groups"
        " if name == 'memory']\n"
        "second = [root / path.strip('/') / 'memory.max' for name, path in groups if not name]\n"
        "print(*(file.read_text().strip() for file in first or second))"
    )
    assert output(start("python", "-c", program, memory_limit_bytes=LIMIT)) == [str(LIMIT)]


def test_container_reads_how_much_memory_it_holds(any_runner: Runner, start: Any) -> None:
    """What it holds now is no more than a moment old."""
    program = (
        "import time\n"
        "held = bytearray(60 << 20)\n"
        "while int(open('/sys/fs/cgroup/memory.current').read()) < len(held): time.sleep(0.01)\n"
    )
    assert output(start("python", "-c", program, by=any_runner, memory_limit_bytes=LIMIT)) == []


@pytest.mark.usefixtures("isolated")
def test_container_cannot_write_its_limits(start: Any) -> None:
    """They are the platform's."""
    program = "try: open('/sys/fs/cgroup/memory.max', 'w')\nexcept OSError as error: print(type(error).__name__)"
    assert output(start("python", "-c", program))[0] in {"OSError", "PermissionError"}


def test_control_group_is_not_made_where_memory_is_not_shared_out(tmp_path: Path) -> None:
    """A group that could not hold memory is none; the container is watched instead."""
    (tmp_path / "cgroup.subtree_control").write_text("cpu pids\n")
    assert ControlGroup.make("x", LIMIT, 1.0, tmp_path) is None
    assert not (tmp_path / "x").exists()


def test_control_group_that_takes_no_limit_is_removed(tmp_path: Path) -> None:
    """Whatever the system refuses, nothing is left behind."""
    (tmp_path / "cgroup.subtree_control").write_text("memory cpu\n")
    assert ControlGroup.make("x", LIMIT, 1.0, tmp_path) is None
    assert not (tmp_path / "x").exists()


def test_control_group_holds_memory_where_the_system_lets_it(start: Any) -> None:
    """With version 2 of control groups in reach, the kernel holds the limit, and its end of a container is an OOM."""
    group = ControlGroup.make("spcs-test", LIMIT, None)
    if group is None:
        pytest.skip("no control group of version 2 with memory may be made here")
    group.remove()
    program = "x = [bytearray(10 << 20) for _ in range(60)]; import time; time.sleep(3600)"
    container = start("python", "-c", program, memory_limit_bytes=150 << 20)
    assert container.limits["memory"] == "control group"
    assert container.wait(60) == 137
    assert container.oom_killed
