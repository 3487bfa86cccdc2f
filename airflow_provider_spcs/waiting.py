"""Wait for one job in a worker: one held connection, log lines as they come, the end seen within about a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_spcs.ending import Deadlines, Ending, Reason
from airflow_provider_spcs.errors import SpcsError, StatementError
from airflow_provider_spcs.pending import ImagePatience, PendingPace, why_pending
from airflow_provider_spcs.redaction import HIDDEN
from airflow_provider_spcs.status import PENDING, JobStatus

if TYPE_CHECKING:
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.logs import LogFollower, LogLine
    from airflow_provider_spcs.naming import JobName

_FIRST_PAUSE = 1.0
_GROWTH = 1.5
# SPCS_WAIT_FOR holds a request open; proxies drop requests that are silent for long.
_LONGEST_WAIT = 30


class Log(Protocol):
    """What is used of a task's log; ``logging.Logger`` and Airflow's own are such."""

    def log(self, level: int, event: str, *args: Any) -> Any:
        """A record at a level of :mod:`logging`."""
        ...

    def debug(self, event: str, *args: Any) -> Any:
        """Chatter."""
        ...

    def info(self, event: str, *args: Any) -> Any:
        """What a person wants to know."""
        ...

    def warning(self, event: str, *args: Any) -> Any:
        """What a person has to know."""
        ...


def show(log: Log, lines: Iterable[LogLine], *, hidden: Collection[str] = ()) -> int:
    """Log each line of a container as one record at its own level; how many there were.

    Args:
        log: The task's log.
        lines: What the container wrote.
        hidden: Values that are shown as ``***``.
    """
    count = 0
    for line in lines:
        text = str(line)
        for value in hidden:
            text = text.replace(value, HIDDEN)
        log.log(line.level, "%s", text)
        count += 1
    return count


def show_news(log: Log, follower: LogFollower | None) -> int:
    """Log what a follower has new, and what it has to say about its source; how many lines there were."""
    if follower is None:
        return 0
    try:
        lines = follower.poll()
    except SpcsError as error:
        # A log that cannot be read now is read later; it is no reason to give up a job.
        log.debug("The log could not be read: %s", error)
        return 0
    for notice in follower.notices:
        log.info("%s", notice)
    return show(log, lines)


class StatusLog:
    """Says a change of status once, at INFO; an unknown status once, at WARNING."""

    def __init__(self, log: Log, job_name: str) -> None:
        self._log = log
        self._job_name = job_name
        self._last = ""

    def see(self, status: JobStatus) -> bool:
        """Take note of a status; whether it is another than before."""
        if status.value == self._last:
            return False
        self._last = status.value
        if status.known:
            self._log.info("%s is %s: %s.", self._job_name, status, status.meaning)
        else:
            self._log.warning("%s has the status %s: %s.", self._job_name, status, status.meaning)
        return True


class Waiter:
    """Waits in the calling thread.

    Args:
        hook: The door to Snowflake, with its held connection.
        name: Job.
        follower: Reads its log; None shows no log.
        deadlines: The clocks.
        poll_interval: Longest pause between two looks, in seconds; it begins at one second.
        stop: Set from a signal handler to end the wait.
        log: Where lines and changes of status go.
        clock: Stands in for ``time.time`` in tests.
        stopwatch: Stands in for ``time.monotonic`` in tests.
    """

    def __init__(
        self,
        hook: SpcsHook,
        name: JobName,
        *,
        follower: LogFollower | None,
        deadlines: Deadlines,
        poll_interval: float,
        stop: threading.Event,
        log: Log,
        clock: Callable[[], float] = time.time,
        stopwatch: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hook = hook
        self._name = name
        self._follower = follower
        self._deadlines = deadlines
        self._longest = max(poll_interval, _FIRST_PAUSE)
        self._stop = stop
        self._log = log
        self._clock = clock
        self._stopwatch = stopwatch
        self._server_wait = True

    def run(self) -> Ending:
        """Wait until the job ends, a clock runs out, or ``stop`` is set."""
        seen = StatusLog(self._log, str(self._name))
        pace, image = PendingPace(self._stopwatch), ImagePatience(self._stopwatch)
        pause = _FIRST_PAUSE
        misses = 0
        status: JobStatus | None = None
        while True:
            state = self._hook.find_job(self._name)
            misses = 0 if state else misses + 1
            if state is not None:
                status = state.status
                # After the end the finishing path reads the log to its last line, and then says the status.
                changed = not status.terminal and seen.see(status)
                if pace.due(state):
                    reason_pending = why_pending(self._hook, state)
                    self._log.info("%s", reason_pending)
                    image.see(reason_pending)
                elif status != PENDING:
                    image.see(None)
                news = 0 if status.terminal else show_news(self._log, self._follower)
                pause = _FIRST_PAUSE if changed or news else min(pause * _GROWTH, self._longest)
            reason = self._reason(status, misses, image)
            if reason is not None:
                cursor = self._follower.cursor if self._follower else {}
                return Ending(str(self._name), reason, status.value if status else "", cursor=cursor)
            self._pause(pause)

    def _reason(self, status: JobStatus | None, misses: int, image: ImagePatience) -> Reason | None:
        if self._stop.is_set():
            return Reason.KILLED
        # One miss may be a list that lags behind; two in a row with history asked are not.
        if misses >= 2:
            return Reason.VANISHED
        if status is not None and status.terminal and not misses:
            return Reason.ENDED
        if status == PENDING and image.over:
            return Reason.NO_IMAGE
        return self._deadlines.passed(status, self._clock())

    def _pause(self, seconds: float) -> None:
        """Let ``seconds`` pass, or less when the job is done earlier."""
        begun = self._stopwatch()
        if self._server_wait and seconds >= 1:
            try:
                self._hook.wait_for(self._name, "DONE", seconds=min(int(seconds), _LONGEST_WAIT))
            except StatementError as error:
                self._server_wait = False
                self._log.debug("SPCS_WAIT_FOR is not to be had, looking at intervals instead: %s", error)
            # A job that failed, or a server that does not wait, answers at once; never ask in a tight loop.
            seconds = min(seconds, 0.5) if self._server_wait else seconds
        self._stop.wait(max(0.0, seconds - (self._stopwatch() - begun)))
