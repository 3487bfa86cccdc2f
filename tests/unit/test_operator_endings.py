"""Policies, clocks and the failure card: what decides and explains a job's end."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_spcs.ending import Deadlines, Ending, Reason
from airflow_provider_spcs.errors import (
    ImageNotPulled,
    InvalidInput,
    JobCancelled,
    JobError,
    JobFailedError,
    JobInternalError,
    JobOutOfMemory,
    JobTimeout,
    JobVanished,
    StartupTimeout,
)
from airflow_provider_spcs.failure import Facts, explain
from airflow_provider_spcs.git import EXIT_CODES
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.policy import Policy
from airflow_provider_spcs.rows import ContainerReport, JobState, PoolState
from airflow_provider_spcs.status import PENDING, RUNNING, ContainerState, classify

NAME = JobName("DB", "S", "AF_JOB_1")
BEGUN = datetime(2026, 11, 22, tzinfo=UTC)


def policy(**given: Any) -> Policy:
    """A policy from an operator's parameters."""
    nothing = dict.fromkeys(
        (
            "on_finish_action",
            "drop_on_completion",
            "on_kill_action",
            "cancel_on_kill",
            "skip_on_exit_code",
            "fail_on_exit_code",
        )
    )
    return Policy.of(**{**nothing, **given})


@pytest.mark.parametrize(
    ("given", "succeeded", "failed"),
    [
        ({}, True, False),
        ({"on_finish_action": "delete_job"}, True, True),
        ({"on_finish_action": "keep_job"}, False, False),
        ({"drop_on_completion": True}, True, False),
        ({"drop_on_completion": False}, False, False),
    ],
)
def test_policy_drops_by_action_and_end(given: dict[str, Any], succeeded: bool, failed: bool) -> None:
    """A failed job is kept unless somebody asks for it to go."""
    assert policy(**given).drops(succeeded=True) is succeeded
    assert policy(**given).drops(succeeded=False) is failed


@pytest.mark.parametrize(
    "given",
    [
        {"on_finish_action": "delete"},
        {"on_kill_action": "kill"},
        {"on_finish_action": "keep_job", "drop_on_completion": True},
        {"on_kill_action": "keep_job", "cancel_on_kill": False},
        {"skip_on_exit_code": 0},
        {"skip_on_exit_code": [99, True]},
        {"skip_on_exit_code": 99, "fail_on_exit_code": [99]},
    ],
)
def test_policy_bad_setting_is_refused(given: dict[str, Any]) -> None:
    """A typo must not silently keep or drop a job."""
    with pytest.raises(InvalidInput):
        policy(**given)


def test_deadlines_startup_counts_only_while_pending() -> None:
    """A job that runs has started in time, however late it is now."""
    clocks = Deadlines(startup=10)
    assert clocks.passed(PENDING, 11) is Reason.STARTUP_TIMEOUT
    assert clocks.passed(RUNNING, 11) is None
    assert clocks.passed(None, 11) is None


def test_deadlines_each_clock_is_named() -> None:
    """A person has to know which of the three limits to raise."""
    assert Deadlines(job=10).passed(RUNNING, 10) is Reason.JOB_TIMEOUT
    assert Deadlines(job=10, execution=9).passed(RUNNING, 10) is Reason.EXECUTION_TIMEOUT
    assert Deadlines().passed(PENDING, 1e12) is None


def test_ending_survives_an_event() -> None:
    """What the triggerer saw is what the worker gets."""
    ending = Ending(str(NAME), Reason.JOB_TIMEOUT, "RUNNING", "m", {"0/main": 5})
    assert Ending.from_event(ending.to_event()) == ending


def facts(status: str = "FAILED", reason: Reason = Reason.ENDED, **container: Any) -> Facts:
    """A job whose one container ended as given."""
    report = ContainerReport(0, "main", ContainerState.FAILED, started_at=BEGUN + timedelta(seconds=5), **container)
    state = JobState(NAME, classify(status), created_at=BEGUN, ended_at=BEGUN + timedelta(seconds=65))
    pool = PoolState("P", "ACTIVE", active_nodes=1, max_nodes=2)
    return Facts(
        Ending(str(NAME), reason, status), state, [report] if container else [], pool, ["last words"], "It is kept."
    )


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (facts(exit_code=1), JobFailedError),
        (facts(exit_code=137, message="Container was OOMKilled due to resource usage"), JobOutOfMemory),
        (facts("CANCELLED"), JobCancelled),
        (facts("INTERNAL_ERROR"), JobInternalError),
        (facts("DELETED"), JobVanished),
        (facts("PENDING", Reason.STARTUP_TIMEOUT), StartupTimeout),
        (facts("PENDING", Reason.NO_IMAGE), ImageNotPulled),
        (facts("RUNNING", Reason.JOB_TIMEOUT), JobTimeout),
        (facts("RUNNING", Reason.KILLED), JobCancelled),
        (Facts(Ending(str(NAME), Reason.VANISHED)), JobVanished),
        (Facts(Ending(str(NAME), Reason.ERROR, message="no route")), JobError),
    ],
)
def test_explain_each_end_has_its_error(given: Facts, kind: type[JobError]) -> None:
    """Code can tell the ends apart by class."""
    assert type(explain(given)) is kind


