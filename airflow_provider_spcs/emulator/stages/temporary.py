"""Schema objects that may be temporary: a session's own hide those that everybody sees."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import already_exists, does_not_exist
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.objects import Document, ObjectStore, StoredObject

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session


class Scoped:
    """The account's objects as one session sees them.

    Args:
        store: The durable objects.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._temporary: dict[tuple[int, str, Name], Document] = {}
        self._dropped: dict[str, Callable[[StoredObject], None]] = {}

    def on_drop(self, kind: str, callback: Callable[[StoredObject], None]) -> None:
        """Call ``callback`` after an object of ``kind`` is dropped, temporary or not."""
        self._dropped[kind] = callback
        self._store.on_drop(kind, callback)

    def create(self, session: Session, kind: str, name: Name, document: Document, *, temporary: bool) -> None:
        """Add an object.

        Raises:
            SnowflakeError: 2002 when the session or, for a durable one, the account has the name.
        """
        if not temporary:
            self._store.create(kind, name, document)
            return
        with self._lock:
            if (session.id, kind, name) in self._temporary:
                raise already_exists(name)
            self._temporary[session.id, kind, name] = document

    def find(self, session: Session, kind: str, name: Name) -> Document | None:
        """The properties of the session's own object, else of everybody's; None when there is neither."""
        with self._lock:
            own = self._temporary.get((session.id, kind, name))
        return own if own is not None else self._store.find(kind, name)

    def get(self, session: Session, kind: str, name: Name) -> Document:
        """The object's properties.

        Raises:
            SnowflakeError: 2003 when it is missing.
        """
        document = self.find(session, kind, name)
        if document is None:
            raise does_not_exist(kind, name)
        return document

    def exists(self, session: Session, kind: str, name: Name, *, temporary: bool) -> bool:
        """Whether a new object of that name would collide."""
        with self._lock:
            return (
                (session.id, kind, name) in self._temporary if temporary else self._store.find(kind, name) is not None
            )

    def update(self, session: Session, kind: str, name: Name, **changes: object) -> None:
        """Change some properties.

        Raises:
            SnowflakeError: 2003 when it is missing.
        """
        with self._lock:
            key = (session.id, kind, name)
            if key in self._temporary:
                self._temporary[key] = self._temporary[key] | changes
                return
        self._store.update(kind, name, **changes)

    def rename(self, session: Session, kind: str, name: Name, new: Name) -> None:
        """Give an object another name.

        Raises:
            SnowflakeError: 2003 when it is missing, 2002 when the new name is taken.
        """
        with self._lock:
            if (session.id, kind, name) in self._temporary:
                if (session.id, kind, new) in self._temporary:
                    raise already_exists(new)
                self._temporary[session.id, kind, new] = self._temporary.pop((session.id, kind, name))
                return
        self._store.rename(kind, name, new)

    def drop(self, session: Session, kind: str, name: Name) -> None:
        """Remove an object, the session's own first.

        Raises:
            SnowflakeError: 2003 when it is missing.
        """
        with self._lock:
            own = self._temporary.pop((session.id, kind, name), None)
        if own is None:
            self._store.drop(kind, name)
        elif kind in self._dropped:
            self._dropped[kind](StoredObject(kind, name, own))

    def list(self, session: Session, kind: str) -> list[StoredObject]:
        """Every object of a kind that the session sees, by name."""
        with self._lock:
            seen = {
                name: StoredObject(kind, name, document)
                for (owner, its_kind, name), document in self._temporary.items()
                if owner == session.id and its_kind == kind
            }
        for stored in self._store.list(kind):
            seen.setdefault(stored.name, stored)
        return [seen[name] for name in sorted(seen)]

    def end_session(self, session: Session) -> None:
        """Remove the session's own objects."""
        with self._lock:
            for key in [key for key in self._temporary if key[0] == session.id]:
                del self._temporary[key]
