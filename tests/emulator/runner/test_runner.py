"""A container's command, variables, output and end, under every way of isolation."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator.runner import (
    ImageNotFound,
    Mount,
    Runner,
    RunningContainer,
    StartError,
    TokenSettings,
)
from tests.waiting import DEADLINE, until

LINE = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (stdout|stderr) (.*)")


def lines(container: RunningContainer, stream: str = "stdout") -> list[str]:
    """What a container wrote to one stream."""
    container.wait(DEADLINE)
    found = [LINE.fullmatch(line) for line in container.log_path.read_text().split("\n")[:-1]]
    assert all(found)
    return [match[3] for match in found if match and match[2] == stream]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (["true"], 0),
        (["sh", "-c", "exit 3"], 3),
        (["sh", "-c", "kill -9 $$"], 137),
        (["sh", "-c", "kill -SEGV $$"], 139),
        (["no-such-program"], 127),
        (["/etc/passwd"], 126),
    ],
)
def test_exit_code_of_a_command_is_dockers(any_runner: Runner, start: Any, command: list[str], code: int) -> None:
    """128 + n for a signal, 127 for a missing program, 126 for one that cannot be run."""
    assert start(*command, by=any_runner).wait(DEADLINE) == code


def test_log_holds_each_line_with_time_and_stream(any_runner: Runner, start: Any) -> None:
    """A record is `<RFC 3339 time with nanoseconds> <stream> <text>`."""
    container = start("sh", "-c", "echo one; echo two >&2; printf 'no end'", by=any_runner)
    assert lines(container) == ["one", "no end"]
    assert lines(container, "stderr")[-1] == "two"


def test_log_with_binary_noise_stays_readable_text(start: Any) -> None:
    """Bytes that are no text become replacement characters; line structure is kept."""
    container = start("printf", r"a\000b\377c\n\303\251\n")
    assert lines(container) == ["a\ufffdb\ufffdc", "é"]


def test_log_splits_a_line_longer_than_64_kib(start: Any) -> None:
    """No line of the log is longer than 64 KiB, and nothing of a long one is lost."""
    container = start("python", "-c", "print('x' * 200_000)")
    found = lines(container)
    assert max(map(len, found)) == 65_536
    assert sum(map(len, found)) == 200_000


def test_log_shows_an_unfinished_line_while_the_command_waits(start: Any) -> None:
    """A prompt without a line's end is readable although the command has not ended."""
    container = start("sh", "-c", "printf 'ready> '; sleep 3600")
    wait_for_line(container, "stdout ready> ")
    assert container.poll() is None