def test_explain_card_holds_everything_to_act_on() -> None:
    """Status, instance, container, exit code and meaning, Snowflake's words, pool, times, fate, and where to look."""
    error = explain(facts(exit_code=137, message="killed"))
    parts = ("DB.S.AF_JOB_1: FAILED, instance 0, container 'main', exit code 137", "Its last line is above", "'killed'",
                 "137: a kill", "P is ACTIVE, 1 of at most 2", "pending for 5 s and ran for 60 s", "It is kept.",
                 "SYSTEM$GET_SERVICE_LOGS('DB.S.AF_JOB_1', 0, 'main', 1000)", "DROP SERVICE DB.S.AF_JOB_1")  # fmt: skip
    assert [part for part in parts if part not in str(error)] == []
    assert (error.exit_code, error.container_name, error.last_lines) == (137, "main", ("last words",))


def test_explain_end_that_only_history_knows_is_said_to_be_at_most_so_long() -> None:
    """A task that was asleep for minutes after the end must not blame the job for them."""
    given = facts(exit_code=1)
    assert given.state is not None
    text = str(explain(replace(given, state=replace(given.state, ended_at=None))))
    assert "pending for 5 s and ran for at most" in text


def test_explain_exit_code_of_the_clone_step_is_told_from_the_programs_own() -> None:
    """77 means refused credentials only where a repository was cloned."""
    with_git = facts(exit_code=77)
    assert "refused the credentials" not in str(explain(with_git))
    cloned = Facts(with_git.ending, with_git.state, with_git.containers, exit_codes=EXIT_CODES)
    assert "refused the credentials" in str(explain(cloned))


def test_explain_earliest_instance_is_blamed() -> None:
    """Of several instances that failed, the lowest is named."""
    reports = [ContainerReport(n, "main", ContainerState.FAILED, exit_code=n) for n in (3, 2)]
    error = explain(Facts(Ending(str(NAME), Reason.ENDED, "FAILED"), JobState(NAME, classify("FAILED")), reports))
    assert error.instance_id == 2


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        ("CANCELLED", Reason.ENDED, "Clear the task to run it again"),
        ("INTERNAL_ERROR", Reason.ENDED, "ask Snowflake's support with the query id"),
        ("DELETED", Reason.ENDED, "Clear the task to run it again"),
        ("PENDING", Reason.STARTUP_TIMEOUT, "startup_timeout_seconds is over while the job was PENDING"),
        ("RUNNING", Reason.JOB_TIMEOUT, "job_timeout_seconds is over while the job was RUNNING"),
        ("RUNNING", Reason.EXECUTION_TIMEOUT, "execution_timeout is over while the job was RUNNING"),
        ("RUNNING", Reason.KILLED, "Airflow stopped the task while the job was RUNNING"),
    ],
)
def test_explain_every_end_says_what_to_do(status: str, reason: Reason, words: str) -> None:
    """No end leaves a person with a status alone."""
    assert words in str(explain(facts(status, reason)))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (1, "1: the command itself reported an error. Read the last lines"),
        (2, "2: the command was called wrongly. Check command and args"),
        (126, "126: the command was found and could not be executed. Make the file executable"),
        (127, "127: the command was not found. Check command in the spec and the image's PATH"),
        (137, "137: a kill (signal 9), most often memory. Raise resources.limits.memory"),
        (139, "139: a crash on invalid memory (signal 11)"),
        (143, "143: stopped from outside (signal 15)"),
        (7, "7: the command's own exit code"),
        (159, "159: ended by signal 31"),
    ],
)
def test_explain_every_exit_code_has_its_meaning(code: int, words: str) -> None:
    """A number becomes a sentence, with what to do."""
    assert words in str(explain(facts(exit_code=code)))


def test_explain_puts_each_thing_on_a_line_of_its_own() -> None:
    """A card is read at a glance; the first line says what happened."""
    lines = str(explain(facts(exit_code=1, message="User application error"))).splitlines()
    assert lines[0].startswith("DB.S.AF_JOB_1: FAILED, instance 0, container 'main', exit code 1.")
    assert [line[:16] for line in lines[1:]] == [
        "  Snowflake says",
        "  1: the command",
        "  Compute pool P",
        "  It was pending",
        "  It is kept.",
        "  Look further: ",
    ]


def test_explain_names_the_exception_that_ended_a_python_program() -> None:
    """The reason itself is in the card, not only in the log."""
    given = facts(exit_code=1)
    lines = ["Traceback (most recent call last):", '  File "t.py", line 1', "    f()", "ValueError: no rows", "bye"]
    error = explain(Facts(given.ending, given.state, given.containers, last_lines=lines))
    assert "It ended with 'ValueError: no rows'." in str(error)


def test_explain_facts_are_json_for_notifiers() -> None:
    """What the message says in words is there as values."""
    found = explain(facts(exit_code=137, message="Container was OOMKilled due to resource usage")).facts()
    assert json.loads(json.dumps(found)) == found
    expected = {"error": "JobOutOfMemory", "job_name": "DB.S.AF_JOB_1", "status": "FAILED", "exit_code": 137,
                "container_name": "main", "instance_id": 0, "compute_pool": "P", "pending_seconds": 5,
                "running_seconds": 60, "last_lines": ["last words"]}  # fmt: skip
    assert {key: found[key] for key in expected} == expected
