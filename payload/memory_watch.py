"""Ends training with a reason before the kernel kills it without one."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from machine import MemoryLimit, resident_memory
from problems import FAILED

#: Share of the limit at which training ends at its next batch or round, and at which the process ends at once.
_SOFT, _HARD = 0.92, 0.97
_SECONDS_BETWEEN_LOOKS = 0.2

logger = logging.getLogger(__name__)


class MemoryExhaustedError(Exception):
    """The process has nearly reached its memory limit."""


class MemoryWatch:
    """Looks at this process's memory from a thread of its own.

    File pages do not count: the kernel drops those before it kills.

    Args:
        limit: What memory there is.
    """

    def __init__(self, limit: MemoryLimit) -> None:
        self.limit = limit
        self.peak = 0
        self._message = ""
        self._ended = threading.Event()

    def check(self) -> None:
        """Call at each batch and round.

        Raises:
            MemoryExhaustedError: If the limit is near.
        """
        self._look()
        if self._message:
            raise MemoryExhaustedError(self._message)

    @contextmanager
    def watching(self) -> Iterator[MemoryWatch]:
        """Look every fifth of a second until the block ends."""
        thread = threading.Thread(target=self._watch, name="memory watch", daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_SECONDS_BETWEEN_LOOKS):
            if self._look() > _HARD * self.limit.bytes:
                # The main thread is inside XGBoost and may not come back before the kernel acts.
                sys.stdout.flush()
                sys.stderr.write(f"error: {self._message}\n")
                sys.stderr.flush()
                os._exit(FAILED)

    def _look(self) -> int:
        _, held = resident_memory()
        self.peak = max(self.peak, held)
        if held > _SOFT * self.limit.bytes and not self._message:
            self._message = (
                f"memory: {held / 1e9:.2f} GB of {self.limit.bytes / 1e9:.2f} GB ({self.limit.origin}) are taken. "
                f"Training ends at {_SOFT:.0%}, before the kernel kills it. "
                "Use --memory external or blocks, or give the container more memory."
            )
            logger.error("%s", self._message)
        return held
