"""The wait in a worker, with a hook that answers by script and a clock that only it moves."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from typing import Any

import pytest

from airflow_provider_spcs.ending import Deadlines, Reason
from airflow_provider_spcs.errors import StatementError
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.rows import ContainerReport, JobState
from airflow_provider_spcs.status import ContainerState, classify
from airflow_provider_spcs.waiting import Waiter

NAME = JobName("DB", "S", "J")


class Hook:
    """Answers looks one after the other, the last one for ever; notes what it was asked."""

    def __init__(self, statuses: Iterable[str | None], *, server_waits: bool = True) -> None:
        self._statuses = list(statuses)
        self._server_waits = server_waits
        self.asked: list[str] = []

    def find_job(self, name: JobName) -> JobState | None:
        """The next status."""
        self.asked.append("look")
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        return JobState(name, classify(status)) if status is not None else None

    def wait_for(self, _: JobName, __: str, *, seconds: int) -> bool:
        """A server that waits, or one that cannot."""
        self.asked.append(f"wait {seconds}")
        if not self._server_waits:
            raise StatementError("SPCS_WAIT_FOR", "no such function")
        return True


class Stopped(threading.Event):
    """Counts the pauses instead of sleeping; set after so many."""

    def __init__(self, after: int = 1000) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._after = after

    def wait(self, timeout: float | None = None) -> bool:
        """A pause."""
        self.pauses.append(timeout or 0.0)
        if len(self.pauses) >= self._after:
            self.set()
        return self.is_set()


def wait(hook: Hook, *, stop: Stopped | None = None, clocks: Iterable[float] = (0.0,), **deadlines: Any) -> Reason:
    """Why the wait ended."""
    times = list(clocks)
    asked: Any = hook
    return (
        Waiter(
            asked,
            NAME,
            follower=None,
            deadlines=Deadlines(**deadlines),
            poll_interval=10,
            stop=stop or Stopped(),
            log=logging.getLogger("tests.waiting"),
            clock=lambda: times.pop(0) if len(times) > 1 else times[0],
            stopwatch=lambda: 0.0,
        )
        .run()
        .reason
    )


@pytest.mark.parametrize("status", ["DONE", "FAILED", "CANCELLED", "INTERNAL_ERROR", "DELETED"])
def test_wait_ends_at_each_terminal_status(status: str) -> None:
    """One table for operator, trigger and sensor."""
    assert wait(Hook(["PENDING", "RUNNING", status])) is Reason.ENDED


def test_wait_gives_a_job_up_whose_image_cannot_be_pulled(caplog: pytest.LogCaptureFixture) -> None:
    """Without any limit set; told while it lasts. A slow start of the pool is waited for without an end."""

    def ends(message: str) -> tuple[Reason, float]:
        stop, hook = Stopped(after=2000), Hook(["PENDING"])
        hook.containers = lambda _: [ContainerReport(0, "main", ContainerState.PENDING, message)]  # type: ignore[attr-defined]
        hook.pool_state = lambda _: None  # type: ignore[attr-defined]
        asked: Any = hook
        waiter = Waiter(
            asked,
            NAME,
            follower=None,
            deadlines=Deadlines(),
            poll_interval=10,
            stop=stop,
            log=logging.getLogger("tests.waiting"),
            stopwatch=lambda: 10.0 * len(stop.pauses),
        )
        return waiter.run().reason, 10.0 * len(stop.pauses)

    with caplog.at_level(logging.INFO, "tests.waiting"):
        reason, seconds = ends("Failed to pull image")
    assert (reason, seconds) == (Reason.NO_IMAGE, 150.0)
    assert sum("Failed to pull image" in record.getMessage() for record in caplog.records) == 4
    assert ends("Waiting to start")[0] is Reason.KILLED


def test_wait_lets_the_server_say_when_the_job_is_done() -> None:
    """The end is seen when it comes, not at the next interval; between two looks the server waits."""
    hook = Hook(["RUNNING", "RUNNING", "DONE"])
    wait(hook)
    assert hook.asked == ["look", "wait 1", "look", "wait 1", "look"]


def test_wait_without_a_server_that_waits_looks_at_growing_intervals() -> None:
    """A refused SPCS_WAIT_FOR is not asked again; the pause grows up to the interval."""
    hook, stop = Hook([*["RUNNING"] * 8, "DONE"], server_waits=False), Stopped()
    wait(hook, stop=stop)
    assert hook.asked.count("wait 1") == 1
    assert stop.pauses == sorted(stop.pauses)
    assert max(stop.pauses) == 10


def test_wait_bears_an_unknown_status_and_says_it_once(caplog: pytest.LogCaptureFixture) -> None:
    """What Snowflake adds tomorrow is not the end of a job."""
    with caplog.at_level(logging.INFO, "tests.waiting"):
        assert wait(Hook(["RUNNING", "HIBERNATING", "HIBERNATING", "HIBERNATING", "DONE"])) is Reason.ENDED
    assert [record.levelname for record in caplog.records if "HIBERNATING" in record.getMessage()] == ["WARNING"]


def test_wait_says_changes_only() -> None:
    """A line for each look would be the first-party operator's noise."""
    records: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())  # type: ignore[method-assign]
    logger = logging.getLogger("tests.waiting")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        wait(Hook(["PENDING"] * 5 + ["RUNNING"] * 5 + ["DONE"]))
    finally:
        logger.removeHandler(handler)
    assert [line.split()[2] for line in records] == ["PENDING:", "RUNNING:"]


def test_wait_for_a_job_that_is_gone_ends_at_the_second_look() -> None:
    """A list may lag once."""
    assert wait(Hook(["RUNNING", None, "DONE"])) is Reason.ENDED
    assert wait(Hook(["RUNNING", None])) is Reason.VANISHED


def test_wait_ends_when_the_task_is_stopped() -> None:
    """Set from a signal handler."""
    assert wait(Hook(["RUNNING"]), stop=Stopped(after=3)) is Reason.KILLED


def test_wait_ends_when_a_clock_runs_out() -> None:
    """Absolute times, so that a retry does not begin them anew."""
    assert wait(Hook(["PENDING"]), clocks=[0, 5, 11], startup=10) is Reason.STARTUP_TIMEOUT
    assert wait(Hook(["RUNNING"]), clocks=[0, 5, 11], startup=1, job=10) is Reason.JOB_TIMEOUT
