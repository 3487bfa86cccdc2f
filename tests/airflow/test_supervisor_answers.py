"""Questions to a supervisor that answers in turn, as Airflow 3.1's triggerer asks them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from airflow.sdk.execution_time import task_runner

from airflow_provider_spcs.supervisor_answers import make_safe


def ask_one_by_one(monkeypatch: pytest.MonkeyPatch, work: Callable[[Any, Any], Coroutine[Any, Any, Any]]) -> Any:
    """Run ``work`` with the comms of a triggerer, and what lets the supervisor answer."""

    class Comms:
        """An answer is for whoever reads next."""

        _async_reader = None

        def __init__(self) -> None:
            self.answers: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
            self.lock, self.may_answer = asyncio.Lock(), asyncio.Event()
            self.numbers = itertools.count()

        def send(self, message: Any) -> Any:
            raise AssertionError(f"asked in a thread: {message}")

        async def asend(self, message: Any) -> Any:
            number = next(self.numbers)
            async with self.lock:
                answering = asyncio.create_task(self.answer(number, message))
                answered, answer = await self.answers.get()
                await answering
                if answered != number:
                    raise RuntimeError(f"Response read out of order! {answered} {number}")
                return answer

        async def answer(self, number: int, message: Any) -> None:
            await self.may_answer.wait()
            await self.answers.put((number, f"answer to {message}"))

    async def main() -> Any:
        comms = Comms()
        monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", comms, raising=False)
        make_safe()
        make_safe()
        return await work(comms, comms.may_answer)

    return asyncio.run(main())


def test_question_that_is_cancelled_leaves_the_next_its_own_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped trigger must not end the whole triggerer."""

    async def work(comms: Any, may_answer: asyncio.Event) -> Any:
        first = asyncio.create_task(comms.asend("one"))
        for _ in range(5):
            await asyncio.sleep(0)
        first.cancel()
        second = asyncio.create_task(comms.asend("two"))
        for _ in range(5):
            await asyncio.sleep(0)
        may_answer.set()
        return await second

    assert ask_one_by_one(monkeypatch, work) == "answer to two"


def test_question_from_a_thread_is_asked_in_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """A login in a thread asks for its connection, while the loop asks, too."""

    async def work(comms: Any, may_answer: asyncio.Event) -> Any:
        may_answer.set()
        return await asyncio.gather(asyncio.to_thread(comms.send, "one"), comms.asend("two"))

    assert ask_one_by_one(monkeypatch, work) == ["answer to one", "answer to two"]
