"""What Snowflake says of jobs, asked through the hook: the list, one job, its containers, the end of a log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.errors import SpcsError
from airflow_provider_spcs.log_lines import readable
from airflow_provider_spcs.naming import JobIdentity, Stamp
from airflow_provider_spcs.status import JobStatus, classify, exit_meaning

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.job_view.noted import TaskKey
    from airflow_provider_spcs.rows import ContainerReport, JobState, PoolState

MOST_JOBS = 200
LOG_LINES = 400
_SIDECARS = "stage-mount-v2-sidecar-"
"""Containers that Snowflake adds to mount stages."""


@dataclass
class Look:
    """One job as the page shows it; ``problems`` are answers that could not be had."""

    state: JobState
    containers: list[ContainerReport] = field(default_factory=list)
    pool: PoolState | None = None
    opened: ContainerReport | None = None
    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def status(self) -> JobStatus:
        """Its status; of one that was dropped after its end, how it ended."""
        codes = [item.exit_code for item in self.state.containers]
        if self.state.status.value != "DELETED" or not codes or None in codes:
            return self.state.status
        return classify("FAILED" if any(codes) else "DONE")

    @property
    def mends(self) -> list[str]:
        """What a person does about a bad end: by the exit codes, else by the status."""
        by_code = [exit_meaning(item.exit_code).mend for item in self.containers if item.exit_code]
        return list(dict.fromkeys(by_code)) or list(filter(None, [self.status.mend]))


def newest(states: Collection[JobState]) -> list[JobState]:
    """Jobs by their submission, the newest first."""
    oldest = datetime.min.replace(tzinfo=UTC)
    return sorted(states, key=lambda state: state.created_at or oldest, reverse=True)


def jobs_of_deployment(client: SpcsClient, deployment: str) -> list[JobState]:
    """The jobs that this Airflow submitted to the door's schema, the newest first."""
    return newest([state for state in client.list_jobs() if state.stamp and state.stamp.deployment == deployment])


def jobs_of_task(client: SpcsClient, key: TaskKey, deployment: str, job_name: str) -> list[JobState]:
    """The jobs of a task instance, of all its tries, the newest first; those dropped since only if it was the last.

    Args:
        client: The door to Snowflake.
        key: The task instance.
        deployment: Which Airflow this is.
        job_name: The job it noted last; empty when it noted none.
    """
    wanted = Stamp(key.dag_id, key.task_id, key.run_id, map_index=key.map_index, deployment=deployment)
    identity = JobIdentity(key.dag_id, key.task_id, key.run_id, key.map_index, deployment=deployment)
    found = [state for state in client.list_jobs() if state.stamp is not None and state.stamp.same_task(wanted)]
    if identity.digest in job_name and all(str(state.name) != job_name for state in found):
        # A job that ended well is dropped by default. Job history knows it but not its comment, so the name must do:
        # XComs can be edited, and nobody shall see another task's job by that.
        past = client.find_job(job_name)
        found += [past] if past is not None else []
    return newest(found)


def chosen(states: Sequence[JobState], job: str, try_number: int | None) -> JobState | None:
    """The job called ``job``, or that a try worked on, or the newest; None when there is none such.

    A try that took over an earlier one's job submitted none.
    """
    if job:
        return next((state for state in states if str(state.name) == job), None)
    if try_number is not None:
        states = [state for state in states if state.stamp and state.stamp.try_number <= try_number] or states
    return next(iter(states), None)


def look(client: SpcsClient, state: JobState, *, instance: str = "", container: str = "") -> Look:
    """A job with its containers and the end of one's log.

    Args:
        client: The door to Snowflake.
        state: The job.
        instance: Of the container whose log is shown; empty for any.
        container: Its name; empty for the first that failed, or the first.
    """
    shown = Look(state)
    try:
        found = [] if state.deleted else client.containers(state.name)
        shown.containers = [item for item in found or state.containers if not item.name.startswith(_SIDECARS)]
        if state.status.value == "PENDING" and state.compute_pool:
            shown.pool = client.pool_state(state.compute_pool)
    except SpcsError as error:
        shown.problems.append(str(error))
    chosen = [
        item for item in shown.containers if instance in {"", str(item.instance_id)} and container in {"", item.name}
    ]
    failed = [item for item in chosen if item.exit_code]
    shown.opened = next(iter(failed or chosen), None)
    if shown.opened is not None and not state.deleted:
        shown.lines = _log(client, shown, shown.opened)
    return shown


def exit_words(code: int | None) -> str:
    """An exit code and what it means; empty before the end."""
    if code is None:
        return ""
    return f"{code}, {exit_meaning(code).meaning}" if code else "0"


def _log(client: SpcsClient, shown: Look, item: ContainerReport) -> list[str]:
    """The last lines, from the node while it is there, then from the event table."""
    name = shown.state.name
    try:
        text = client.container_logs(name, item.instance_id, item.name, lines=LOG_LINES)
    except SpcsError as error:
        shown.problems.append(str(error))
    else:
        return [readable(line) for line in text.splitlines()]
    try:
        records = client.persistent_logs(name, shown.state.created_at)
    except SpcsError as error:
        shown.problems.append(str(error))
        return []
    mine = [
        record.text for record in records if (record.instance_id, record.container) == (item.instance_id, item.name)
    ]
    return [readable(line) for line in mine[-LOG_LINES:]]
