"""The account's time: the machine's, or a test's hand."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time."""

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC)

    def wait(self, seconds: float, until: threading.Event | None = None) -> bool:
        """Pass ``seconds``; true at once when the event ``until`` is set meanwhile."""
        if until is not None:
            return until.wait(seconds)
        time.sleep(seconds)
        return False


class TickClock(Clock):
    """Time that moves only when told to."""

    def __init__(self, start: datetime | None = None) -> None:
        self._now = start or datetime.now(UTC)
        self._moved = threading.Condition()

    def now(self) -> datetime:
        """The time in UTC, as the last tick left it."""
        with self._moved:
            return self._now

    def tick(self, seconds: float = 1.0) -> None:
        """Move time forward by ``seconds`` and wake whoever waits."""
        with self._moved:
            self._now += timedelta(seconds=seconds)
            self._moved.notify_all()

    def wait(self, seconds: float, until: threading.Event | None = None) -> bool:
        """Wait for ticks that add up to ``seconds``, or for the event ``until``."""
        with self._moved:
            end = self._now + timedelta(seconds=seconds)
            while self._now < end:
                if until is not None and until.is_set():
                    return True
                self._moved.wait(0.05)
        return bool(until is not None and until.is_set())
