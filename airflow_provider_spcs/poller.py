"""One status statement for any number of waiting jobs of a connection, role and schema.

Each deferred task is a trigger of its own; without this, five hundred of them would be five hundred statements per
interval. Triggers of one event loop share a poller by their door to Snowflake; it has one connection and two threads,
one for statuses and one for logs, so that a talkative job delays nobody's status.
"""

from __future__ import annotations

import asyncio
import contextvars
import itertools
import random
import weakref
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_spcs.door import Door
from airflow_provider_spcs.errors import SpcsError

if TYPE_CHECKING:
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.naming import JobName
    from airflow_provider_spcs.rows import JobState

_T = TypeVar("_T")

PATIENCE = 600.0
"""Seconds for which errors that pass by themselves are borne, unless a trigger asks for another time."""
_REFUSALS = 3
# One job's log costs next to nothing more than it takes; 240 jobs and more share 50 readings a minute.
_LOG_PAUSE_PER_JOB = 0.005
_LONGEST_LOG_PAUSE = 1.2
_LONGEST_BACKOFF = 60.0
# Hundreds of jobs that wait for one full pool would all be asked for their reason at once.
_ASIDE_EVERY = 10.0


@dataclass(frozen=True)
class Snapshot:
    """One answer of Snowflake.

    Attributes:
        number: Grows with every answer.
        jobs: Jobs by name; only those that somebody waits for are sure to be in it.
    """

    number: int
    jobs: Mapping[JobName, JobState]


class Poller:
    """Asks once per interval as long as somebody waits.

    Args:
        door: Connection.
        schema: ``DB.SCHEMA`` whose jobs are waited for.
    """

    def __init__(self, door: Door, schema: str) -> None:
        # Errors are borne here, where the time between tries does not hold a thread.
        self._hook = door.hook(transient_timeout=0)
        self._schema = schema
        self._names: Counter[JobName] = Counter()
        self._intervals: Counter[float] = Counter()
        self._statuses = ThreadPoolExecutor(1, thread_name_prefix="spcs-status")
        self._logs = ThreadPoolExecutor(1, thread_name_prefix="spcs-logs")
        self._turn = asyncio.Lock()
        self._changed = asyncio.Condition()
        self._snapshot: Snapshot | None = None
        self._error: Exception | None = None
        self._failing_since: float | None = None
        self._refusals = 0
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._aside_at: float | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody waits."""
        return not self._names

    @asynccontextmanager
    async def waiting(self, name: JobName, interval: float) -> AsyncIterator[None]:
        """Within this, answers hold the job ``name`` and come at least every ``interval`` seconds."""
        new = name not in self._names
        self._names[name] += 1
        self._intervals[interval] += 1
        if self._task is None or self._task.done():
            # An empty context: else the poller's records land in the log of the task that happened to come first.
            self._task = contextvars.Context().run(asyncio.get_running_loop().create_task, self._run())
        elif new:
            self._wake.set()
        try:
            yield
        finally:
            self._names -= Counter([name])
            self._intervals -= Counter([interval])
            if self.idle:
                self._stop()

    async def next(self, after: int) -> Snapshot:
        """The first answer with a number above ``after``.

        Raises:
            Exception: What the statement failed with, when it failed for good.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._error or (self._snapshot and self._snapshot.number > after))
            if self._error is not None:
                raise self._error
            assert self._snapshot is not None  # noqa: S101 - the condition above says so
            return self._snapshot

    async def ask(self, question: Callable[[SpcsHook], _T]) -> _T:
        """Run a question about one job in the status thread."""
        return await asyncio.get_running_loop().run_in_executor(self._statuses, question, self._hook)

    async def read(self, reading: Callable[[], _T]) -> _T:
        """Run a log reading in the log thread, in turn; the more jobs wait, the longer the pause between two."""
        async with self._turn:
            answer = await asyncio.get_running_loop().run_in_executor(self._logs, reading)
            await asyncio.sleep(min(_LONGEST_LOG_PAUSE, _LOG_PAUSE_PER_JOB * len(self._names)))
            return answer

    def may_ask_aside(self) -> bool:
        """Whether a question that is only for a person may be asked now: one in ten seconds, for all jobs together."""
        now = asyncio.get_running_loop().time()
        if self._aside_at is not None and now < self._aside_at + _ASIDE_EVERY:
            return False
        self._aside_at = now
        return True

    @property
    def hook(self) -> SpcsHook:
        """The shared hook, for a follower that reads in :meth:`read`."""
        return self._hook

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
        for thread in (self._logs, self._statuses):
            # In both threads, last: what is still running there would open the connection again.
            thread.submit(self._hook.close)
            thread.shutdown(wait=False)

    async def _run(self) -> None:
        while True:
            try:
                jobs = await self.ask(self._look)
            except Exception as error:  # noqa: BLE001 - whatever it is, the waiting triggers decide
                pause = await self._failed(error)
            else:
                self._failing_since, self._refusals = None, 0
                number = self._snapshot.number + 1 if self._snapshot else 1
                await self._publish(Snapshot(number, jobs), None)
                pause = min(self._intervals, default=1.0) * random.uniform(0.9, 1.1)  # noqa: S311 - jitter
            self._wake.clear()
            try:
                # A new job is looked at soon, but those that come together share one statement.
                await asyncio.wait_for(self._wake.wait(), pause)
                await asyncio.sleep(min(0.5, pause))
            except TimeoutError:
                continue

    def _look(self, hook: SpcsHook) -> dict[JobName, JobState]:
        names = sorted(self._names)
        if len(names) == 1:
            jobs = hook.list_jobs(self._schema, like=names[0].name)
        else:
            jobs = hook.list_jobs(self._schema, starts_with=_common_start(names[0].name, names[-1].name) or None)
        return {job.name: job for job in jobs}

    async def _failed(self, error: Exception) -> float:
        now = asyncio.get_running_loop().time()
        self._failing_since = now if self._failing_since is None else self._failing_since
        if isinstance(error, SpcsError) and error.retryable:
            final = now - self._failing_since > PATIENCE
        else:
            # A refusal does not pass by itself, but a role or schema may be mended within a few looks.
            self._refusals += 1
            final = self._refusals >= _REFUSALS
        if final:
            await self._publish(self._snapshot, error)
        interval = min(self._intervals, default=1.0)
        failing = max(now - self._failing_since, interval)
        return min(failing, _LONGEST_BACKOFF) * random.uniform(0.8, 1.2)  # noqa: S311 - jitter

    async def _publish(self, snapshot: Snapshot | None, error: Exception | None) -> None:
        async with self._changed:
            self._snapshot, self._error = snapshot, error
            self._changed.notify_all()


def _common_start(first: str, last: str) -> str:
    """What all names of a sorted list begin with, from its first and last."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return "".join(letter for letter, _ in same)


_Key = tuple[Door, str]
_POLLERS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Key, Poller]] = weakref.WeakKeyDictionary()


def shared(door: Door, schema: str) -> Poller:
    """The running loop's poller for a connection and a schema; a new one when nobody waits there."""
    pollers = _POLLERS.setdefault(asyncio.get_running_loop(), {})
    found = pollers.get((door, schema))
    if found is None or found.idle:
        # An idle poller has let its connection and threads go.
        found = pollers[door, schema] = Poller(door, schema)
    return found
