"""What was injected, when, into what; in memory and in the home, where it survives a kill of the emulator."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Injected:
    """One fault that happened.

    Args:
        number: From 1, in the order of the account's life in this process.
        time: The machine's time, ISO, UTC; the account's may jump.
        fault: Its name, for example ``"reply_lost"``.
        target: The request's method, path and first words, or the job's name.
        detail: What exactly was done.
    """

    number: int
    time: str
    fault: str
    target: str
    detail: str = ""


class Journal:
    """Grows only; safe from any thread; reads like a list.

    Args:
        path: Each entry is also a line of JSON here.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._entries: list[Injected] = []

    def add(self, fault: str, target: str, detail: str = "") -> None:
        """Note a fault before it takes effect, so that none is missed."""
        with self._lock:
            now = datetime.now(UTC).isoformat()
            entry = Injected(len(self._entries) + 1, now, fault, target, detail)
            self._entries.append(entry)
            with self._path.open("a") as file:
                file.write(json.dumps(asdict(entry)) + "\n")
        _LOG.info("fault %d: %s: %s %s", entry.number, fault, target, detail)

    def clear(self) -> None:
        """Forget the entries in memory; the file keeps them."""
        with self._lock:
            self._entries = []

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Injected]:
        with self._lock:
            return iter(list(self._entries))

    def __getitem__(self, index: int) -> Injected:
        return self._entries[index]

    def __str__(self) -> str:
        return "\n".join(f"{item.number}. {item.fault}: {item.target} {item.detail}".rstrip() for item in self)
