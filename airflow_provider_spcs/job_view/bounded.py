"""Work that may block, kept away from the API server's loop and from its own threads, for a limited time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")

THREADS = 4
SECONDS = 30.0


class TooSlowError(Exception):
    """The work did not end in time; it goes on, and its result is thrown away."""


class Workers:
    """A few threads.

    Args:
        threads: How many; a Snowflake that hangs takes no more than these.
        seconds: How long one piece of work may take, waiting for a thread included.
    """

    def __init__(self, threads: int = THREADS, seconds: float = SECONDS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="spcs-view")
        self._seconds = seconds

    async def run(self, work: Callable[[], T]) -> T:
        """The work's result.

        Raises:
            TooSlowError: It takes too long.
        """
        future = self._pool.submit(work)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), self._seconds)
        except TimeoutError:
            future.cancel()
            raise TooSlowError from None
