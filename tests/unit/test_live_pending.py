"""Why a deferred job is PENDING, told by its trigger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from typing import Any

from airflow_provider_spcs.live_pending import LivePending
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.pending import IMAGE_PATIENCE, ImagePatience, PendingPace
from airflow_provider_spcs.rows import ContainerReport, JobState
from airflow_provider_spcs.status import PENDING, RUNNING, ContainerState

JOB = JobState(JobName("DB", "S", "J"), PENDING, compute_pool="P", created_at=datetime(2026, 11, 22, tzinfo=UTC))


class Account:
    """Says of every job that its image cannot be pulled."""

    def __init__(self) -> None:
        self.asked = 0

    def containers(self, name: JobName) -> list[ContainerReport]:
        """SHOW SERVICE CONTAINERS."""
        self.asked += 1
        return [ContainerReport(0, "main", ContainerState.PENDING, "Failed to pull image")]


class Poller:
    """Reads when the test lets it; says whether another question may be asked."""

    def __init__(self) -> None:
        self.hook = Account()
        self.may = True
        self.gate = asyncio.Event()
        self.gate.set()

    def may_ask_aside(self) -> bool:
        """The bound on the rate."""
        return self.may

    async def read(self, reading: Callable[[], Any]) -> Any:
        """One reading."""
        await self.gate.wait()
        return reading()


class Log:
    """Keeps what is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def info(self, event: str, *args: Any) -> None:
        """What a person wants to know."""
        self.told.append(event % args)

    log = debug = warning = lambda self, *args: None


class Watch:
    """A pending job under a clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.poller, self.log = Poller(), Log()
        poller: Any = self.poller
        self.pending = LivePending(poller, self.log, PendingPace(lambda: self.now), ImagePatience(lambda: self.now))

    async def see(self, now: float, job: JobState = JOB) -> None:
        """Look at the job at a time, and let what it starts run."""
        self.now = now
        self.pending.see(job)
        for _ in range(10):
            await asyncio.sleep(0)


def run(work: Callable[[Watch], Coroutine[Any, Any, None]]) -> Watch:
    """Watch in a loop of its own."""

    async def main() -> Watch:
        watch = Watch()
        await work(watch)
        return watch

    return asyncio.run(main())


def test_live_pending_tells_the_reason_at_its_pace() -> None:
    """Not at once, and not at every look."""

    async def work(watch: Watch) -> None:
        for now in range(0, 31, 5):
            await watch.see(now)

    watch = run(work)
    assert len(watch.log.told) == 2
    assert "container 'main': Failed to pull image" in watch.log.told[0]


def test_live_pending_of_a_running_job_asks_nothing() -> None:
    """There is nothing to explain."""

    async def work(watch: Watch) -> None:
        for now in range(0, 100, 10):
            await watch.see(now, JobState(JOB.name, RUNNING))

    assert run(work).poller.hook.asked == 0


def test_live_pending_keeps_to_the_bound_of_all_jobs_together() -> None:
    """Hundreds of pending jobs must not become hundreds of questions."""

    async def work(watch: Watch) -> None:
        watch.poller.may = False
        for now in range(0, 100, 10):
            await watch.see(now)

    assert run(work).poller.hook.asked == 0


def test_live_pending_asks_no_second_time_while_the_first_is_not_answered() -> None:
    """A slow answer holds up neither the status nor a thread."""

    async def work(watch: Watch) -> None:
        watch.poller.gate.clear()
        for now in range(0, 200, 10):
            await watch.see(now)
        assert watch.log.told == []
        watch.poller.gate.set()
        await watch.see(200)

    assert run(work).poller.hook.asked == 1


def test_live_pending_stopped_tells_nothing_any_more() -> None:
    """The job began while it was asked why it does not."""

    async def work(watch: Watch) -> None:
        watch.poller.gate.clear()
        await watch.see(0)
        await watch.see(10)
        watch.pending.stop()
        watch.poller.gate.set()
        await asyncio.sleep(0)

    assert run(work).log.told == []


def test_live_pending_gives_an_image_up_after_its_patience() -> None:
    """What it tells is what it judges by."""

    async def work(watch: Watch) -> None:
        await watch.see(0)
        await watch.see(10)
        assert not watch.pending.image_is_given_up
        await watch.see(10 + IMAGE_PATIENCE)
        assert watch.pending.image_is_given_up

    run(work)
