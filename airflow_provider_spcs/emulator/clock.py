"""The account's time: the machine's, or a test's hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Real time, which may jump."""

    def __init__(self) -> None:
        self._offset = timedelta(0)
        self._moved = threading.Condition()
        self._callbacks: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC) + self._offset

    def jump(self, seconds: float) -> None:
        """Move the time by ``seconds``, forward or (negative) back, and wake whoever waits for a moment of it."""
        with self._moved:
            self._offset += timedelta(seconds=seconds)
        self._tell()

    def wait(self, seconds: float, until: threading.Event | None = None) -> bool:
        """Pass ``seconds``; true at once when the event ``until`` is set meanwhile."""
        if until is not None:
            return until.wait(seconds)
        time.sleep(seconds)
        return False

    def seconds_until(self, moment: datetime) -> float | None:
        """How long a thread may sleep before ``moment``; None when only :meth:`on_move` can tell of it."""
        return max(0.0, (moment - self.now()).total_seconds())

    def on_move(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` whenever the time is moved by hand, in the thread that moves it."""
        with self._moved:
            self._callbacks.append(callback)

    def off_move(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` no more."""
        with self._moved:
            self._callbacks.remove(callback)

    def _tell(self) -> None:
        with self._moved:
            self._moved.notify_all()
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()


class TickClock(Clock):
    """Time that moves only when told to."""

    def __init__(self, start: datetime | None = None) -> None:
        super().__init__()
        self._now = start or datetime.now(UTC)

    def now(self) -> datetime:
        """The time in UTC, as the last tick left it."""
        with self._moved:
            return self._now

    def tick(self, seconds: float = 1.0) -> None:
        """Move time forward by ``seconds``; all that is due then has been done when this returns."""
        self.jump(seconds)

    def jump(self, seconds: float) -> None:
        """Move time by ``seconds``, forward or (negative) back."""
        with self._moved:
            self._now += timedelta(seconds=seconds)
        self._tell()

    def seconds_until(self, moment: datetime) -> float | None:
        """Zero when ``moment`` has come, else None: a tick will tell."""
        return 0.0 if moment <= self.now() else None

    def wait(self, seconds: float, until: threading.Event | None = None) -> bool:
        """Wait for ticks that add up to ``seconds``, or for the event ``until``."""
        with self._moved:
            end = self._now + timedelta(seconds=seconds)
            while self._now < end:
                if until is not None and until.is_set():
                    return True
                self._moved.wait(0.05)
        return bool(until is not None and until.is_set())
