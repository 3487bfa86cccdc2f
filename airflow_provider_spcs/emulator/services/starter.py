"""Gives waiting instances a node and starts their containers; has pools grow, shrink, start and suspend."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator import lifecycle
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.lifecycle import ContainerStatus, InstanceStatus, JobStatus
from airflow_provider_spcs.emulator.objects import StoredObject
from airflow_provider_spcs.emulator.services import families, launch, pool_state
from airflow_provider_spcs.emulator.services.capacity import Nodes, nodes_wanted
from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState, Job
from airflow_provider_spcs.emulator.services.pool_state import Need, PoolTiming

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.runner import RunningContainer
    from airflow_provider_spcs.emulator.services.progress import Progress

log = logging.getLogger(__name__)
Live = tuple[Job, InstanceState, ContainerState]

PULL_RETRY_SECONDS = 10.0


class Starter:
    """Runs in the supervisor's thread.

    Args:
        account: Whose pools and jobs they are.
        progress: Applies transitions.
        timing: The pools' delays.
        attach: Called with each container that was started.
        wanted_elsewhere: Whether the thread has something else to do.
    """

    def __init__(
        self,
        account: Account,
        progress: Progress,
        timing: PoolTiming,
        *,
        attach: Callable[[RunningContainer, Live], None],
        wanted_elsewhere: Callable[[], bool],
    ) -> None:
        self._account = account
        self._progress = progress
        self._timing = timing
        self._attach = attach
        self._wanted_elsewhere = wanted_elsewhere
        self._pulls: dict[int, tuple[datetime, Live]] = {}

    def advance(self, jobs: dict[str, Job]) -> datetime | None:
        """Do all that is due now; when something will be due by the clock alone."""
        by_pool: dict[str, list[Job]] = {}
        for job in list(jobs.values()):
            by_pool.setdefault(job.pool, []).append(job)
        pools = self._account.objects.list("COMPUTE POOL")
        due = [self._retry_pulls(), *(self._pool(pool, by_pool.get(pool.name.name, [])) for pool in pools)]
        return min((moment for moment in due if moment is not None), default=None)

    def _pool(self, pool: StoredObject, jobs: list[Job]) -> datetime | None:
        document = self._advanced(pool, pool.document, jobs)
        waiting = list(_waiting(jobs))
        if waiting:
            size = families.node(document["instance_family"])
            ready = document["nodes"] if document["state"] in {"IDLE", "ACTIVE", "RESIZING"} else 0
            nodes = Nodes(size, ready, _used(jobs))
            for job, instance in waiting:
                instance.node = nodes.place(job.needs)
                if instance.node is None:
                    self._wait(job, instance, _reason(document))
                else:
                    self._start(job, instance)
                    if self._wanted_elsewhere():
                        # Starting takes a while; a statement that waits for this thread must not wait for all of it.
                        return self._account.clock.now()
            document = self._advanced(pool, document, jobs)
        return pool_state.next_change(document, self._timing)

    def _advanced(self, pool: StoredObject, document: dict[str, Any], jobs: list[Job]) -> dict[str, Any]:
        used = _used(jobs)
        wanted = 0
        if jobs:
            size = families.node(document["instance_family"])
            wanted = nodes_wanted(size, document["max_nodes"], used, [job.needs for job, _ in _waiting(jobs)])
        busy = {index for index, _ in used}
        need = Need(len(busy), max(busy, default=-1) + 1, wanted)
        changes: dict[str, Any] = {} if document.get("busy") == len(busy) else {"busy": len(busy)}
        now = self._account.clock.now()
        while more := pool_state.advance(document | changes, now, need, self._timing):
            changes |= more
        if not changes:
            return document
        try:
            return self._account.objects.update("COMPUTE POOL", pool.name, **changes)
        except SnowflakeError:
            return document | changes  # the pool was dropped meanwhile

    def _wait(self, job: Job, instance: InstanceState, reason: str) -> None:
        changed = False
        for container in instance.containers:
            if container.message != reason:
                self._progress.container(job, instance, container, ContainerStatus.PENDING, reason)
                changed = True
        if changed:
            self._progress.save(job)

    def _start(self, job: Job, instance: InstanceState) -> None:
        for container in instance.containers:
            self._start_container(job, instance, container)
        self._progress.settle(job)

    def _start_container(self, job: Job, instance: InstanceState, container: ContainerState) -> None:
        from airflow_provider_spcs.emulator.runner import ImageNotFound

        wanted = next(item for item in job.spec.containers if item.name == container.name)
        # Written down first: after a kill of this process, no container runs that its job does not know.
        container.record = self._account.runner.reserve()
        self._progress.save(job)
        try:
            running = self._account.runner.start(launch.request(self._account, job, instance, wanted), container.record)
        except ImageNotFound as error:
            container.record = None
            log.warning("%s: %s", job.name, error)
            self._progress.container(job, instance, container, ContainerStatus.PENDING, lifecycle.PULL_FAILED)
            again = self._account.clock.now() + timedelta(seconds=PULL_RETRY_SECONDS)
            self._pulls[id(container)] = (again, (job, instance, container))
            return
        except Exception as error:
            container.record = None
            # Whatever keeps one container from starting must not keep other jobs from running.
            log.exception("%s: container %r cannot be started.", job.name, container.name)
            if job.service is None:
                job.failure = f"{lifecycle.START_ERROR}: {error}"
            self._progress.container(job, instance, container, ContainerStatus.FAILED, lifecycle.START_ERROR)
            return
        self._running((job, instance, container), running)

    def resume(self, live: Live, running: RunningContainer) -> None:
        """Take up a container that an earlier process had just started."""
        self._running(live, running)
        self._progress.settle(live[0])

    def _running(self, live: Live, running: RunningContainer) -> None:
        job, instance, container = live
        wanted = next(item for item in job.spec.containers if item.name == container.name)
        container.record, container.log_path = running.record, str(running.log_path)
        container.start_time = self._progress.now()
        held = "; ".join(f"{what}: {how}" for what, how in running.limits.items())
        log.info(
            "%s: container %r started. Isolation: %s. Limits: %s.", job.name, container.name, running.isolation, held
        )
        if wanted.readiness is None:
            self._progress.container(job, instance, container, ContainerStatus.READY, lifecycle.RUNNING)
        else:
            message = lifecycle.probe_failing(wanted.readiness.path, wanted.readiness.port)
            self._progress.container(job, instance, container, ContainerStatus.PENDING, message)
        self._progress.started(job, instance, container)
        self._attach(running, (job, instance, container))

    def again(self, live: Live) -> None:
        """Start a container once more, on the node that its instance holds."""
        self._start_container(*live)
        self._progress.settle(live[0])

    def _retry_pulls(self) -> datetime | None:
        now = self._account.clock.now()
        for key, (moment, (job, instance, container)) in list(self._pulls.items()):
            if job.terminal or container.status is not ContainerStatus.PENDING:
                del self._pulls[key]
            elif moment <= now:
                # No record means that nothing was started yet.
                del self._pulls[key]
                self._start_container(job, instance, container)
                self._progress.settle(job)
        return min((moment for moment, _ in self._pulls.values()), default=None)


def _used(jobs: Iterable[Job]) -> list[tuple[int, families.Resources]]:
    return [(item.node, job.needs) for job in jobs for item in job.instances if item.node is not None]


def _waiting(jobs: Iterable[Job]) -> Iterable[tuple[Job, InstanceState]]:
    for job in jobs:
        if job.status not in {JobStatus.PENDING, JobStatus.RUNNING}:
            continue
        first = next(iter(job.instances), None)
        for instance in job.instances:
            if instance.node is None and instance.status is InstanceStatus.PENDING:
                early = first is not None and instance is not first and first.status is InstanceStatus.PENDING
                if job.spec.first_instance_first and early:
                    break
                yield job, instance


def _reason(pool: dict[str, Any]) -> str:
    if pool["state"] in {"SUSPENDED", "STOPPING"}:
        return lifecycle.SUSPENDED_POOL
    return lifecycle.PROVISIONING if pool["state"] in {"STARTING", "RESIZING"} else lifecycle.UNSCHEDULABLE
