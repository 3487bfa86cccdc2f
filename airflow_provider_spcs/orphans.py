"""Jobs whose task is no longer waiting for them: found by their stamp, cancelled while they run, dropped once ended.

As a task::

    from airflow_provider_spcs.orphans import collect_orphans

    task(collect_orphans)(snowflake_conn_id="snowflake_default", schema="JOBS")
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

from airflow_provider_spcs.errors import SpcsError
from airflow_provider_spcs.naming import Stamp

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.rows import JobState

log = logging.getLogger(__name__)

#: States that a task instance does not leave by itself.
_OVER = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})
_ENDED_KEPT = timedelta(days=7)

Action = Literal["keep", "cancel", "drop"]


@dataclass(frozen=True)
class TaskState:
    """A task instance as Airflow knows it: its state, and its generation (``max_tries``; None when not told)."""

    state: str | None
    generation: int | None = None


StateLookup = Callable[[Sequence[Stamp]], Mapping[Stamp, TaskState]]
"""Airflow's state of each stamp's task instance; one that is missing from the answer is not known there."""


@dataclass(frozen=True)
class Policy:
    """What becomes of jobs.

    Attributes:
        keep_ended: How long after its submission an ended job is kept.
        cancel_after: Without Airflow's word: a running job is an orphan at this age; None leaves all of them.
        drop: Which ended jobs are dropped: ``ended``, ``succeeded`` or ``none``.
        also_succeeded: Also cancel a running job whose task succeeded, when its stamp, from an older version, does not
            say whether the task meant to wait for it. One that says it did not is left alone.
    """

    keep_ended: timedelta = _ENDED_KEPT
    cancel_after: timedelta | None = None
    drop: Literal["ended", "succeeded", "none"] = "ended"
    also_succeeded: bool = False


@dataclass(frozen=True)
class Verdict:
    """What is to be done with one job, and why."""

    job: JobState
    action: Action
    reason: str


def judge(
    jobs: Iterable[JobState],
    lookup: StateLookup | None,
    *,
    deployment: str = "",
    policy: Policy = Policy(),
    now: datetime | None = None,
) -> list[Verdict]:
    """A verdict on each job that has our stamp; others are nobody's business.

    Args:
        jobs: As listed before Airflow is asked, so that a task that begins in between is never taken for gone.
        lookup: Airflow's word; None when it is not to be had.
        deployment: Which Airflow ``lookup`` asks: it knows nothing of other deployments' tasks.
        policy: What becomes of them.
        now: Stands in for the clock in tests.
    """
    mine = [job for job in jobs if job.stamp is not None]
    at = now or datetime.now(UTC)
    if lookup is None:
        return [_by_age(job, policy, at) for job in mine]
    stamps = [job.stamp for job in mine if job.stamp is not None and job.stamp.deployment == deployment]
    known = lookup(stamps)
    return [
        _by_task(job, job.stamp, known.get(job.stamp), policy, at)
        if job.stamp.deployment == deployment and (deployment or job.stamp in known)
        else Verdict(job, "keep", _not_ours(job.stamp, deployment))
        for job in mine
        if job.stamp is not None
    ]


def _not_ours(stamp: Stamp, deployment: str) -> str:
    if stamp.deployment != deployment:
        return f"it belongs to another Airflow ({stamp.deployment or 'without a name'})"
    # An Airflow without a name cannot tell its own deleted runs from runs of another one.
    return "this Airflow does not know its task; without a deployment name it may be another's"


def _by_age(job: JobState, policy: Policy, now: datetime) -> Verdict:
    age = _age(job, now)
    if job.status.terminal:
        return _drop(job, age, policy, "it ended")
    if policy.cancel_after is not None and age >= policy.cancel_after:
        return Verdict(job, "cancel", f"it is {_days(age)} old; its task could not be asked for")
    return Verdict(job, "keep", "its task could not be asked for")


def _by_task(job: JobState, stamp: Stamp, task: TaskState | None, policy: Policy, now: datetime) -> Verdict:
    over = _why_over(stamp, task)
    if over is None:
        return Verdict(job, "keep", f"its task is {task.state if task and task.state else 'about to run'}")
    if job.status.terminal:
        return _drop(job, _age(job, now), policy, over)
    if task is not None and task.state == "success" and _may_go_on(stamp, policy):
        return Verdict(job, "keep", "its task succeeded and did not mean to wait for it, as far as is known")
    return Verdict(job, "cancel", over)


def _may_go_on(stamp: Stamp, policy: Policy) -> bool:
    """Whether a job was meant to outlive its task: a sensor may wait for it, or nobody."""
    return stamp.detached == 1 or (stamp.detached == -1 and not policy.also_succeeded)


def _age(job: JobState, now: datetime) -> timedelta:
    return now - job.created_at if job.created_at is not None else timedelta()


def _why_over(stamp: Stamp, task: TaskState | None) -> str | None:
    """Why nobody waits for the job; None when somebody does."""
    if task is None:
        return "Airflow has no such task instance any more"
    if task.generation is not None and -1 < stamp.generation < task.generation:
        return "its task was cleared since"
    return f"its task is {task.state}" if task.state in _OVER else None


def _drop(job: JobState, age: timedelta, policy: Policy, why: str) -> Verdict:
    if policy.drop == "none" or (policy.drop == "succeeded" and not job.status.succeeded):
        return Verdict(job, "keep", f"{why}; ended jobs like this one are kept")
    if age < policy.keep_ended:
        return Verdict(job, "keep", f"{why}; an ended job is kept for {_days(policy.keep_ended)}")
    return Verdict(job, "drop", f"{why}; it is {_days(age)} old")


def _days(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} hours" if hours >= 2 else f"{hours * 60:.0f} min"


def carry_out(client: SpcsClient, verdicts: Iterable[Verdict]) -> dict[Verdict, str]:
    """Cancel and drop; what became of each job that was to be touched.

    A job that was replaced under its name since it was listed is left alone; one failure does not stop the others.
    """
    done: dict[Verdict, str] = {}
    for verdict in verdicts:
        if verdict.action != "keep":
            try:
                done[verdict] = _carry_out(client, verdict)
            except SpcsError as error:
                done[verdict] = f"failed: {error}"
    return done


def _carry_out(client: SpcsClient, verdict: Verdict) -> str:
    name = verdict.job.name
    there = client.describe_job(name)
    if there is None or there.created_at != verdict.job.created_at:
        return "gone"
    if verdict.action == "cancel":
        return "cancelled" if client.cancel_job(name) else "ended"
    return "dropped" if client.drop_job(name) else "gone"


def collect_orphans(
    snowflake_conn_id: str = "snowflake_default",
    *,
    database: str | None = None,
    schema: str | None = None,
    role: str | None = None,
    keep_ended_days: float = _ENDED_KEPT.days,
    drop: Literal["ended", "succeeded", "none"] = "ended",
    dry_run: bool = False,
) -> dict[str, list[str]]:
    """Find and stop orphans from inside a task; for ``task(collect_orphans)`` or a PythonOperator.

    Args:
        snowflake_conn_id: Airflow connection.
        database: Overrides the connection's.
        schema: Overrides the connection's; its jobs are looked at.
        role: Overrides the connection's.
        keep_ended_days: How long after its submission an ended job is kept.
        drop: Which ended jobs are dropped then.
        dry_run: Only say what would be done.

    Returns:
        Job names by what became of them, for example ``{"cancelled": [...], "dropped": [...]}``.
    """
    from airflow_provider_spcs.deployment import this_deployment
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.task_states import of_running_task

    with SpcsHook(snowflake_conn_id, database=database, schema=schema, role=role) as hook:
        verdicts = judge(
            hook.list_jobs(),
            of_running_task,
            deployment=this_deployment(),
            policy=Policy(keep_ended=timedelta(days=keep_ended_days), drop=drop),
        )
        done: Mapping[Verdict, str] = {} if dry_run else carry_out(hook, verdicts)
    told: dict[str, list[str]] = {}
    for verdict in verdicts:
        became = done.get(verdict) or f"{'would ' if verdict.action != 'keep' else ''}{verdict.action}"
        log.info("%s (%s): %s, because %s.", verdict.job.name, verdict.job.status, became, verdict.reason)
        if verdict.action != "keep":
            told.setdefault(became.partition(":")[0], []).append(str(verdict.job.name))
    return told


__all__ = ["Policy", "StateLookup", "TaskState", "Verdict", "carry_out", "collect_orphans", "judge"]
