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
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from airflow_provider_spcs.door import Door
from airflow_provider_spcs.errors import SpcsError
from airflow_provider_spcs.transient import given_up

if TYPE_CHECKING:
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.naming import JobName
    from airflow_provider_spcs.rows import JobState

_T = TypeVar("_T")

PATIENCE = 600.0
"""Seconds for which errors that pass by themselves are borne, unless who waits has a limit of its own."""
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


@dataclass(frozen=True, eq=False)
class Waiting:
    """One who waits.

    Attributes:
        name: The job.
        interval: Longest time between two answers, in seconds.
        patience: For how long errors that pass by themselves are borne, in seconds.
        begun: Since when, by the loop's clock: the errors before that are not this one's to bear.
    """

    name: JobName
    interval: float
    patience: float
    begun: float


@dataclass
class _Failing:
    """Looks that failed in a row.

    Attributes:
        since: The first one's end, by the loop's clock.
        error: What the last one failed with.
        tries: How many.
        refusals: How many of them will not pass by themselves.
    """

    since: float
    error: Exception = field(default_factory=Exception)
    tries: int = 0
    refusals: int = 0

    def note(self, error: Exception) -> None:
        """One more."""
        self.error = error
        self.tries += 1
        self.refusals += not (isinstance(error, SpcsError) and error.retryable)

    def left(self, waiting: Waiting, now: float) -> float:
        """For how many seconds ``waiting`` bears it yet."""
        # A refusal does not pass by itself, but a role or schema may be mended within a few looks.
        if self.refusals >= _REFUSALS:
            return 0.0
        return waiting.patience - (now - max(self.since, waiting.begun))

    def verdict(self, waiting: Waiting, where: str) -> Exception:
        """What ends the wait of somebody who bears it no longer."""
        if self.refusals >= _REFUSALS:
            return self.error
        return given_up(where, self.error.__cause__ or self.error, self.tries, waiting.patience)


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
        self._waiting: set[Waiting] = set()
        self._statuses = ThreadPoolExecutor(1, thread_name_prefix="spcs-status")
        self._logs = ThreadPoolExecutor(1, thread_name_prefix="spcs-logs")
        self._turn = asyncio.Lock()
        self._changed = asyncio.Condition()
        self._snapshot: Snapshot | None = None
        self._failing: _Failing | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._aside_at: float | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody waits."""
        return not self._waiting

    @asynccontextmanager
    async def waiting(self, name: JobName, interval: float, patience: float = PATIENCE) -> AsyncIterator[Waiting]:
        """Within this, answers hold the job ``name`` and come at least every ``interval`` seconds.

        Errors that pass by themselves are borne for ``patience`` seconds.
        """
        loop = asyncio.get_running_loop()
        new = all(other.name != name for other in self._waiting)
        waiting = Waiting(name, interval, patience, loop.time())
        self._waiting.add(waiting)
        if self._task is None or self._task.done():
            # An empty context: else the poller's records land in the log of the task that happened to come first.
            self._task = contextvars.Context().run(loop.create_task, self._run())
        elif new:
            self._wake.set()
        try:
            yield waiting
        finally:
            self._waiting.remove(waiting)
            if self.idle:
                self._stop()

    async def next(self, waiting: Waiting, after: int) -> Snapshot:
        """The first answer with a number above ``after``.

        Raises:
            Exception: What the statement failed with for good, or for longer than ``waiting`` bears it.
        """
        async with self._changed:
            await self._changed.wait_for(lambda: self._is_new(after) or self._is_borne_no_longer(waiting))
            if not self._is_new(after):
                assert self._failing is not None  # noqa: S101 - the condition above says so
                raise self._failing.verdict(waiting, f"SHOW JOB SERVICES {self._schema}")
            assert self._snapshot is not None  # noqa: S101 - the condition above says so
            return self._snapshot

    async def ask(self, question: Callable[[SpcsHook], _T]) -> _T:
        """Run a question about one job in the status thread."""
        return await asyncio.get_running_loop().run_in_executor(self._statuses, question, self._hook)

    async def read(self, reading: Callable[[], _T]) -> _T:
        """Run a log reading in the log thread, in turn; the more jobs wait, the longer the pause between two."""
        async with self._turn:
            answer = await asyncio.get_running_loop().run_in_executor(self._logs, reading)
            await asyncio.sleep(min(_LONGEST_LOG_PAUSE, _LOG_PAUSE_PER_JOB * len(self._waiting)))
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

    def _is_new(self, after: int) -> bool:
        return self._snapshot is not None and self._snapshot.number > after

    def _is_borne_no_longer(self, waiting: Waiting) -> bool:
        return self._failing is not None and self._failing.left(waiting, asyncio.get_running_loop().time()) <= 0

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
            except Exception as error:  # noqa: BLE001 - whatever it is, those who wait decide
                pause = await self._failed(error)
            else:
                number = self._snapshot.number + 1 if self._snapshot else 1
                async with self._changed:
                    self._snapshot, self._failing = Snapshot(number, jobs), None
                    self._changed.notify_all()
                # Never sooner: at most one statement an interval.
                pause = self._interval() * random.uniform(1.0, 1.1)  # noqa: S311 - jitter
            self._wake.clear()
            try:
                # A new job is looked at soon, but those that come together share one statement.
                await asyncio.wait_for(self._wake.wait(), pause)
                await asyncio.sleep(min(0.5, pause))
            except TimeoutError:
                continue

    def _look(self, hook: SpcsHook) -> dict[JobName, JobState]:
        names = sorted({waiting.name for waiting in tuple(self._waiting)})
        if len(names) == 1:
            jobs = hook.list_jobs(self._schema, like=names[0].name)
        else:
            jobs = hook.list_jobs(self._schema, starts_with=_common_start(names[0].name, names[-1].name) or None)
        return {job.name: job for job in jobs}

    async def _failed(self, error: Exception) -> float:
        """Tell those who wait; after how many seconds to look again."""
        now = asyncio.get_running_loop().time()
        async with self._changed:
            failing = self._failing = self._failing or _Failing(now)
            failing.note(error)
            self._changed.notify_all()
        lasted = min(max(now - failing.since, self._interval()), _LONGEST_BACKOFF)
        # Whoever's patience ends before that gets one more look then.
        lefts = [left for waiting in self._waiting if (left := failing.left(waiting, now)) > 0]
        return min([lasted * random.uniform(0.8, 1.2), *lefts])  # noqa: S311 - jitter

    def _interval(self) -> float:
        return min((waiting.interval for waiting in self._waiting), default=1.0)


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
