"""Make questions to the triggerer's supervisor safe from threads and from cancellation, where Airflow does not.

Before it kept its pending questions by number, Airflow (3.1) asked from a thread in an event loop of that thread's own,
and left the answer to a cancelled question for the next one to find: "Response read out of order", and the whole
triggerer ends. A login in a thread and a trigger that is stopped are enough for that.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any

_SAFE: set[type] = set()


def make_safe() -> None:
    """Ask from the running loop only, and let each question have its answer; does nothing where Airflow does so."""
    from airflow.sdk.execution_time import task_runner

    comms = getattr(task_runner, "SUPERVISOR_COMMS", None)
    kind: Any = type(comms)
    if not hasattr(comms, "_async_reader") or hasattr(comms, "_pending") or kind in _SAFE:
        return
    loop, thread = asyncio.get_running_loop(), threading.get_ident()
    ask, ask_here = kind.asend, kind.send

    async def asend(self: Any, message: Any) -> Any:
        if asyncio.get_running_loop() is not loop:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(ask(self, message), loop))
        return await asyncio.shield(loop.create_task(ask(self, message)))

    def send(self: Any, message: Any) -> Any:
        if threading.get_ident() == thread:
            return ask_here(self, message)
        return asyncio.run_coroutine_threadsafe(ask(self, message), loop).result()

    kind.asend, kind.send = asend, send
    _SAFE.add(kind)
