"""The shared poller in an event loop, with a door that leads to a hook by script."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from airflow_provider_spcs import poller as module
from airflow_provider_spcs.errors import StatementError, TransientError
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.poller import Poller
from airflow_provider_spcs.rows import JobState
from airflow_provider_spcs.status import RUNNING

NAMES = [JobName("DB", "S", f"AF_JOB_{number}") for number in range(3)]


class Hook:
    """Lists all jobs, or fails as the script says; notes what it was asked."""

    def __init__(self, script: list[Exception | None]) -> None:
        self._script = script
        self.asked: list[tuple[str | None, str | None]] = []
        self.closed = 0

    def list_jobs(self, schema: str, *, like: str | None = None, starts_with: str | None = None) -> list[JobState]:
        """One statement."""
        self.asked.append((like, starts_with))
        error = self._script.pop(0) if self._script else None
        if error is not None:
            raise error
        return [JobState(name, RUNNING) for name in NAMES]

    def recover(self) -> None:
        """Fail no more."""
        self._script.clear()

    def close(self) -> None:
        """Let the connection go."""
        self.closed += 1


class Door:
    """Leads to a hook."""

    def __init__(self, *script: Exception | None) -> None:
        self.made = Hook(list(script))

    def hook(self, **_: Any) -> Hook:
        """Always the same."""
        return self.made


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The scatter of each pause is noted, and the pause then takes no time to speak of."""
    seen: list[float] = []

    def scatter(low: float, high: float) -> float:
        assert high > low
        seen.append(low)
        return 0.001

    monkeypatch.setattr(module.random, "uniform", scatter)
    return seen


def run(door: Door, work: Callable[[Poller], Coroutine[Any, Any, Any]]) -> Any:
    """Work with a poller of its own loop."""

    async def main() -> Any:
        given: Any = door
        return await work(Poller(given, "DB.S"))

    return asyncio.run(main())


def test_poller_answers_everybody_with_one_statement(pauses: list[float]) -> None:
    """By what all names begin with; a single job by its name."""
    door = Door()

    async def work(poller: Poller) -> None:
        async with poller.waiting(NAMES[0], 10) as one:
            first = await poller.next(one, 0)
            assert NAMES[0] in first.jobs
            async with poller.waiting(NAMES[1], 10) as two, poller.waiting(NAMES[2], 10) as three:
                before = len(door.made.asked)
                answers = await asyncio.gather(*(poller.next(each, first.number) for each in (one, two, three)))
                assert len({answer.number for answer in answers}) == 1
                await poller.next(one, answers[0].number + 1)
                assert door.made.asked[before + 1] == (None, "AF_JOB_")

    run(door, work)
    assert door.made.asked[0] == ("AF_JOB_0", None)


def test_poller_scatters_its_pauses(pauses: list[float]) -> None:
    """Many triggerers must not ask in step, and none asks more often than once an interval."""

    async def work(poller: Poller) -> None:
        async with poller.waiting(NAMES[0], 10) as one:
            await poller.next(one, 2)

    run(Door(), work)
    assert min(pauses) >= 1


def test_poller_bears_errors_that_pass(pauses: list[float]) -> None:
    """A failed poll is not a failed job: nobody hears of it."""
    errors = [TransientError("SHOW", "reset") for _ in range(20)]

    async def work(poller: Poller) -> int:
        async with poller.waiting(NAMES[0], 10) as one:
            return (await poller.next(one, 0)).number

    door = Door(*errors)
    assert run(door, work) == 1
    assert len(door.made.asked) == 21


ALWAYS = [TransientError("SHOW", "reset") for _ in range(100_000)]


def test_poller_gives_errors_that_pass_up_when_its_limit_is_over(pauses: list[float]) -> None:
    """The error says how long it was tried, and which parameter is the limit."""

    async def work(poller: Poller) -> None:
        async with poller.waiting(NAMES[0], 10, 0.05) as one:
            await poller.next(one, 0)

    with pytest.raises(TransientError, match=r"in 0\.05 seconds, last with .*reset.* transient_timeout_seconds"):
        run(Door(*ALWAYS), work)


def test_poller_ends_only_the_wait_whose_limit_is_over(pauses: list[float]) -> None:
    """Each task has its own limit: who bears it longer gets the next answer."""
    door = Door(*ALWAYS)

    async def work(poller: Poller) -> int:
        async with poller.waiting(NAMES[0], 10, 600) as patient, poller.waiting(NAMES[1], 10, 0.05) as hasty:
            waiting = asyncio.create_task(poller.next(patient, 0))
            with pytest.raises(TransientError):
                await poller.next(hasty, 0)
            assert not waiting.done()
            door.made.recover()
            return (await waiting).number

    assert run(door, work) == 1


def test_poller_counts_a_limit_from_when_its_task_came(pauses: list[float]) -> None:
    """Errors from before a task waited are not its to bear."""
    door = Door(*ALWAYS)

    async def work(poller: Poller) -> int:
        async with poller.waiting(NAMES[0], 10, 600) as first:
            while len(door.made.asked) < 3:
                await asyncio.sleep(0)
            begun = asyncio.get_running_loop().time()
            async with poller.waiting(NAMES[1], 10, 0.2) as late:
                with pytest.raises(TransientError):
                    await poller.next(late, 0)
                assert asyncio.get_running_loop().time() - begun >= 0.2
            door.made.recover()
            return (await poller.next(first, 0)).number

    assert run(door, work) == 1


def test_poller_believes_a_refusal_at_the_third_time(pauses: list[float]) -> None:
    """A grant may be mended within a few looks; a role that is gone is not waited for."""
    refused = StatementError("SHOW", "no", errno=3001)

    async def work(poller: Poller) -> int:
        async with poller.waiting(NAMES[0], 10) as one:
            return (await poller.next(one, 0)).number

    assert run(Door(refused, refused, None), work) == 1
    with pytest.raises(StatementError):
        run(Door(refused, refused, refused), work)


def test_poller_asks_aside_once_in_ten_seconds_however_many_jobs_wait(pauses: list[float]) -> None:
    """Why a job is pending is for a person; five hundred in one full pool have one reason."""

    async def work(poller: Poller) -> list[bool]:
        return [poller.may_ask_aside() for _ in range(500)]

    assert sum(run(Door(), work)) == 1


def test_poller_lets_its_connection_go_when_nobody_waits(pauses: list[float]) -> None:
    """In its own threads, after what still runs there."""
    door = Door()

    async def work(poller: Poller) -> None:
        async with poller.waiting(NAMES[0], 10) as one:
            await poller.next(one, 0)
        assert poller.idle

    run(door, work)
    assert door.made.closed >= 1


def test_poller_does_not_block_the_loop_while_snowflake_answers(pauses: list[float]) -> None:
    """Other triggers of the loop go on while a statement takes its time."""
    import threading

    door, answered = Door(), threading.Event()
    original = door.made.list_jobs

    def slow(*args: Any, **kwargs: Any) -> list[JobState]:
        assert answered.wait(60)
        return original(*args, **kwargs)

    door.made.list_jobs = slow  # type: ignore[method-assign]

    async def work(poller: Poller) -> None:
        async with poller.waiting(NAMES[0], 10) as one:
            looking = asyncio.create_task(poller.next(one, 0))
            for _ in range(10):
                await asyncio.sleep(0)
            assert not looking.done()
            answered.set()
            await looking

    run(door, work)
