"""Starts the containers of services again when they end, later each time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator import lifecycle
from airflow_provider_spcs.emulator.lifecycle import ContainerStatus, JobStatus
from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState, Job
from airflow_provider_spcs.emulator.services.progress import Progress

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.clock import Clock

Live = tuple[Job, InstanceState, ContainerState]
# As Kubernetes does it; Snowflake's figures are not documented.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 10.0, 300.0
FORGIVEN_SECONDS = 600.0
"""A container that ran so long is started again at once."""


class Restarts:
    """Runs in the supervisor's thread.

    Args:
        clock: The account's.
        progress: Applies transitions.
        start: Starts a container that has a node.
    """

    def __init__(self, clock: Clock, progress: Progress, start: Callable[[Live], None]) -> None:
        self._clock = clock
        self._progress = progress
        self._start = start
        self._due: dict[int, tuple[datetime, Live]] = {}
        self._in_a_row: dict[int, int] = {}

    def wanted(self, live: Live) -> bool:
        """Whether a container that has just ended is to be started again."""
        job, instance, container = live
        alive = job.service is not None and job.status in {JobStatus.PENDING, JobStatus.RUNNING}
        return alive and not instance.retiring and container.status is not ContainerStatus.TERMINATING

    def plan(self, live: Live) -> None:
        """Have an ended container started again; its exit code and its log stay readable as the previous ones."""
        job, instance, container = live
        now = self._clock.now()
        if container.previous_log_path:
            shutil.rmtree(Path(container.previous_log_path).parent, ignore_errors=True)
        container.previous_log_path, container.last_exit_code = container.log_path, container.exit_code
        container.record, container.exit_code = None, None
        ran = (now - datetime.fromisoformat(container.start_time)).total_seconds() if container.start_time else 0.0
        before = 0 if ran >= FORGIVEN_SECONDS else self._in_a_row.get(id(container), 0)
        self._in_a_row[id(container)] = before + 1
        wait = min(FIRST_WAIT_SECONDS * 2 ** (before - 1), LONGEST_WAIT_SECONDS) if before else 0.0
        self._due[id(container)] = (now + timedelta(seconds=wait), live)
        self._progress.container(job, instance, container, ContainerStatus.PENDING, lifecycle.RETRYING)

    def advance(self) -> datetime | None:
        """Start what is due; when something will be."""
        now = self._clock.now()
        for key, (moment, live) in list(self._due.items()):
            job, instance, container = live
            gone = instance.retiring or job.status not in {JobStatus.PENDING, JobStatus.RUNNING}
            if gone or moment <= now:
                del self._due[key]
            if gone:
                self._in_a_row.pop(key, None)
            elif moment <= now:
                container.restart_count += 1
                container.last_restart_time = self._progress.now()
                self._start(live)
        return min((moment for moment, _ in self._due.values()), default=None)
