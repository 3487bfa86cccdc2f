"""Compute pools, job services and what they are made of: statements, rows, and the thread that runs them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist
from airflow_provider_spcs.emulator.events import Telemetry
from airflow_provider_spcs.emulator.lifecycle import TERMINAL, JobStatus
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.objects import Document, StoredObject
from airflow_provider_spcs.emulator.services import (
    alter_service,
    compute_pools,
    create_service,
    describe_service,
    drop_service,
    families,
    family_rows,
    history,
    image_repositories,
    integrations,
    job_methods,
    logs,
    ml_jobs,
    network_rules,
    pool_rows,
    secrets,
    service_parts,
    service_status,
    spec,
    submission,
    telemetry_methods,
)
from airflow_provider_spcs.emulator.services.ingress import Ingress
from airflow_provider_spcs.emulator.services.job import Job
from airflow_provider_spcs.emulator.services.pool_state import PoolTiming
from airflow_provider_spcs.emulator.services.store import JobRow, JobStore
from airflow_provider_spcs.emulator.services.supervisor import Supervisor

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.runner import RunningContainer
    from airflow_provider_spcs.emulator.services.supervisor import Live

CLOSE_GRACE_SECONDS = 3.0
CLOSE_WAIT_SECONDS = 10.0
STOPPED = "The account was stopped while the job ran"


class Services:
    """The job services of an account.

    Args:
        account: The account they belong to.

    Attributes:
        timing: Delays of compute pools in seconds of the account's clock; all near zero until somebody sets them.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self.timing = PoolTiming()
        self.store = JobStore(account.home.root / "jobs.sqlite")
        self.telemetry = Telemetry(account, self.store)
        self.supervisor = Supervisor(account, self.store, self.telemetry, self.timing)
        self.ingress = Ingress(account)
        secrets.forget_with(account)
        account.objects.on_drop("SERVICE", self._dropped)

    def open(self) -> None:
        """Make what a new account has, and pick up the jobs that an earlier process of this home left."""
        compute_pools.make_system_pool(self._account)
        self.telemetry.start()
        for row in self.store.active():
            if row.deleted is None and not self._named(row):
                # The process ended while the job was being made or dropped; nobody was told that it runs.
                self.store.mark_deleted(row.id, self._account.clock.now().isoformat())
            else:
                self._pick_up(self.job(row))
                self._reopen(row)
        for job_id in self.store.with_open_logs():
            known = self.supervisor.jobs.get(job_id) or self.revive(job_id)
            if known is not None:
                self.telemetry.catch_up(known)
        self.supervisor.start()

    def close(self) -> None:
        """End what runs, and note it; the records stay."""
        self.supervisor.scaling.held = True
        for job in list(self.supervisor.jobs.values()):
            self.supervisor.call(lambda job=job: self._stop(job))  # type: ignore[misc]
        for running, _ in self.supervisor.containers():
            running.wait(CLOSE_WAIT_SECONDS)
        self.supervisor.call(lambda: None)
        self.supervisor.close()
        self.ingress.close_all()
        self.telemetry.close()
        self.store.close()

    def add(self, job: Job, document: Document) -> None:
        """Have a new job run; of two with one name at the same time, one gets 2002.

        Args:
            job: The job.
            document: What SHOW SERVICES says of it.

        Raises:
            SnowflakeError: 2002 when the name is taken.
        """
        document["ingress"] = self.ingress.open(job)
        self.store.add(job, document["created_on"])
        try:
            self._account.objects.create("SERVICE", job.name, document)
        except SnowflakeError:
            self.store.remove(job.id)
            self.ingress.close(job.id)
            raise
        self.supervisor.post(lambda: self._admit(job))

    def cancel(self, job_id: str) -> None:
        """Cancel a job; it is CANCELLING when this returns, or had ended before."""
        self.supervisor.call(lambda: self.supervisor.stopping.cancel(job_id))

    def change(self, job_id: str, action: Callable[[Job], None]) -> None:
        """Do something to a service in the thread that owns it; done when this returns."""

        def act() -> None:
            job = self.supervisor.jobs.get(job_id)
            if job is not None:
                action(job)

        self.supervisor.call(act)

    def stop_pool(self, pool: str, kinds: frozenset[str] = frozenset({"JOB", "SERVICE"})) -> None:
        """Cancel the jobs of a pool and drop its services.

        Source: https://docs.snowflake.com/en/sql-reference/sql/alter-compute-pool
        """
        for name in self.in_pool(pool):
            document = self._account.objects.find("SERVICE", name)
            if document is None:
                continue
            if document.get("is_job", True):
                if "JOB" in kinds:
                    self.cancel(document["id"])
            elif "SERVICE" in kinds:
                with contextlib.suppress(SnowflakeError):
                    self._account.objects.drop("SERVICE", name)

    def in_pool(self, pool: str) -> list[Name]:
        """The jobs of a pool that have not ended, and its services."""
        return [
            item.name
            for item in self._account.objects.list("SERVICE")
            if item.document["compute_pool"] == pool and item.document["status"] not in TERMINAL
        ]

    def find(self, name: Name) -> JobRow:
        """The job of that name.

        Raises:
            SnowflakeError: 2003 when there is none.
        """
        document = self._account.objects.find("SERVICE", name)
        row = self.store.get(document["id"]) if document else None
        if row is None:
            raise does_not_exist("Service", name)
        return row

    def job(self, row: JobRow) -> Job:
        """A stored job as an object."""
        parsed = spec.parse(spec.load(row.details["source"]))
        needs = families.instance_needs(parsed, families.node(row.details["instance_family"]))
        return Job(
            row.id, row.name, parsed, needs, row.details, row.instances, JobStatus(row.status), row.message,
            row.completed, row.deleted,
        )  # fmt: skip

    def revive(self, job_id: str) -> Job | None:
        """A stored job by its id, ended or not."""
        row = self.store.get(job_id)
        return self.job(row) if row else None

    def _named(self, row: JobRow) -> bool:
        document = self._account.objects.find("SERVICE", row.name)
        return document is not None and document["id"] == row.id

    def _admit(self, job: Job) -> None:
        self.supervisor.jobs[job.id] = job
        self.supervisor.progress.announce(job)

    def _pick_up(self, job: Job) -> None:
        runner = self._account.runner
        self.supervisor.jobs[job.id] = job
        for instance, container in job.containers():
            if container.record is not None and container.exit_code is None:
                reserved = "reserved" in container.record
                running = runner.adopt(container.record)
                if reserved:
                    self._take_up((job, instance, container), running)
                    continue
                if running is None:
                    self.supervisor.lost(job, instance, container)
                    continue
                self.telemetry.follow(job, instance, container)
                self.supervisor.attach(running, (job, instance, container))

        for waiting in job.instances:
            if all(item.record is None for item in waiting.containers):
                waiting.node = None

    def _take_up(self, live: Live, running: RunningContainer | None) -> None:
        """The process ended while it started this container: it runs, or has to be started again."""
        _, instance, container = live
        if running is not None:
            self.supervisor.starter.resume(live, running)
            return
        container.record = None
        if any(item.record is not None for item in instance.containers):
            self.supervisor.post(lambda: self.supervisor.starter.again(live))

    def _reopen(self, row: JobRow) -> None:
        document = self._account.objects.find("SERVICE", row.name)
        if document is not None and row.details.get("service") is not None:
            ports = self.ingress.open(self.job(row), document.get("ingress"))
            self._account.objects.update("SERVICE", row.name, ingress=ports)

    def _stop(self, job: Job) -> None:
        if job.service is not None:
            # It runs again when the account does.
            self.supervisor.scaling.retire(job, job.instances, STOPPED, CLOSE_GRACE_SECONDS)
        elif not job.terminal:
            self.supervisor.stopping.fail(job, JobStatus.INTERNAL_ERROR, STOPPED, CLOSE_GRACE_SECONDS)

    def _dropped(self, gone: StoredObject) -> None:
        self.ingress.close(gone.document["id"])
        with contextlib.suppress(SnowflakeError):
            self.supervisor.call(lambda: self.supervisor.stopping.drop(gone.document["id"]))


__all__ = [
    "Services",
    "alter_service",
    "compute_pools",
    "create_service",
    "describe_service",
    "drop_service",
    "families",
    "family_rows",
    "history",
    "image_repositories",
    "integrations",
    "job_methods",
    "logs",
    "ml_jobs",
    "network_rules",
    "pool_rows",
    "secrets",
    "service_parts",
    "service_status",
    "submission",
    "telemetry_methods",
]
