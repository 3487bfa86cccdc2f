"""The statements of one session that run now, and how to stop each of them alone."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

_REMEMBERED = 64
"""Statements of one session that may run at once and still be stopped one by one."""


class Running:
    """Statements by query id and DuckDB cursors at work; a statement runs in one thread."""

    def __init__(self) -> None:
        self._current = threading.local()
        self._lock = threading.RLock()
        self._events: dict[str, threading.Event] = {}
        self._cursors: dict[Any, threading.Event] = {}

    @property
    def event(self) -> threading.Event:
        """Set when the statement of this thread is to stop."""
        found: threading.Event | None = getattr(self._current, "event", None)
        if found is None:
            found = self._current.event = threading.Event()
        return found

    @contextlib.contextmanager
    def statement(self, query_id: str) -> Iterator[None]:
        """Begin a statement that :meth:`cancel` finds by ``query_id``; one inside another is stopped with it.

        It stays findable afterwards, since its rows may still stream from DuckDB.
        """
        if getattr(self._current, "busy", False):
            yield
            return
        event = self._current.event = threading.Event()
        with self._lock:
            self._events[query_id or str(id(event))] = event
            while len(self._events) > _REMEMBERED:
                del self._events[next(iter(self._events))]
        self._current.busy = True
        try:
            yield
        finally:
            self._current.busy = False

    @contextlib.contextmanager
    def __call__(self, cursor: Any) -> Iterator[Any]:
        """While inside, :meth:`cancel` interrupts ``cursor``."""
        with self._lock:
            self._cursors[cursor] = self.event
        try:
            yield cursor
        finally:
            with self._lock:
                self._cursors.pop(cursor, None)

    def cancel(self, query_id: str | None = None) -> None:
        """Stop one statement by its id, or all; callable from any thread."""
        with self._lock:
            chosen = list(self._events.values()) if query_id is None else [self._events.get(query_id)]
            for event in chosen:
                if event is not None:
                    event.set()
            for cursor, event in self._cursors.items():
                if query_id is None or event in chosen:
                    cursor.interrupt()
