"""Every job service there ever was, in one SQLite file: what runs, what ended, what was dropped."""

from __future__ import annotations

import json
import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_provider_spcs.emulator.lifecycle import TERMINAL
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.services.job import InstanceState, Job, instances

_COLUMNS = "id, database, schema, name, status, message, created, completed, deleted, details, state"
_OPEN = ", ".join(f"'{status}'" for status in sorted(TERMINAL))


@dataclass
class JobRow:
    """One stored job service; ``details`` is what was fixed at submission. Times are ISO texts in UTC."""

    id: str
    name: Name
    status: str
    message: str
    created: str
    completed: str | None
    deleted: str | None
    details: dict[str, Any]
    instances: list[InstanceState]


class JobStore:
    """Rows by id and by name; each call is atomic and safe from any thread."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, database TEXT, schema TEXT, name TEXT, status TEXT,"
            " message TEXT, created TEXT, completed TEXT, deleted TEXT, details TEXT, state TEXT, owner TEXT)"
        )
        self._db.execute("CREATE INDEX IF NOT EXISTS by_created ON jobs (owner, created)")
        self._db.execute("CREATE INDEX IF NOT EXISTS by_name ON jobs (database, schema, name)")
        self._db.execute("CREATE INDEX IF NOT EXISTS by_end ON jobs (completed) WHERE deleted IS NULL")
        self._db.execute("CREATE TABLE IF NOT EXISTS open_logs (log TEXT PRIMARY KEY, job TEXT)")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def add(self, job: Job, created: str) -> None:
        """Write a new job."""
        with self._lock:
            self._db.execute(
                "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (job.id, *job.name, job.status, job.message, created, None, None,
                 json.dumps(job.details), json.dumps(job.state()), job.details["owner"]),
            )  # fmt: skip

    def remove(self, job_id: str) -> None:
        """Forget a job that was not made after all."""
        with self._lock:
            self._db.execute("DELETE FROM jobs WHERE id=?", (job_id,))

    def save(self, job: Job) -> None:
        """Write what has changed of a job."""
        with self._lock:
            self._db.execute(
                "UPDATE jobs SET status=?, message=?, completed=?, deleted=?, state=? WHERE id=?",
                (job.status, job.message, job.completed, job.deleted, json.dumps(job.state()), job.id),
            )

    def save_details(self, job: Job) -> None:
        """Write what ALTER SERVICE has changed."""
        with self._lock:
            self._db.execute("UPDATE jobs SET details=? WHERE id=?", (json.dumps(job.details), job.id))

    def get(self, job_id: str) -> JobRow | None:
        """A job by its id."""
        with self._lock:
            row = self._db.execute(f"SELECT {_COLUMNS} FROM jobs WHERE id=?", (job_id,)).fetchone()
        return _row(row) if row else None

    def active(self) -> list[JobRow]:
        """Jobs that had not ended when last written, or whose containers had not, oldest first."""
        with self._lock:
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE status NOT IN ({_OPEN}) OR"
                ' (state LIKE \'%"status": "TERMINATING"%\') ORDER BY created'
            ).fetchall()
        return [_row(row) for row in rows]

    def history(self, owner: str, start: str, end: str, limit: int) -> list[JobRow]:
        """Jobs of a role created from ``start`` to ``end``, newest first."""
        with self._lock:
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE owner=? AND created >= ? AND created <= ?"
                " AND json_extract(details, '$.service') IS NULL"
                " ORDER BY created DESC LIMIT ?",
                (owner, start, end, limit),
            ).fetchall()
        return [_row(row) for row in rows]

    def named(self, name: Name) -> list[JobRow]:
        """Every job there was under a name, newest first; at most the last 100."""
        with self._lock:
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE database=? AND schema=? AND name=? ORDER BY created DESC LIMIT 100",
                name,
            ).fetchall()
        return [_row(row) for row in rows]

    def listed(
        self, *, service: bool, status: str = "", words: str = "", limit: int = 50, offset: int = 0
    ) -> list[JobRow]:
        """Jobs, or services that run for long, newest first.

        Args:
            service: Whether services are meant.
            status: Only those with it.
            words: A part of the full name, in any case.
            limit: At most so many.
            offset: So many of the newest are passed over.
        """
        where, values = _listed(words, service=service)
        if status:
            where, values = f"{where} AND status=?", [*values, status]
        with self._lock:
            rows = self._db.execute(
                # Sorted without what the rows hold, which is read for one page only.
                f"SELECT {_COLUMNS} FROM jobs WHERE rowid IN (SELECT rowid FROM jobs WHERE {where}"
                " ORDER BY created DESC, rowid DESC LIMIT ? OFFSET ?) ORDER BY created DESC, rowid DESC",
                (*values, limit, offset),
            ).fetchall()
        return [_row(row) for row in rows]

    def counts(self, *, service: bool, words: str = "") -> dict[str, int]:
        """How many there are by status of those that :meth:`listed` lists."""
        where, values = _listed(words, service=service)
        with self._lock:
            rows = self._db.execute(f"SELECT status, count(*) FROM jobs WHERE {where} GROUP BY 1 ORDER BY 1", values)
            return dict(rows.fetchall())

    def oldest_ended(self) -> tuple[str, Name, str] | None:
        """Id, name and end of the job that ended first among those not dropped."""
        with self._lock:
            row = self._db.execute(
                "SELECT id, database, schema, name, completed FROM jobs"
                " WHERE deleted IS NULL AND completed IS NOT NULL ORDER BY completed LIMIT 1"
            ).fetchone()
        return (row[0], Name(*row[1:4]), row[4]) if row else None

    def mark_deleted(self, job_id: str, when: str) -> None:
        """Note that a job is gone whose name has no object any more."""
        with self._lock:
            self._db.execute("UPDATE jobs SET status='DELETED', deleted=? WHERE id=?", (when, job_id))

    def open_log(self, log: str, job_id: str) -> None:
        """Note that a container's log is not in the event table as a whole."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO open_logs VALUES (?, ?)", (log, job_id))

    def close_log(self, log: str) -> None:
        """Note that it is."""
        with self._lock:
            self._db.execute("DELETE FROM open_logs WHERE log=?", (log,))

    def with_open_logs(self) -> list[str]:
        """Ids of the jobs whose logs are not in the event table as a whole."""
        with self._lock:
            return [row[0] for row in self._db.execute("SELECT DISTINCT job FROM open_logs").fetchall()]


def _listed(words: str, *, service: bool) -> tuple[str, list[str]]:
    where = f"json_extract(details, '$.service') IS {'NOT ' if service else ''}NULL"
    if not words:
        return where, []
    # instr() takes the words as they are: with LIKE, every underscore of a name would stand for any character.
    return f"{where} AND instr(upper(database || '.' || schema || '.' || name), upper(?)) > 0", [words]


def _row(row: tuple[Any, ...]) -> JobRow:
    job_id, database, schema, name, status, message, created, completed, deleted, details, state = row
    return JobRow(
        job_id, Name(database, schema, name), status, message, created, completed, deleted,
        json.loads(details), instances(json.loads(state)),
    )  # fmt: skip
