"""`spcs ps`, `logs`, `describe`, `cancel` and `drop`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from click.testing import Result

from tests.waiting import until

Spcs = Callable[..., Result]
Submit = Callable[..., dict[str, Any]]


def test_ps_filters_by_status_pattern_and_activity(spcs: Spcs, finished: str) -> None:
    """Each filter leaves out what it should."""
    name = finished.rpartition(".")[2]
    assert name in spcs("ps").stdout
    assert name in spcs("ps", name[:20].lower() + "*", "--status", "done").stdout
    for arguments in (("--status", "FAILED"), ("--active",), ("--ours",), ("--pool", "other"), ("X*",)):
        assert name not in spcs("ps", *arguments).stdout


def test_ps_without_jobs_says_so(spcs: Spcs) -> None:
    """A table without rows looks like a fault; a program still gets its empty list."""
    assert "no such jobs" in spcs("ps", "NOTHING*").stderr
    assert json.loads(spcs("ps", "NOTHING*", "--json").stdout) == []


def test_ps_as_json_has_the_facts(spcs: Spcs, finished: str) -> None:
    """A program reads the same as a person."""
    jobs = {job["name"]: job for job in json.loads(spcs("ps", "--json").stdout)}
    job = jobs[finished.rpartition(".")[2]]
    assert (job["status"], job["terminal"], job["ours"], job["stamp"]) == ("DONE", True, False, None)


def test_logs_of_an_ended_job_are_whole_and_can_be_narrowed(spcs: Spcs, finished: str) -> None:
    """All lines, the last lines, lines of a level, lines with their time."""
    assert spcs("logs", finished).stdout == "one\nERROR two\nthree\n"
    assert spcs("logs", finished, "-n", "1").stdout == "three\n"
    assert spcs("logs", finished, "--level", "error").stdout == "ERROR two\n"
    assert spcs("logs", finished, "--instance", "1").stdout == ""
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z one\n", spcs("logs", finished, "-t").stdout)


def test_logs_as_json_are_one_object_a_line(spcs: Spcs, finished: str) -> None:
    """For other programs: who wrote it, when, at which level."""
    lines = [json.loads(each) for each in spcs("logs", finished, "--json").stdout.splitlines()]
    assert [(each["text"], each["level"]) for each in lines] == [
        ("one", "INFO"),
        ("ERROR two", "ERROR"),
        ("three", "INFO"),
    ]
    assert {(each["instance_id"], each["container"]) for each in lines} == {(0, "main")}
    assert datetime.fromisoformat(lines[0]["timestamp"]) <= datetime.fromisoformat(lines[2]["timestamp"])


def test_logs_followed_to_a_good_end_is_exit_code_zero(spcs: Spcs, submit: Submit) -> None:
    """Lines come while it runs; each once."""
    name = submit("import time\nfor n in range(4): print(n); time.sleep(0.5)")["name"]
    done = spcs("logs", "-f", name)
    assert done.exit_code == 0, done.output
    assert done.stdout == "0\n1\n2\n3\n"
    assert "is DONE" in done.stderr


def test_logs_of_an_unknown_container_names_those_there(spcs: Spcs, finished: str) -> None:
    """A wrong container is bad usage."""
    done = spcs("logs", finished, "--container", "other")
    assert done.exit_code == 2
    assert "main" in done.stderr


def test_describe_hides_secrets_of_the_specification(spcs: Spcs, finished: str) -> None:
    """Status in words, containers, history, specification without secret-looking values."""
    done = spcs("describe", finished)
    assert done.exit_code == 0, done.output
    for expected in ("DONE: every container ended", "main", "API_TOKEN: '***'", "ML_DEMO_POOL", "History"):
        assert expected in done.stdout
    assert "hush" not in done.stdout + spcs("describe", finished, "--json").stdout


def test_a_job_that_is_not_there_is_told_with_the_nearest_name(spcs: Spcs, finished: str) -> None:
    """A mistyped name is mended by the message."""
    done = spcs("describe", finished[:-3])
    assert done.exit_code == 1
    assert f"Did you mean {finished.rpartition('.')[2]}" in done.stderr


def test_drop_of_a_running_job_is_refused_until_asked_for(spcs: Spcs, submit: Submit) -> None:
    """Dropping loses work: only with --running."""
    name = submit("import time; time.sleep(3600)")["name"]
    refused = spcs("drop", name)
    assert refused.exit_code == 1
    assert "--running" in refused.stderr
    assert spcs("drop", name, "--running").stdout == f"{name} is dropped\n"
    assert name not in spcs("ps", "-q").stdout


def test_cancel_of_several_names_goes_on_after_a_failure(spcs: Spcs, submit: Submit) -> None:
    """One missing job does not keep the others running."""
    name = submit("import time; time.sleep(3600)")["name"]
    done = spcs("cancel", "no_such_job", name)
    assert done.exit_code == 1
    assert f"{name} is cancelled" in done.stdout
    until(lambda: "CANCELLED" in spcs("describe", name).stdout, f"the end of {name}")
    assert spcs("cancel", name).stdout == f"{name} had ended already (CANCELLED)\n"
