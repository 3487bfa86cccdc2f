"""What running and ended jobs need from time to time: new session tokens, metrics, deletion after 30 days."""

from __future__ import annotations

import contextlib
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.services import launch, metrics
from airflow_provider_spcs.emulator.services.history import KEPT
from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState, Job

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.events import Telemetry
    from airflow_provider_spcs.emulator.runner import RunningContainer
    from airflow_provider_spcs.emulator.services.store import JobStore

log = logging.getLogger(__name__)
Live = tuple[Job, InstanceState, ContainerState]

METRIC_SECONDS = 10.0


class Upkeep:
    """Runs in the supervisor's thread.

    Args:
        account: Whose jobs they are.
        store: Knows when jobs ended.
        telemetry: Where metrics go.
    """

    def __init__(self, account: Account, store: JobStore, telemetry: Telemetry) -> None:
        self._account = account
        self._store = store
        self._telemetry = telemetry
        self._renewals: dict[int, datetime] = {}
        self._samples: dict[int, datetime] = {}

    def advance(self, containers: list[tuple[RunningContainer, Live]]) -> datetime | None:
        """Do all that is due now; when something will be due."""
        now = self._account.clock.now()
        keys = {id(live[2]) for _, live in containers}
        self._renewals = {key: when for key, when in self._renewals.items() if key in keys}
        self._samples = {key: when for key, when in self._samples.items() if key in keys}
        for running, live in containers:
            self._renew(now, running, live)
            self._sample(now, running, live)
        due = [*self._renewals.values(), *self._samples.values(), self._expire(now)]
        return min((moment for moment in due if moment is not None), default=None)

    def _renew(self, now: datetime, running: RunningContainer, live: Live) -> None:
        period = timedelta(seconds=launch.RENEW_SECONDS)
        due = self._renewals.setdefault(id(live[2]), now + period)
        if due <= now:
            job, instance, container = live
            running.write_token(launch.new_token(self._account, job, instance, container.name))
            self._renewals[id(live[2])] = now + period

    def _sample(self, now: datetime, running: RunningContainer, live: Live) -> None:
        if not live[0].spec.metric_groups or self._samples.get(id(live[2]), now) > now:
            return
        self._telemetry.add(*metrics.sample(self._account, now, running, live))
        self._samples[id(live[2])] = now + timedelta(seconds=METRIC_SECONDS)

    def _expire(self, now: datetime) -> datetime | None:
        """Delete the jobs that ended 30 days ago.

        Source: https://docs.snowflake.com/en/sql-reference/sql/execute-job-service
        """
        while (oldest := self._store.oldest_ended()) is not None:
            job_id, name, ended = oldest
            end = datetime.fromisoformat(ended) + KEPT
            if end > now:
                return end
            document = self._account.objects.find("SERVICE", name)
            if document is not None and document["id"] == job_id:
                with contextlib.suppress(SnowflakeError):
                    self._account.objects.drop("SERVICE", name)
            else:
                self._store.mark_deleted(job_id, now.isoformat())
        return None
