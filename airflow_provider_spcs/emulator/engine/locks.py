"""Who may write a table now: writers of one table wait for each other, as on Snowflake."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_spcs.emulator.names import Name

_LOOK_AGAIN = 0.2


class Locks:
    """Locks by table, owned by sessions until their transaction ends."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._owners: dict[Name, int] = {}
        self._waits: dict[int, Name] = {}

    def acquire(self, session_id: int, name: Name, cancelled: Callable[[], bool], seconds: float) -> None:
        """Own the lock of ``name``, waiting up to ``seconds``.

        Raises:
            SnowflakeError: 604 when cancelled meanwhile; 625 for a deadlock or when the time is over.
        """
        waited = 0.0
        with self._changed:
            while self._owners.get(name, session_id) != session_id:
                self._waits[session_id] = name
                try:
                    if cancelled():
                        raise SnowflakeError("SQL execution canceled", 604, "57014")
                    if self._deadlocked(session_id) or waited >= seconds:
                        raise SnowflakeError(
                            f"Statement aborted: table '{name}' is locked by another transaction that has not ended "
                            f"(waited {waited:.0f} s).",
                            625,
                            "57014",
                        )
                    if not self._changed.wait(_LOOK_AGAIN):
                        waited += _LOOK_AGAIN
                finally:
                    self._waits.pop(session_id, None)
            self._owners[name] = session_id

    def _deadlocked(self, session_id: int) -> bool:
        seen, current = {session_id}, session_id
        while (wanted := self._waits.get(current)) is not None:
            owner = self._owners.get(wanted)
            if owner is None or owner == current:
                return False
            if owner in seen:
                return True
            seen.add(owner)
            current = owner
        return False

    def release(self, session_id: int) -> None:
        """Give back every lock of a session."""
        with self._changed:
            for name in [name for name, owner in self._owners.items() if owner == session_id]:
                del self._owners[name]
            self._changed.notify_all()