def test_environment_is_clean_of_the_hosts(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the emulator's own variables reaches a container."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not for jobs")
    container = start("env", env={"MINE": "yes"})
    names = {line.partition("=")[0] for line in lines(container)}
    assert "MINE" in names
    assert {"PATH", "HOME", "SNOWFLAKE_HOST", "SNOWFLAKE_ACCOUNT", "SNOWFLAKE_SERVICE_NAME"} <= names
    assert "AWS_SECRET_ACCESS_KEY" not in names


def test_variables_of_the_specification_win_over_the_platforms(start: Any) -> None:
    """A specification may set any variable itself."""
    assert "SNOWFLAKE_SCHEMA=MINE" in lines(start("env", env={"SNOWFLAKE_SCHEMA": "MINE"}))


def test_mount_is_at_its_absolute_path_and_keeps_what_is_written(
    any_runner: Runner, start: Any, tmp_path: Path
) -> None:
    """A stage's directory is read and written at the path that the specification names."""
    stage = tmp_path / "stage"
    stage.mkdir()
    (stage / "in.txt").write_text("in")
    program = "open('/airflow/xcom/return.json','w').write(open('/mnt/x/in.txt').read())"
    out = tmp_path / "out"
    mounts = (Mount("stage", stage, "/mnt/x"), Mount("local", out, "/airflow/xcom"))
    assert start("python", "-c", program, by=any_runner, mounts=mounts).wait(DEADLINE) == 0
    assert (out / "return.json").read_text() == "in"


def test_token_and_secret_files_are_at_their_paths(any_runner: Runner, start: Any) -> None:
    """What is given as files is readable at its absolute path inside."""
    program = "print(open('/snowflake/session/token').read(), open('/secrets/pw').read())"
    container = start(
        "python", "-c", program, by=any_runner, token=TokenSettings("t0"), secret_files={"/secrets/pw": b"s0"}
    )
    assert lines(container) == ["t0 s0"]


def test_token_when_renewed_is_read_anew(any_runner: Runner, start: Any, tmp_path: Path) -> None:
    """A running container reads the new token at the same path."""
    program = (
        "import time\nprint('up', flush=True)\n"
        "while open('/snowflake/session/token').read() != 't1': time.sleep(0.02)\nprint('renewed')"
    )
    container = start("python", "-c", program, by=any_runner, token=TokenSettings("t0"))
    container.write_token("t1")
    assert lines(container) == ["up", "renewed"]


def test_terminate_lets_the_command_end_by_itself(any_runner: Runner, start: Any) -> None:
    """SIGTERM comes first: a command that handles it gives its own exit code."""
    container = start("sh", "-c", "trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.05; done", by=any_runner)
    wait_for_line(container, "up")
    container.terminate(DEADLINE)
    assert container.wait(DEADLINE) == 7
    assert lines(container) == ["up", "bye"]


def test_terminate_kills_what_ignores_it_after_the_grace(any_runner: Runner, start: Any) -> None:
    """A command that does not end within the grace is killed: 137."""
    container = start("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done", by=any_runner)
    wait_for_line(container, "up")
    container.terminate(0.2)
    assert container.wait(DEADLINE) == 137
    assert not container.oom_killed


def test_process_tree_ends_with_the_command(any_runner: Runner, start: Any, tmp_path: Path) -> None:
    """A process that detached itself does not outlive the container."""
    detach = "import os, time\nif os.fork() == 0:\n  os.setsid()\n  print('up', flush=True)\n  time.sleep(3600)\n"
    stay = "import sys; sys.stdin = open('/o/go'); sys.stdin.read()"
    (tmp_path / "o").mkdir()
    os.mkfifo(tmp_path / "o" / "go")
    mounts = (Mount("local", tmp_path / "o", "/o"),)
    container = start("python", "-c", detach + stay, by=any_runner, mounts=mounts, env={"MARK": str(tmp_path)})
    wait_for_line(container, "up")
    assert len(marked_processes(tmp_path)) >= 2
    (tmp_path / "o" / "go").write_text("")
    assert container.wait(DEADLINE) == 0
    assert marked_processes(tmp_path) == []


def test_memory_over_the_limit_ends_with_137_and_says_so(any_runner: Runner, start: Any) -> None:
    """A container over its memory limit is killed as out of memory."""
    program = "x = [bytearray(10 << 20) for _ in range(60)]; import time; time.sleep(3600)"
    container = start("python", "-c", program, by=any_runner, memory_limit_bytes=150 << 20)
    assert container.wait(DEADLINE) == 137
    assert container.oom_killed


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no CPU affinity here")
def test_cpu_limit_bounds_the_cores_a_container_sees(start: Any) -> None:
    """One core asked is one core seen, and the container says how the limit is held."""
    container = start("python", "-c", "import os; print(len(os.sched_getaffinity(0)))", cpu_limit=0.5)
    assert lines(container) == ["1"]
    assert container.limits["cpu"].startswith(("CPU affinity: 1 of", "not held: the machine has 1 core"))


def test_fallback_warns_in_the_log_and_in_isolation(account: Any, start: Any, tmp_path: Path) -> None:
    """Whoever reads the log of a container with mounts and no namespaces learns what that means."""
    runner = Runner(account, plans=["rewrite"])
    container = start("true", by=runner, mounts=(Mount("local", tmp_path / "out", "/mnt/out"),))
    assert container.isolation.startswith("none")
    assert lines(container, "stderr")[0].startswith("WARNING: emulator: isolation is none")
    runner.close()


def test_fallback_replaces_mounts_in_arguments_for_native_programs(account: Any, start: Any, tmp_path: Path) -> None:
    """A program that is no Python gets the host's path wherever a mount is named in its arguments."""
    runner = Runner(account, plans=["rewrite"])
    out = tmp_path / "out"
    start("touch", "/mnt/out/a", by=runner, mounts=(Mount("local", out, "/mnt/out"),)).wait(DEADLINE)
    assert (out / "a").exists()
    runner.close()


def test_request_that_cannot_be_met_does_not_lower_isolation(runner: Runner, start: Any, tmp_path: Path) -> None:
    """A mount that cannot be made fails its own container only; the next is as isolated as the one before."""
    before = start("true").isolation
    with pytest.raises(StartError, match="no-such-stage"):
        start("true", mounts=(Mount("stage", tmp_path / "no-such-stage", "/mnt/x"),))
    assert start("true").isolation == before


def test_image_without_environment_is_refused(start: Any) -> None:
    """A job whose image maps to nothing fails as a pull does, and the error says where to add it."""
    with pytest.raises(ImageNotFound, match=r"no environment stands for this image.*images\.yaml"):
        start("true", image="/db/sc/repo/trainer:7")


def test_container_with_nothing_to_run_is_refused(start: Any) -> None:
    """Neither specification nor image has a command: nothing is started."""
    with pytest.raises(StartError, match="nothing to run"):
        start(image="/snowflake/images/snowflake_images/exampleimage:latest")


def test_default_command_of_the_image_runs_without_one(start: Any) -> None:
    """python:3.* starts an interpreter, which ends at once on an empty input."""
    assert start().wait(DEADLINE) == 0


def wait_for_line(container: RunningContainer, text: str) -> None:
    """Until a line is in the log."""
    until(lambda: text in container.log_path.read_text(), text)


def marked_processes(mark: Path) -> list[int]:
    """Processes that carry a mark among their variables."""
    import psutil

    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get("MARK") == str(mark):
                found.append(process.pid)
    return found


def test_container_survives_the_end_of_the_starter(runner: Runner, start: Any) -> None:
    """A container belongs to its keeper alone."""
    container = start("sh", "-c", "echo up; sleep 0.5; echo still; exit 5")
    runner.close()
    assert container.wait(DEADLINE) == 5
    assert lines(container) == ["up", "still"]


def test_starter_is_made_again_when_it_was_killed(runner: Runner, start: Any) -> None:
    """The next container starts although the starter process was killed."""
    import psutil

    before = psutil.Process().children()
    start("true").wait(DEADLINE)
    (process,) = set(psutil.Process().children()) - set(before)
    os.kill(process.pid, signal.SIGKILL)
    assert start("true").wait(DEADLINE) == 0


def test_python_of_the_default_image_is_the_emulators(start: Any) -> None:
    """The current environment, with all that is installed in it."""
    assert lines(start("python", "-c", "import sys; print(sys.prefix)")) == [sys.prefix]
