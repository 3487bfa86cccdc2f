"""Waiting for what other threads and processes bring about."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T")

# One limit for all tests, in seconds. A condition that is met ends its wait at once, so that only a failure takes this
# long; a machine that stands still for a minute is no failure.
DEADLINE = 180


def until(condition: Callable[[], _T], what: str = "the condition", pause: float = 0.02) -> _T:
    """Wait until ``condition`` gives something true, and return that.

    Raises:
        AssertionError: It did not within `DEADLINE`.
    """
    end = time.monotonic() + DEADLINE
    while not (found := condition()):
        assert time.monotonic() < end, f"{what}: not within {DEADLINE} s"
        time.sleep(pause)
    return found
