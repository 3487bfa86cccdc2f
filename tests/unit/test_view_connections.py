"""What keeps the views in Airflow's UI from holding too much, or waiting too long."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from airflow_provider_spcs.door import Door
from airflow_provider_spcs.job_view import held
from airflow_provider_spcs.job_view.bounded import TooSlowError, Workers
from airflow_provider_spcs.job_view.held import HeldHooks


class Hook:
    """A hook that knows whether it is closed."""

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        """Note it, and fail as a logout may."""
        self.closed = True
        raise OSError("no answer")


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> tuple[HeldHooks, list[float]]:
    """Hooks that reach nothing, and the time they go by."""
    now = [0.0]
    monkeypatch.setattr(Door, "hook", lambda self, **_: Hook())
    return HeldHooks(lambda: now[0]), now


def test_hook_of_a_door_asked_for_again_is_the_same(hooks: tuple[HeldHooks, list[float]]) -> None:
    """One login serves all who look."""
    kept, _ = hooks
    assert kept.get(Door("a")) is kept.get(Door("a"))
    assert kept.get(Door("a")) is not kept.get(Door("b"))


def test_hook_that_nobody_asked_for_lately_is_closed(hooks: tuple[HeldHooks, list[float]]) -> None:
    """A session that nobody needs ends; that its logout fails harms nobody."""
    kept, now = hooks
    old: Any = kept.get(Door("a"))
    now[0] = held.IDLE_SECONDS + 1
    kept.get(Door("b"))
    assert old.closed
    assert kept.get(Door("a")) is not old


def test_hooks_beyond_the_most_are_closed_the_longest_unused_first(hooks: tuple[HeldHooks, list[float]]) -> None:
    """However many connections there are, few are held."""
    kept, _ = hooks
    made: list[Any] = [kept.get(Door(str(number))) for number in range(held.MOST)]
    kept.get(Door("0"))
    kept.get(Door("one more"))
    assert [hook.closed for hook in made] == [False, True, *([False] * (held.MOST - 2))]
    kept.close()
    assert all(hook.closed for hook in made)


def test_work_that_hangs_is_given_up_and_blocks_no_loop() -> None:
    """The page says so after a while; other requests are answered meanwhile."""
    gate = threading.Event()

    async def both() -> int:
        workers = Workers(threads=2, seconds=0.2)
        hanging = asyncio.create_task(workers.run(gate.wait))
        answer = await workers.run(lambda: 42)
        with pytest.raises(TooSlowError):
            await hanging
        return answer

    try:
        assert asyncio.run(both()) == 42
    finally:
        gate.set()


def test_work_that_fails_raises_what_it_raised() -> None:
    """The page shows it."""

    def fail() -> None:
        raise ValueError("no such table")

    with pytest.raises(ValueError, match="no such table"):
        asyncio.run(Workers().run(fail))
