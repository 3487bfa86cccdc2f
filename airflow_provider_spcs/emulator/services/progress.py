"""Moves jobs, instances and containers along the lifecycle's tables; every step is stored and told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_spcs.emulator import lifecycle
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.lifecycle import ContainerStatus, InstanceStatus, JobStatus
from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState, Job

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.events import Telemetry
    from airflow_provider_spcs.emulator.services.store import JobStore

S = TypeVar("S", JobStatus, InstanceStatus, ContainerStatus)


class IllegalTransition(RuntimeError):  # noqa: N818  the name says what happened
    """The code asked for a step that the lifecycle does not have: a defect of the emulator."""


def step(table: dict[S, frozenset[S]], before: S, after: S) -> None:
    """Check that ``after`` may follow ``before``.

    Raises:
        IllegalTransition: It may not.
    """
    if after not in table[before]:
        raise IllegalTransition(f"{type(before).__name__}: {before} cannot become {after}.")


class Progress:
    """Applies transitions.

    Args:
        account: Whose clock stamps them.
        store: Where they are written.
        telemetry: Where they become platform events.
        changed: Called with a job's id after each change.
    """

    def __init__(self, account: Account, store: JobStore, telemetry: Telemetry, changed: Callable[[str], None]) -> None:
        self._account = account
        self._store = store
        self._telemetry = telemetry
        self._changed = changed

    def now(self) -> str:
        """The account's time as ISO text."""
        return self._account.clock.now().isoformat()

    def announce(self, job: Job) -> None:
        """Tell that a new job is pending."""
        for instance, container in job.containers():
            self._telemetry.container_event(job, instance, container)
        self._telemetry.job_event(job)
        for instance in job.instances:
            self._telemetry.instance_event(job, instance)
        self._account.faults.moved(job)

    def announce_instance(self, job: Job, instance: InstanceState) -> None:
        """Tell that a service has one more instance, pending."""
        for container in instance.containers:
            self._telemetry.container_event(job, instance, container)
        self._telemetry.instance_event(job, instance)

    def stamp(self, job: Job, key: str) -> None:
        """Show when something happened to a service."""
        with contextlib.suppress(SnowflakeError):
            self._account.objects.update("SERVICE", job.name, **{key: self.now()})

    def described(self, job: Job) -> None:
        """Show another specification."""
        self._account.objects.update("SERVICE", job.name, spec_digest=job.details["spec_digest"])

    def container(
        self, job: Job, instance: InstanceState, container: ContainerState, status: ContainerStatus, message: str
    ) -> None:
        """Give a container a status and a message; :meth:`settle` must follow."""
        if (container.status, container.message) == (status, message):
            return
        step(lifecycle.CONTAINER_TRANSITIONS, container.status, status)
        container.status, container.message = status, message
        self._telemetry.container_event(job, instance, container)

    def started(self, job: Job, instance: InstanceState, container: ContainerState) -> None:
        """Have a container's log followed into the event table."""
        self._telemetry.follow(job, instance, container)

    def settle(self, job: Job) -> None:
        """Derive instances' and job's statuses from the containers', and store the whole."""
        moved = []
        for instance in job.instances:
            status = lifecycle.instance_status(item.status for item in instance.containers)
            if status is not instance.status:
                step(lifecycle.INSTANCE_TRANSITIONS, instance.status, status)
                instance.status = status
                moved.append(instance)
            if status is InstanceStatus.READY and instance.started is None:
                instance.started = self.now()
            if status in {InstanceStatus.SUCCEEDED, InstanceStatus.FAILED}:
                instance.node = None
        if job.service is not None:
            self._settle_service(job, job.service)
        elif job.status in {JobStatus.PENDING, JobStatus.RUNNING}:
            self._move(job, lifecycle.job_status(item.status for item in job.instances))
        elif job.status is JobStatus.CANCELLING and not job.live:
            self._move(job, JobStatus.CANCELLED)
        for instance in moved:
            self._telemetry.instance_event(job, instance)
        self.save(job)

    def _settle_service(self, job: Job, wanted: dict[str, Any]) -> None:
        """Forget instances that were to end and have, and see whether enough are ready."""
        job.instances[:] = [
            item
            for item in job.instances
            if item.status not in {InstanceStatus.SUCCEEDED, InstanceStatus.FAILED} or not item.retiring
        ]
        if job.status is JobStatus.SUSPENDING and not job.instances:
            self._move(job, JobStatus.SUSPENDED)
            self.stamp(job, "suspended_on")
        elif job.status in {JobStatus.PENDING, JobStatus.RUNNING}:
            ready = (item.status for item in job.instances)
            self._move(job, lifecycle.service_status(ready, max(wanted["min_ready_instances"], 1)))

    def job(self, job: Job, status: JobStatus) -> None:
        """Give the job a status by command (cancel, drop, loss), and store it."""
        self._move(job, status)
        self.save(job)

    def save(self, job: Job) -> None:
        """Write the job, and wake who waits for it."""
        self._store.save(job)
        if job.deleted is None:
            self._show(job)
        self._changed(job.id)

    def _move(self, job: Job, status: JobStatus) -> None:
        service = job.service is not None
        if status is job.status or (not service and (job.status, status) == (JobStatus.RUNNING, JobStatus.PENDING)):
            return
        step(lifecycle.SERVICE_TRANSITIONS if service else lifecycle.JOB_TRANSITIONS, job.status, status)
        job.status = status
        if job.terminal and not service and job.completed is None:
            job.completed = self.now()
            job.message = _reason(job)
        if status is JobStatus.DELETED:
            job.deleted = self.now()
        self._telemetry.job_event(job)
        self._account.faults.moved(job)

    def _show(self, job: Job) -> None:
        ready = sum(instance.status is InstanceStatus.READY for instance in job.instances)
        try:
            self._account.objects.update(
                "SERVICE", job.name, status=str(job.status), current_instances=ready, updated_on=self.now(),
                **_shape(job),
            )  # fmt: skip
        except SnowflakeError:
            # The name was dropped between the decision and this write; the drop has its own record.
            return


def _shape(job: Job) -> dict[str, Any]:
    """What SHOW SERVICES says of a service's instances."""
    if job.service is None:
        return {}
    changing = job.status in {JobStatus.PENDING, JobStatus.RUNNING} and any(item.retiring for item in job.instances)
    return {"target_instances": sum(not item.retiring for item in job.instances), "is_upgrading": changing}


def _reason(job: Job) -> str:
    if job.status is JobStatus.DONE:
        return "Job completed successfully."
    if job.failure:
        return job.failure
    for _, container in job.containers():
        if job.status is JobStatus.FAILED and container.status is ContainerStatus.FAILED:
            return container.message
    return lifecycle.JOB_MESSAGES[job.status]
