"""Tell in the triggerer why a job is PENDING, without holding up its status."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from airflow_provider_spcs.pending import ImagePatience, PendingPace, why_pending
from airflow_provider_spcs.status import PENDING

if TYPE_CHECKING:
    from airflow_provider_spcs.poller import Poller
    from airflow_provider_spcs.rows import JobState
    from airflow_provider_spcs.waiting import Log


class LivePending:
    """Asks in the poller's log thread; the poller bounds the rate however many jobs wait.

    Args:
        poller: Asks.
        log: Where it is told.
        pace: When it is told again.
        image: How long an image that cannot be pulled is waited for.
    """

    def __init__(
        self, poller: Poller, log: Log, pace: PendingPace | None = None, image: ImagePatience | None = None
    ) -> None:
        self._poller = poller
        self._log = log
        self._pace = pace or PendingPace()
        self._image = image or ImagePatience()
        self._task: asyncio.Task[None] | None = None

    @property
    def image_is_given_up(self) -> bool:
        """Whether Snowflake could not pull an image of the job for too long."""
        return self._image.over

    def see(self, job: JobState) -> None:
        """Take note of the job's state; when it is time, ask and tell by and by."""
        if job.status != PENDING:
            self._image.see(None)
        if self._pace.due(job) and (self._task is None or self._task.done()) and self._poller.may_ask_aside():
            self._task = asyncio.create_task(self._tell(job))

    def stop(self) -> None:
        """Tell nothing any more."""
        if self._task is not None:
            self._task.cancel()

    async def _tell(self, job: JobState) -> None:
        reason = await self._poller.read(lambda: why_pending(self._poller.hook, job))
        self._log.info("%s", reason)
        self._image.see(reason)
