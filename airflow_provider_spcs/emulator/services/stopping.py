"""Ends jobs before their time: cancel, drop, loss of a node, stop of the account."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator import lifecycle
from airflow_provider_spcs.emulator.lifecycle import ContainerStatus, JobStatus
from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState, Job
from airflow_provider_spcs.emulator.services.progress import Progress

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.runner import RunningContainer

    Live = tuple[Job, InstanceState, ContainerState]

GRACE_SECONDS = 30.0
"""Between SIGTERM and SIGKILL.

Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/working-with-services
"""


class Stopping:
    """Runs in the supervisor's thread.

    Args:
        account: Whose jobs they are.
        progress: Applies transitions.
        jobs: The jobs that have not ended, by id.
        live: The running containers of a job.
        retire: Has a service do without some instances, for a reason, within so many seconds; others follow.
    """

    def __init__(
        self,
        account: Account,
        progress: Progress,
        jobs: dict[str, Job],
        live: Callable[[Job], list[tuple[RunningContainer, Live]]],
        retire: Callable[[Job, list[InstanceState], str, float], None],
    ) -> None:
        self._account = account
        self._progress = progress
        self._jobs = jobs
        self._live = live
        self._retire = retire

    def cancel(self, job_id: str) -> None:
        """Cancel a job that has not ended; nothing for one that has."""
        job = self._jobs.get(job_id)
        if job is None or job.status not in {JobStatus.PENDING, JobStatus.RUNNING}:
            return
        self._progress.job(job, JobStatus.CANCELLING)
        self.end(job, lifecycle.JOB_MESSAGES[JobStatus.CANCELLED], GRACE_SECONDS)
        self._progress.settle(job)

    def rest(self, job: Job) -> None:
        """End what still runs of a job that has ended, for example other instances after one failed."""
        if job.live or any(item.status is ContainerStatus.PENDING for _, item in job.containers()):
            self.end(job, lifecycle.JOB_MESSAGES[job.status], GRACE_SECONDS)
            self._progress.settle(job)

    def drop(self, job_id: str) -> None:
        """Delete a job's record from sight, ending what runs of it."""
        job = self._jobs.get(job_id) or self._account.services.revive(job_id)
        if job is None or job.deleted is not None:
            return
        running = job.id in self._jobs
        self._progress.job(job, JobStatus.DELETING)
        if running:
            self.end(job, lifecycle.JOB_MESSAGES[JobStatus.DELETED], GRACE_SECONDS)
        self._progress.settle(job)
        self._progress.job(job, JobStatus.DELETED)
        if not running:
            self.erase(job.id, [container for _, container in job.containers()])

    def lose_nodes(self, pool: str, first: int, reason: str, grace_seconds: float = 0.0) -> None:
        """Fail the jobs that have an instance on a node from ``first`` on; they are not restarted."""
        for job in list(self._jobs.values()):
            if job.pool != pool or job.terminal:
                continue
            lost = [item for item in job.instances if item.node is not None and item.node >= first]
            if lost and job.service is not None:
                self._retire(job, lost, reason, grace_seconds)
            elif lost:
                self.fail(job, JobStatus.FAILED, reason, grace_seconds)

    def fail(self, job: Job, status: JobStatus, reason: str, grace_seconds: float) -> None:
        """End a job as FAILED or INTERNAL_ERROR for a reason outside its containers; a cancelled one as CANCELLED."""
        if job.status is not JobStatus.CANCELLING:
            job.failure = reason
            self._progress.job(job, status)
        self.end(job, reason, grace_seconds)
        self._progress.settle(job)

    def erase(self, job_id: str, containers: list[ContainerState]) -> None:
        """Remove a dropped job's files; stages and the event table keep what they have."""
        self._account.services.telemetry.keep(job_id)
        runner = self._account.runner
        for container in containers:
            running = runner.adopt(container.record) if container.record else None
            if running is not None:
                running.remove()
            if container.previous_log_path:
                shutil.rmtree(Path(container.previous_log_path).parent, ignore_errors=True)
        shutil.rmtree(self._account.home.root / "doors" / job_id, ignore_errors=True)
        shutil.rmtree(self._account.home.root / "jobs" / job_id, ignore_errors=True)

    def end(self, job: Job, message: str, grace_seconds: float, instances: list[InstanceState] | None = None) -> None:
        """Ask containers to end: those of some instances, or of all."""
        chosen = {id(item) for item in job.instances if instances is None or item in instances}
        for running, (_, instance, container) in self._live(job):
            if id(instance) not in chosen:
                continue
            if container.status in {ContainerStatus.PENDING, ContainerStatus.READY}:
                self._progress.container(job, instance, container, ContainerStatus.TERMINATING, message)
            running.terminate(grace_seconds)
        for instance, container in job.containers():
            waits = container.status is ContainerStatus.PENDING and container.record is None
            if waits and id(instance) in chosen:
                self._progress.container(job, instance, container, ContainerStatus.FAILED, message)
