"""Show a job's log while its task is deferred, from the triggerer's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.errors import SpcsError
from airflow_provider_spcs.waiting import Log, show

if TYPE_CHECKING:
    from airflow_provider_spcs.log_place import LogPlace
    from airflow_provider_spcs.logs import LogFollower, LogLine
    from airflow_provider_spcs.poller import Poller

_LINES_AT_ONCE = 200
_FIRST_PAUSE = 1.0
_GROWTH = 1.5


class LiveLog:
    """Reads in the poller's log thread, shows in the trigger's own context.

    The cursor moves when lines have been shown, not when they were read: who goes on from it loses and doubles none.

    Args:
        poller: Whose turn-taking bounds the rate of readings.
        follower: The job's log.
        log: Where lines go.
        cursor: Where the follower begins.
        place: Keeps how far lines have been shown.
        hidden: Blocking question for values that no line may show; asked once, in the log thread.
        longest_pause: Longest time between two readings of a quiet job, in seconds.
    """

    def __init__(
        self,
        poller: Poller,
        follower: LogFollower,
        log: Log,
        cursor: Mapping[str, Any],
        *,
        place: LogPlace,
        hidden: Callable[[], Sequence[str]],
        longest_pause: float,
    ) -> None:
        self._poller = poller
        self._place = place
        self._ask_hidden = hidden
        self._hidden: Sequence[str] | None = None
        self._follower = follower
        self._log = log
        self._longest = max(longest_pause, _FIRST_PAUSE)
        self._cursor = dict(cursor)
        self._showing = asyncio.Lock()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> dict[str, Any]:
        """Read no further; where the log has been shown to."""
        async with self._showing:
            self._task.cancel()
        return self._cursor

    async def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                lines = await self._poller.read(self._read)
            except SpcsError as error:
                # A log that cannot be read now is read later; it is no reason to give up a job.
                self._log.debug("The log could not be read: %s", error)
                lines = []
            async with self._showing:
                await self._show(lines)
                self._cursor = self._follower.cursor
            if lines:
                await self._place.keep(self._cursor)
            pause = _FIRST_PAUSE if lines else min(pause * _GROWTH, self._longest)
            await asyncio.sleep(pause)

    def _read(self) -> Sequence[LogLine]:
        if self._hidden is None:
            self._hidden = self._ask_hidden()
        return self._follower.poll()

    async def _show(self, lines: Sequence[LogLine]) -> None:
        for notice in self._follower.notices:
            self._log.info("%s", notice)
        for start in range(0, len(lines), _LINES_AT_ONCE):
            show(self._log, lines[start : start + _LINES_AT_ONCE], hidden=self._hidden or ())
            # A talkative container must not stall the other triggers of this loop.
            await asyncio.sleep(0)
