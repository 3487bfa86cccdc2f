"""How many instances a service has: suspend, resume, more, fewer, others after a change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator import lifecycle
from airflow_provider_spcs.emulator.lifecycle import JobStatus
from airflow_provider_spcs.emulator.services import families, spec
from airflow_provider_spcs.emulator.services.job import InstanceState, Job, fresh_instance
from airflow_provider_spcs.emulator.services.progress import Progress

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.services.store import JobStore

_OPTIONS = ("min_instances", "max_instances", "min_ready_instances", "auto_resume", "auto_suspend_secs")
End = Callable[[Job, str, float, list[InstanceState]], None]
GRACE_SECONDS = 30.0


class Scaling:
    """Runs in the supervisor's thread; for services only.

    Args:
        progress: Applies transitions.
        store: Where changed details are written.
        end: Ends the containers of some instances of a service, for a reason, within so many seconds.
    """

    def __init__(self, progress: Progress, store: JobStore, end: End) -> None:
        self._progress = progress
        self._store = store
        self._end = end
        self.held = False
        """Whether nothing is started any more because the account closes."""

    def suspend(self, job: Job) -> None:
        """End all instances; nothing for a service that is suspended."""
        if job.status not in {JobStatus.PENDING, JobStatus.RUNNING}:
            return
        self._progress.job(job, JobStatus.SUSPENDING)
        self.retire(job, job.instances, lifecycle.SERVICE_MESSAGES[JobStatus.SUSPENDED])

    def resume(self, job: Job) -> None:
        """Have instances again; a service that is still suspending is so first."""
        if job.status is JobStatus.SUSPENDING:
            job.details["resume"] = True
            return
        self._resumed(job)
        self.reconcile(job)

    def reconfigure(self, job: Job, changes: dict[str, Any]) -> None:
        """Take over what ALTER SERVICE SET changed; containers that run keep what they were started with."""
        assert job.service is not None  # noqa: S101  for the type checker
        job.details["service"] = {key: changes.get(key, job.service[key]) for key in _OPTIONS}
        for key in ("query_warehouse", "external_access_integrations"):
            if key in changes:
                job.details[key] = changes[key]
        self._store.save_details(job)
        self.reconcile(job)

    def upgrade(self, job: Job, details: dict[str, Any]) -> None:
        """Replace all instances by others of a new specification."""
        job.details |= details
        job.spec = spec.parse(spec.load(job.details["source"]))
        job.needs = families.instance_needs(job.spec, families.node(job.details["instance_family"]))
        self._store.save_details(job)
        self._progress.described(job)
        self.retire(job, job.instances, lifecycle.SCALED_IN)
        self.reconcile(job)

    def reconcile(self, job: Job) -> None:
        """Have as many instances as are wanted, unless the service is suspended or dropped."""
        if job.service is None or self.held:
            return
        if job.status is JobStatus.SUSPENDED and job.details.pop("resume", False):
            self._resumed(job)
        if job.status not in {JobStatus.PENDING, JobStatus.RUNNING}:
            return
        wanted = int(job.service["min_instances"])
        staying = [item for item in job.instances if not item.retiring]
        taken = {item.id for item in job.instances}
        free = (index for index in range(len(taken) + wanted) if index not in taken)
        for _ in range(wanted - len(staying)):
            made = fresh_instance(job.id, job.spec, next(free), self._progress.now(), alone=False)
            job.instances.append(made)
            self._progress.announce_instance(job, made)
        job.instances.sort(key=lambda item: item.id)
        self.retire(job, staying[wanted:], lifecycle.SCALED_IN)

    def retire(
        self, job: Job, instances: list[InstanceState], reason: str, grace_seconds: float = GRACE_SECONDS
    ) -> None:
        """End some instances for good."""
        leaving = list(instances)
        for instance in leaving:
            instance.retiring = True
        self._end(job, reason, grace_seconds, leaving)
        self._progress.settle(job)

    def _resumed(self, job: Job) -> None:
        self._progress.job(job, JobStatus.PENDING)
        self._progress.stamp(job, "resumed_on")
