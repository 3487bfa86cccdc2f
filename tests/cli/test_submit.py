"""`spcs submit`: what it sends, prints and answers with."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Spcs = Callable[..., Result]
Submit = Callable[..., dict[str, Any]]


def test_submit_alone_runs_the_example_and_prints_name_and_query_id(spcs: Spcs) -> None:
    """The seed's helper: no argument, two lines."""
    done = spcs("submit")
    assert done.exit_code == 0, done.output
    name, job = done.stdout.splitlines()
    assert re.fullmatch(r"Generated service name: JOB_[0-9A-F]{8}(_[0-9A-F]{4}){3}_[0-9A-F]{12}", name)
    assert re.fullmatch(r"Submitted job id: [0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", job)
    described = json.loads(spcs("describe", "--json", name.split()[-1]).stdout)
    assert described["compute_pool"] == "ML_DEMO_POOL"
    assert "/mnt/payload/train.py" in described["spec"]
    assert "loan_applications" in described["spec"]
    assert spcs("cancel", name.split()[-1]).exit_code == 0


def test_submit_of_a_payload_directory_runs_its_entrypoint_and_prints_its_result(spcs: Spcs, tmp_path: Path) -> None:
    """Own code, own arguments, live log, result."""
    (tmp_path / "main.py").write_text(
        "import json, sys, helper\nprint('hello', helper.NAME)\n"
        "json.dump({'args': sys.argv[1:]}, open('/airflow/xcom/return.json', 'w'))\n"
    )
    (tmp_path / "helper.py").write_text("NAME = 'world'\n")
    done = spcs("submit", "--payload-dir", str(tmp_path), "--follow", "--name", "own_code", "--", "--rows", "5")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "Service name: OWN_CODE"
    assert "hello world" in lines
    assert lines[-1] == 'Result: {"args": ["--rows", "5"]}'


def test_submit_that_waits_for_a_failing_job_ends_with_one_and_its_story(submit: Submit) -> None:
    """A failed job is exit code 1; its exit code and last lines are told."""
    failed = submit("print('about to fail'); raise SystemExit(3)", "--wait")
    assert failed["status"] == "FAILED"
    assert failed["exit_code"] == 3
    assert failed["last_lines"] == ["about to fail"]


def test_submit_with_wait_and_a_failing_job_is_exit_code_one(spcs: Spcs) -> None:
    """In text form the error is on standard error."""
    done = spcs("submit", "--image", "/emulator/public/images/python:3", "--command", "false", "--wait")
    assert done.exit_code == 1
    assert "exit code 1" in done.stderr
    assert "Traceback" not in done.output


def test_submit_with_a_timeout_leaves_the_job_running(spcs: Spcs, submit: Submit) -> None:
    """The wait is limited, not the job."""
    done = spcs(
        *("submit", "--image", "/emulator/public/images/python:3", "--command", "sleep 3600"),
        *("--name", "SLEEPER", "--wait", "--timeout", "1"),
    )
    assert done.exit_code == 1
    assert "spcs cancel EMULATOR.PUBLIC.SLEEPER" in done.stderr
    assert "EMULATOR.PUBLIC.SLEEPER" in spcs("ps", "-q", "--active").stdout
    assert spcs("cancel", "sleeper").exit_code == 0


def test_submit_dry_run_hides_secrets_and_sends_nothing(spcs: Spcs) -> None:
    """The plan is the statement with its specification."""
    done = spcs(
        *("submit", "--dry-run", "--name", "PLANNED", "--env", "DB_PASSWORD=hush", "--replicas", "2"),
        *("--eai", "GITHUB_EAI", "--secret", "GIT=DB.S.TOKEN", "--volume", "/data=@DB.S.STAGE/x", "--cpu", "2"),
        *("--memory", "8Gi", "--query-warehouse", "wh", "--comment", "by hand"),
    )
    assert done.exit_code == 0, done.output
    assert "hush" not in done.stdout
    for expected in ("NAME = EMULATOR.PUBLIC.PLANNED", "REPLICAS = 2", "(GITHUB_EAI)", "DB.S.TOKEN", "by hand", "8Gi"):
        assert expected in done.stdout
    assert "PLANNED" not in spcs("ps", "-q").stdout


def test_submit_tells_all_problems_at_once_and_sends_nothing(spcs: Spcs) -> None:
    """Preflight comes first; the exit code is 1."""
    done = spcs("submit", "--pool", "NO_POOL", "--eai", "NO_EAI", "--query-warehouse", "NO_WH", "--name", "NEVER")
    assert done.exit_code == 1
    for name in ("NO_POOL", "NO_EAI", "NO_WH"):
        assert name in done.stderr
    assert "NEVER" not in spcs("ps", "-q").stdout


def test_submit_of_a_template_is_filled_in_by_params(spcs: Spcs, tmp_path: Path) -> None:
    """A DAG's specification file runs from the command line, too."""
    file = tmp_path / "job.yaml"
    file.write_text(
        "spec:\n  containers:\n  - name: main\n    image: /emulator/public/images/python:3\n"
        "    command: [echo, '{{ params.word }}']\n"
    )
    done = spcs("submit", "--spec", str(file), "--param", "word=hello", "-f")
    assert "hello" in done.stdout.splitlines(), done.output
    missing = spcs("submit", "--spec", str(file))
    assert missing.exit_code == 2
    assert "word" in missing.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("--name", "a b"), "cannot name a job"),
        (("--timeout", "5"), "--wait"),
        (("--env", "NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE"),
        (("--secret", "nonsense"), "--secret"),
        (("--entrypoint", "../x.py"), "--entrypoint"),
        (("--payload-dir", "/nowhere"), "/nowhere"),
        (("--connection", "a", "--airflow-conn-id", "b"), "--connection"),
    ],
)
def test_submit_with_a_wrong_argument_is_exit_code_two(spcs: Spcs, arguments: tuple[str, ...], word: str) -> None:
    """Bad usage is told in one message, and nothing is sent."""
    done = spcs("submit", *arguments)
    assert done.exit_code == 2, done.output
    assert word in done.stderr
    assert done.stdout == ""


def test_check_numbers_every_problem_and_changes_nothing(spcs: Spcs) -> None:
    """`check` is submit's first half."""
    assert spcs("check").stdout == "No problem found.\n"
    done = spcs("check", "--pool", "NO_POOL", "--cpu", "99", "--eai", "NO_EAI", "--json")
    assert done.exit_code == 1
    problems = json.loads(done.stdout)["problems"]
    assert len(problems) == 2
    assert spcs("check", "--cpu", "99").exit_code == 1


def test_check_that_finds_a_problem_ends_with_what_the_example_needs(spcs: Spcs) -> None:
    """The last line helps; a bare exit code below it would puzzle."""
    assert spcs("check", "--pool", "NO_POOL").stderr.splitlines() == [
        "1 problem",
        "What the example needs is made by example_dags/setup/*.sql, or all of it by `spcs up`.",
    ]
