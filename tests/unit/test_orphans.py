"""Which jobs nobody waits for any longer: the verdicts, without Snowflake and without Airflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_spcs.naming import JobName, Stamp
from airflow_provider_spcs.orphans import Policy, TaskState, judge
from airflow_provider_spcs.rows import JobState
from airflow_provider_spcs.status import classify

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STAMP = Stamp("dag", "task", "run", generation=1, deployment="airflow.corp", detached=0)


def job(status: str = "RUNNING", stamp: Stamp | None = STAMP, *, days: float = 0.0) -> JobState:
    """A job of that age."""
    return JobState(JobName("DB", "S", "J"), classify(status), stamp=stamp, created_at=NOW - timedelta(days=days))


def verdict(
    one: JobState,
    task: TaskState | None = None,
    *,
    asked: bool = True,
    deployment: str = "airflow.corp",
    policy: Policy | None = None,
) -> str:
    """The action for one job whose task Airflow tells so; None is not known there."""

    def lookup(stamps: Sequence[Stamp]) -> Mapping[Stamp, TaskState]:
        return {stamp: task for stamp in stamps if task is not None}

    verdicts = judge([one], lookup if asked else None, deployment=deployment, policy=policy or Policy(), now=NOW)
    return verdicts[0].action if verdicts else "not judged"


@pytest.mark.parametrize(
    "state", ["deferred", "running", "queued", "scheduled", "up_for_retry", "up_for_reschedule", "restarting", None]
)
def test_job_of_a_task_that_may_still_come_back_is_kept(state: str | None) -> None:
    """A waiting task needs its job; a retry takes it over."""
    assert verdict(job(), TaskState(state, 1)) == "keep"
    assert verdict(job("DONE", days=99), TaskState(state, 1)) == "keep"


@pytest.mark.parametrize("state", ["failed", "success", "skipped", "upstream_failed", "removed"])
def test_running_job_of_a_task_that_is_over_is_cancelled(state: str) -> None:
    """Nobody waits for it."""
    assert verdict(job(), TaskState(state, 1)) == "cancel"


@pytest.mark.parametrize(("detached", "asked_for"), [(1, "keep"), (-1, "cancel")])
def test_running_job_of_a_succeeded_task_that_may_not_wait_is_kept(detached: int, asked_for: str) -> None:
    """wait_for_completion=False succeeds at once, and its job goes on; only a stamp that does not say may be judged."""
    one = job(stamp=replace(STAMP, detached=detached))
    assert verdict(one, TaskState("success", 1)) == "keep"
    assert verdict(one, TaskState("success", 1), policy=Policy(also_succeeded=True)) == asked_for


@pytest.mark.parametrize("task", [TaskState("failed", 1), TaskState("running", 2)])
def test_running_job_nobody_waits_for_is_cancelled_when_its_task_failed_or_was_cleared(task: TaskState) -> None:
    """A failed submission's job is nobody's; a cleared task submits another."""
    assert verdict(job(stamp=replace(STAMP, detached=1)), task) == "cancel"


def test_running_job_of_a_cleared_attempt_is_cancelled() -> None:
    """Clear begins another generation, with a job of its own."""
    assert verdict(job(), TaskState("running", 2)) == "cancel"


def test_job_whose_task_instance_was_deleted_is_cancelled() -> None:
    """An Airflow with a name knows what is its own."""
    assert verdict(job(), None) == "cancel"


def test_job_of_another_airflow_is_kept() -> None:
    """A laptop's Airflow must not judge production's jobs, nor another laptop's."""
    assert verdict(job(days=99), None, deployment="") == "keep"
    assert verdict(job("DONE", replace(STAMP, deployment=""), days=99), None, deployment="") == "keep"
    assert verdict(job(), TaskState("failed", 1), deployment="other.corp") == "keep"


def test_ended_job_is_dropped_by_age_and_policy() -> None:
    """Evidence stays for a while."""
    over = TaskState("failed", 1)
    assert verdict(job("FAILED", days=6), over) == "keep"
    assert verdict(job("FAILED", days=8), over) == "drop"
    assert verdict(job("FAILED", days=8), over, policy=Policy(drop="succeeded")) == "keep"
    assert verdict(job("DONE", days=8), over, policy=Policy(drop="succeeded")) == "drop"
    assert verdict(job("DONE", days=8), over, policy=Policy(drop="none")) == "keep"


def test_without_airflow_a_running_job_is_left_unless_an_age_is_given() -> None:
    """Age alone proves nothing; only a person may decide by it."""
    assert verdict(job(days=99), asked=False) == "keep"
    assert verdict(job(days=2), asked=False, policy=Policy(cancel_after=timedelta(days=1))) == "cancel"
    assert verdict(job("DONE", days=8), asked=False) == "drop"


def test_job_without_a_stamp_is_not_judged() -> None:
    """Other people's jobs are none of our business."""
    assert verdict(job(stamp=None, days=99), asked=False) == "not judged"
