"""The account's object store: what exists, under which name, with which properties; durable.

Tables and views live in the engine. All else that has a name (databases, schemas, warehouses, roles, stages, secrets,
integrations, compute pools, job services, models) is a document here: ``kind``, ``Name``, JSON.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_spcs.emulator.errors import already_exists, does_not_exist
from airflow_provider_spcs.emulator.names import Name

Document = dict[str, Any]


@dataclass(frozen=True)
class StoredObject:
    """One object: its kind (upper case, for example ``"COMPUTE POOL"``), its name, its properties."""

    kind: str
    name: Name
    document: Document


class ObjectStore:
    """Documents by kind and name in one SQLite file; each call is atomic and safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        # A kill -9 loses nothing that was answered; only a power cut could, which a laptop emulator may.
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS objects (kind TEXT, database TEXT, schema TEXT, name TEXT, document TEXT,"
            " PRIMARY KEY (kind, database, schema, name)) WITHOUT ROWID"
        )
        self._dropped: dict[str, list[Callable[[StoredObject], None]]] = {}

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def on_drop(self, kind: str, callback: Callable[[StoredObject], None]) -> None:
        """Call ``callback`` after an object of ``kind`` is dropped, alone or with its schema or database."""
        self._dropped.setdefault(kind, []).append(callback)

    def create(self, kind: str, name: Name, document: Document) -> None:
        """Add an object.

        Raises:
            SnowflakeError: 2002 when the name is taken.
        """
        try:
            with self._lock:
                self._db.execute("INSERT INTO objects VALUES (?, ?, ?, ?, ?)", (kind, *name, json.dumps(document)))
        except sqlite3.IntegrityError:
            raise already_exists(name) from None

    def find(self, kind: str, name: Name) -> Document | None:
        """The object's properties, or None when it is missing."""
        with self._lock:
            row = self._db.execute(
                "SELECT document FROM objects WHERE kind=? AND database=? AND schema=? AND name=?", (kind, *name)
            ).fetchone()
        return json.loads(row[0]) if row else None

    def get(self, kind: str, name: Name) -> Document:
        """The object's properties.

        Raises:
            SnowflakeError: 2003 when it is missing.
        """
        document = self.find(kind, name)
        if document is None:
            raise does_not_exist(kind, name)
        return document

    def update(self, kind: str, name: Name, **changes: object) -> Document:
        """Change some properties; the whole document afterwards.

        Raises:
            SnowflakeError: 2003 when it is missing.
        """
        with self._lock:
            document = self.get(kind, name) | changes
            self._db.execute(
                "UPDATE objects SET document=? WHERE kind=? AND database=? AND schema=? AND name=?",
                (json.dumps(document), kind, *name),
            )
        return document

    def rename(self, kind: str, name: Name, new: Name) -> None:
        """Give an object another name.

        Raises:
            SnowflakeError: 2003 when it is missing, 2002 when the new name is taken.
        """
        with self._lock:
            self.get(kind, name)
            if self.find(kind, new) is not None:
                raise already_exists(new)
            self._db.execute(
                "UPDATE objects SET database=?, schema=?, name=? WHERE kind=? AND database=? AND schema=? AND name=?",
                (*new, kind, *name),
            )

    def drop(self, kind: str, name: Name) -> None:
        """Remove an object.

        Raises:
            SnowflakeError: 2003 when it is missing.
        """
        with self._lock:
            gone = StoredObject(kind, name, self.get(kind, name))
            self._db.execute("DELETE FROM objects WHERE kind=? AND database=? AND schema=? AND name=?", (kind, *name))
        self._tell(gone)

    def drop_within(self, database: str, schema: str | None = None) -> None:
        """Remove all that lives in a database, or in one schema of it (not the database or schema itself)."""
        where, values = "database=?", [database]
        if schema is not None:
            where, values = "database=? AND schema=?", [database, schema]
        with self._lock:
            rows = self._db.execute(f"SELECT * FROM objects WHERE {where}", values).fetchall()
            self._db.execute(f"DELETE FROM objects WHERE {where}", values)
        for row in rows:
            self._tell(_stored(row))

    def values(
        self,
        kind: str,
        keys: Sequence[str],
        database: str | None = None,
        schema: str | None = None,
        name: str | None = None,
    ) -> list[tuple[Any, ...]]:
        """Some properties of all objects of a kind, by name: many times cheaper than their documents.

        Args:
            kind: Which objects.
            keys: Which properties.
            database: Only in this one.
            schema: Only in this one.
            name: Only the one of this name.

        Returns:
            Tuples of database, schema, name and a value for each key: None for one that is missing, 0 or 1 for a
            boolean, JSON text for a list or mapping.
        """
        where, wanted = _scope(kind, database, schema, name)
        extracted = "".join(", json_extract(document, ?)" for _ in keys)
        with self._lock:
            return self._db.execute(
                f"SELECT database, schema, name{extracted} FROM objects WHERE {where} ORDER BY database, schema, name",
                [*(f"$.{key}" for key in keys), *wanted],
            ).fetchall()

    def list(self, kind: str, database: str | None = None, schema: str | None = None) -> list[StoredObject]:
        """All objects of a kind, by name; in one database or schema when given."""
        where, values = _scope(kind, database, schema)
        with self._lock:
            rows = self._db.execute(
                f"SELECT * FROM objects WHERE {where} ORDER BY database, schema, name", values
            ).fetchall()
        # One call of the parser for all of them: thousands of small ones cost several times as much.
        documents = json.loads(f"[{','.join(row[4] for row in rows)}]")
        return [
            StoredObject(row[0], Name(row[1], row[2], row[3]), document)
            for row, document in zip(rows, documents, strict=True)
        ]

    def kinds(self, database: str, schema: str | None = None) -> set[str]:
        """Which kinds of objects a database has, or one schema of it."""
        where, values = (
            ("database=?", [database]) if schema is None else ("database=? AND schema=?", [database, schema])
        )
        with self._lock:
            return {row[0] for row in self._db.execute(f"SELECT DISTINCT kind FROM objects WHERE {where}", values)}

    def _tell(self, gone: StoredObject) -> None:
        for callback in self._dropped.get(gone.kind, []):
            callback(gone)


def _scope(kind: str, database: str | None, schema: str | None, name: str | None = None) -> tuple[str, list[str]]:
    given = [("kind", kind), ("database", database), ("schema", schema), ("name", name)]
    found = [(column, value) for column, value in given if value is not None]
    return " AND ".join(f"{column}=?" for column, _ in found), [value for _, value in found]


def _stored(row: tuple[str, str, str, str, str]) -> StoredObject:
    kind, database, schema, name, document = row
    return StoredObject(kind, Name(database, schema, name), json.loads(document))
