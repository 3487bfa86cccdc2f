"""Which files a table was loaded from, so that COPY loads none twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.objects import ObjectStore
from airflow_provider_spcs.emulator.stages.md5 import Digests

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.stages.location import File, Location

_KIND = "LOAD HISTORY"


class Loads:
    """The load history of tables; a table that is created, dropped or truncated has none.

    Args:
        store: Where histories of durable tables are kept; those of temporary ones live with their session.
        digests: Sums of files, by which a changed file of the same name is a new one.
    """

    def __init__(self, store: ObjectStore, digests: Digests) -> None:
        self._store = store
        self._digests = digests
        self._temporary: dict[tuple[int, Name], dict[str, str]] = {}

    def new(self, session: Session, table: Name, location: Location, files: list[File]) -> list[File]:
        """The files that the table was not loaded from yet."""
        known = self._known(session, table)
        if not known:
            return files
        return [file for file in files if known.get(_key(location, file)) != self._digests.md5(location.root, file)]

    def note(self, session: Session, table: Name, location: Location, files: list[File]) -> None:
        """Remember that the files were loaded."""
        loaded = {_key(location, file): self._digests.md5(location.root, file) for file in files}
        if table in session.temporary:
            self._temporary.setdefault((session.id, table), {}).update(loaded)
        elif self._store.find(_KIND, table) is None:
            self._store.create(_KIND, table, {"files": loaded})
        else:
            self._store.update(_KIND, table, files=self._known(session, table) | loaded)

    def forget(self, session: Session, table: Name) -> None:
        """Forget the table's history: it was created, dropped or truncated."""
        if table in session.temporary:
            self._temporary.pop((session.id, table), None)
        elif self._store.find(_KIND, table) is not None:
            self._store.drop(_KIND, table)

    def end_session(self, session: Session) -> None:
        """Forget the histories of the session's temporary tables."""
        for key in [key for key in self._temporary if key[0] == session.id]:
            del self._temporary[key]

    def _known(self, session: Session, table: Name) -> dict[str, str]:
        if table in session.temporary:
            return self._temporary.get((session.id, table), {})
        found = self._store.find(_KIND, table)
        return dict(found["files"]) if found else {}


def _key(location: Location, file: File) -> str:
    return f"{location.root}/{file.path}"
