"""One armed fault: how often it has fitted and happened, and whether it is due now."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from types import TracebackType

from airflow_provider_spcs.emulator.faults.when import FaultError, Schedule, Seen


class Fault:
    """Armed until it has happened as often as it may, or is removed; as a context manager, until the block ends.

    Args:
        name: As the log says it.
        schedule: Which of the moments that fit are met.
        seed: Decides what is met under a probability.
        on_remove: Called once, when it is removed.
    """

    def __init__(self, name: str, schedule: Schedule, seed: str, on_remove: Callable[[Fault], None]) -> None:
        self.name = name
        self.removed = threading.Event()
        """Set when it is removed; requests that hang for it go on then."""
        self._schedule = schedule
        self._random = random.Random(seed)  # noqa: S311  repeatable chance, no secret
        self._on_remove = on_remove
        self._lock = threading.Lock()
        self._fitted = 0
        self._met = 0
        self._requests: set[str] = set()

    @property
    def count(self) -> int:
        """How often it has happened."""
        return self._met

    @property
    def spent(self) -> bool:
        """Whether it has happened as often as it may."""
        return self._schedule.times is not None and self._met >= self._schedule.times

    def due(self, seen: Seen | None = None, *, retries: bool = False) -> bool:
        """Count a moment that fits; whether the fault happens now.

        Args:
            seen: The request, if it is one.
            retries: Whether the repetition of a request that was met is met again, without counting.
        """
        with self._lock:
            request = seen.request_id if seen is not None else ""
            if retries and request and request in self._requests:
                return True
            if self.removed.is_set() or self.spent:
                return False
            self._fitted += 1
            if not self._schedule.due(self._fitted) or self._random.random() >= self._schedule.probability:
                return False
            self._met += 1
            self._requests.add(request)
            return True

    def remove(self) -> None:
        """Arm it no more; what hangs for it goes on. Doing so twice is fine."""
        if not self.removed.is_set():
            self.removed.set()
            self._on_remove(self)

    def __enter__(self) -> Fault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


__all__ = ["Fault", "FaultError"]
