"""Why a job is PENDING, told while it lasts, at a calm rate."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs import rows, sql
from airflow_provider_spcs.errors import SpcsError, sentence
from airflow_provider_spcs.status import PENDING, RUNNING

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.rows import ContainerReport, JobState, PoolState

_FIRST_PAUSE = 10.0
_LONGEST_PAUSE = 300.0
_HOLDERS_SHOWN = 3
IMAGE_PATIENCE = 100.0
"""Seconds after which an image that still cannot be pulled is given up."""

# Source: Monitoring services, platform events: the messages of a pending container that only say that it has no node.
_WAITS_FOR_A_NODE = (
    "Waiting to start",
    "Compute pool node(s) are being provisioned",
    "Unschedulable due to insufficient resources",
)
_POOL_STATES = {
    "STARTING": "its nodes are being started, which takes minutes",
    "RESIZING": "a node is being added, which takes minutes",
    "STOPPING": "it is being stopped: a job gets no node there until it is resumed",
}


@dataclass(frozen=True)
class PendingReason:
    """What a pending job waits for.

    Attributes:
        text: A sentence for a person.
        unpullable: Whether it waits for an image that Snowflake cannot pull.
    """

    text: str
    unpullable: bool = False

    def __str__(self) -> str:
        return self.text


class ImagePatience:
    """For how long it is borne that an image cannot be pulled: a registry may fail once, a missing image is for ever.

    Args:
        clock: Stands in for ``time.monotonic`` in tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None
        self.over = False
        """Whether the job is to be given up."""

    def see(self, reason: PendingReason | None) -> None:
        """Take note of what the job waits for now; None when it does not wait."""
        if reason is None or not reason.unpullable:
            self._since, self.over = None, False
            return
        now = self._clock()
        self._since = now if self._since is None else self._since
        self.over = now - self._since >= IMAGE_PATIENCE


class PendingPace:
    """When it is time to tell again: after ten seconds, then ever more rarely.

    Args:
        clock: Stands in for ``time.monotonic`` in tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._pause = _FIRST_PAUSE
        self._next: float | None = None

    def due(self, job: JobState) -> bool:
        """Whether a person should hear now why ``job`` waits; asking counts as telling."""
        if job.status != PENDING:
            self._next = None
            return False
        now = self._clock()
        if self._next is None:
            self._pause, self._next = _FIRST_PAUSE, now + _FIRST_PAUSE
            return False
        if now < self._next:
            return False
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        self._next = now + self._pause
        return True


def why_pending(client: SpcsClient, job: JobState, *, now: datetime | None = None) -> PendingReason:
    """What a pending job waits for.

    One statement asks its containers; only when these say nothing of their own, another one asks the pool, and when
    that is full a third one who holds it.

    Args:
        client: Asks.
        job: As seen last.
        now: Stands in for the time in tests.
    """
    waited = ""
    if job.created_at is not None:
        waited = f" for {max(0, round(((now or datetime.now(UTC)) - job.created_at).total_seconds()))} s"
    begin = f"{job.name} is PENDING{waited}"
    try:
        reports = [report for report in client.containers(job.name) if report.message and not report.state.ended]
        told = _of_containers(reports)
        if told or not job.compute_pool:
            unpullable = any(report.unpullable for report in reports)
            return PendingReason(sentence(f"{begin}: {told}" if told else begin), unpullable)
        return PendingReason(sentence(f"{begin}: {_of_pool(client, job, client.pool_state(job.compute_pool))}"))
    except SpcsError as error:
        return PendingReason(f"{begin}; what for cannot be asked: {error}")


def _of_containers(reports: Sequence[ContainerReport]) -> str:
    """What Snowflake says of containers, unless it is only that they wait for a node."""
    told = sorted({f"container {report.name!r}: {report.message}" for report in reports})
    return "; ".join(each for each in told if not each.endswith(_WAITS_FOR_A_NODE))


def _of_pool(client: SpcsClient, job: JobState, pool: PoolState | None) -> str:
    if pool is None:
        return f"there is no compute pool {job.compute_pool} that this role may see"
    nodes = f"compute pool {pool.name} is {pool.state}, {pool.active_nodes} of at most {pool.max_nodes} nodes in use"
    if pool.state == "SUSPENDED":
        if pool.auto_resume:
            return f"{nodes}; it resumes by itself for a job"
        return f"{nodes}, and does not resume by itself: ALTER COMPUTE POOL {pool.name} RESUME"
    if pool.state in _POOL_STATES:
        return f"{nodes}: {_POOL_STATES[pool.state]}"
    if pool.active_nodes >= pool.max_nodes and not pool.idle_nodes:
        return f"{nodes}: it is full{_holders(client, job, pool.name)}"
    return f"{nodes}: the job waits for a free place, its image or its stages"


def _holders(client: SpcsClient, job: JobState, pool: str) -> str:
    found = [rows.job_state(row) for row in client.query(*sql.show_services_in_pool(pool))]
    others = [each for each in found if each.status == RUNNING and each.name != job.name]
    if not others:
        # What other roles run is not shown.
        return ", by what this role may not see"
    shown = ", ".join(_whose(each) for each in others[:_HOLDERS_SHOWN])
    more = len(others) - _HOLDERS_SHOWN
    return f", held by {shown}" + (f" and {more} more" if more > 0 else "")


def _whose(job: JobState) -> str:
    if job.stamp is None:
        return str(job.name)
    return f"{job.name} (DAG {job.stamp.dag_id!r}, task {job.stamp.task_id!r})"
