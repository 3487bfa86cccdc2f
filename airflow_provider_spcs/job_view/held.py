"""Connections to Snowflake that views share: one for each door, closed when nobody looks any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from airflow_provider_spcs.door import Door
from airflow_provider_spcs.hooks import SpcsHook

IDLE_SECONDS = 120.0
MOST = 16
TRANSIENT_SECONDS = 5.0
"""How long an error that may pass is borne: a person waits for the page."""


class HeldHooks:
    """Hooks by door.

    Args:
        clock: Stands in for ``time.monotonic`` in tests.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[Door, tuple[SpcsHook, float]] = {}

    def get(self, door: Door) -> SpcsHook:
        """The door's hook; those that nobody asked for lately are closed."""
        now = self._clock()
        with self._lock:
            known = self._held.pop(door, None)
            hook = known[0] if known else door.hook(transient_timeout=TRANSIENT_SECONDS)
            # Put last: the first in the dictionary is the one that was asked for longest ago.
            self._held[door] = (hook, now)
            stale = [key for key, (_, used) in self._held.items() if now - used > IDLE_SECONDS]
            stale += list(self._held)[: max(0, len(self._held) - MOST)]
            closing = [self._held.pop(key)[0] for key in dict.fromkeys(stale)]
        _close(closing)
        return hook

    def close(self) -> None:
        """Close all."""
        with self._lock:
            closing = [hook for hook, _ in self._held.values()]
            self._held.clear()
        _close(closing)


def _close(hooks: list[SpcsHook]) -> None:
    for hook in hooks:
        # A logout that fails says nothing new: the session ends by itself.
        with suppress(Exception):
            hook.close()
