"""What job services put into the account's event table: logs, platform events, platform metrics."""

from __future__ import annotations

import logging
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator import lifecycle
from airflow_provider_spcs.emulator.events import rows, table
from airflow_provider_spcs.emulator.events.follower import Follower
from airflow_provider_spcs.emulator.events.rows import Row

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState, Job
    from airflow_provider_spcs.emulator.services.store import JobStore

log = logging.getLogger(__name__)

GATHER_SECONDS = 0.2
"""How long rows may wait for others; whoever reads through a job's functions has them at once."""
FOLLOW_SECONDS = 1.0
"""How often a running container's log is looked at; its last lines are read at once when it ends."""


class Telemetry:
    """Gathers rows from any thread, and writes them in batches from its own.

    Args:
        account: Whose event table it is.
        store: Remembers which logs are not in it as a whole.
    """

    def __init__(self, account: Account, store: JobStore) -> None:
        self._account = account
        self._store = store
        self._rows: deque[Row] = deque()
        self._followers: dict[str, Follower] = {}
        self._lock = threading.Lock()
        self._work = threading.Lock()
        self._news = threading.Event()
        self._over = threading.Event()
        self._positions: dict[str, int] = {}
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="spcs-events", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._positions = table.open_positions(self._account)
        self._thread.start()

    def close(self) -> None:
        """Write what is gathered, and stop."""
        self._closing = True
        self._over.set()
        self._news.set()
        if self._thread.is_alive():
            self._thread.join()
        self.flush()

    def flush(self) -> None:
        """Return when all that was said before this call is in the table."""
        with self._work:
            while self._write():
                pass

    def add(self, *new: Row) -> None:
        """Have rows written soon."""
        self._rows.extend(new)
        self._news.set()

    def job_event(self, job: Job) -> None:
        """A job's status changed."""
        messages = lifecycle.JOB_MESSAGES if job.service is None else lifecycle.SERVICE_MESSAGES
        self._event(rows.attributes(self._account.name, job), "SERVICE", messages[job.status], job.status)

    def instance_event(self, job: Job, instance: InstanceState) -> None:
        """An instance's status changed."""
        message = lifecycle.INSTANCE_MESSAGES[instance.status]
        message = message if job.service is None else message.replace("Job", "Service", 1)
        resource = rows.attributes(self._account.name, job, instance)
        self._event(resource, "SERVICE_INSTANCE", message, instance.status)

    def container_event(self, job: Job, instance: InstanceState, container: ContainerState) -> None:
        """A container's status or message changed."""
        resource = rows.attributes(self._account.name, job, instance, container)
        self._event(resource, "CONTAINER", container.message, container.status)

    def follow(self, job: Job, instance: InstanceState, container: ContainerState) -> None:
        """Take a container's log into the table while it grows, from where it was left."""
        if container.log_path is None:
            return
        key = _key(job, instance, container)
        resource = rows.attributes(self._account.name, job, instance, container)
        position = self._positions.get(key, 0)
        self._store.open_log(key, job.id)
        with self._lock:
            self._followers[key] = Follower(key, Path(container.log_path), resource, job.spec.log_level, position)
        self._news.set()

    def finish(self, job: Job, instance: InstanceState, container: ContainerState) -> None:
        """The container has ended: read the rest of its log, and leave it."""
        with self._lock:
            follower = self._followers.get(_key(job, instance, container))
            if follower is not None:
                follower.finished = True
        self._news.set()

    def keep(self, job_id: str) -> None:
        """Take in what is left of a job's logs, whose files are about to go."""
        with self._lock:
            left = any(key.startswith(f"{job_id}/") for key in self._followers)
        if left:
            self.flush()

    def catch_up(self, job: Job) -> None:
        """Take in what an earlier process left of the logs of a job's ended containers."""
        for instance, container in job.containers():
            if container.exit_code is None:
                continue
            self.follow(job, instance, container)
            self.finish(job, instance, container)
            if container.log_path is None:
                self._store.close_log(_key(job, instance, container))

    def _event(self, resource: dict[str, Any], what: str, message: str, status: str) -> None:
        self.add(rows.event(self._account.clock.now(), resource, f"{what}.STATUS_CHANGE", message, str(status)))

    def _run(self) -> None:
        while not self._closing:
            with self._lock:
                timeout = FOLLOW_SECONDS if self._followers else None
            self._news.wait(timeout)
            # A job's start is several rows within milliseconds; together they cost one write, not one each.
            self._over.wait(GATHER_SECONDS)
            self._news.clear()
            try:
                self.flush()
            except Exception:
                # A row that cannot be written must not end the thread that writes all others.
                log.exception("The event table cannot be written.")

    def _write(self) -> bool:
        """Write one batch; whether there may be more."""
        batch = [self._rows.popleft() for _ in range(len(self._rows))]
        with self._lock:
            followers = list(self._followers.values())
        moved, more = [], False
        for follower in followers:
            finished = follower.finished
            found, position = follower.read()
            batch += found
            if position != follower.position:
                moved.append((follower, position))
                more = True
            elif finished:
                with self._lock:
                    self._followers.pop(follower.key, None)
                self._store.close_log(follower.key)
        if batch or moved:
            table.insert(self._account, batch, [(follower.key, position) for follower, position in moved])
        for follower, position in moved:
            follower.position = position
        return more or bool(self._rows)


def _key(job: Job, instance: InstanceState, container: ContainerState) -> str:
    again = f"/{container.restart_count}" if container.restart_count else ""
    return f"{job.id}/{instance.id}/{container.name}{again}"


__all__ = ["Row", "Telemetry"]
