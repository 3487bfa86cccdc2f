"""A session's transaction: autocommit, BEGIN, COMMIT, ROLLBACK, and waiting for other writers."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_spcs.emulator.deviations import deviates
from airflow_provider_spcs.emulator.engine.failures import translated
from airflow_provider_spcs.emulator.engine.literals import sql_text
from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.names import Name

_T = TypeVar("_T")
_RETRY_SECONDS = 60.0


class Transaction:
    """Begins in DuckDB with the first write only: until then every statement sees what others committed.

    Snowflake reads the newest committed rows at each statement; DuckDB's snapshot stands still from its BEGIN on. After
    a session's first write in a transaction its reads come from that snapshot: a deviation, listed in COVERAGE.md.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cursor: Any = None
        self.lock = threading.RLock()
        self.begun = False
        """BEGIN was said, or autocommit is off and a statement has run."""
        self.writing = False
        """DuckDB's transaction is open."""
        self._done: list[Callable[[Any], object]] = []
        self.pending: Callable[[], None] | None = None
        """Reads the rest of a result that still streams from the transaction's cursor."""

    @property
    def autocommit(self) -> bool:
        """Whether each statement outside BEGIN commits by itself."""
        value = self._session.parameters.get("AUTOCOMMIT", True)
        return str(value).upper() not in {"FALSE", "0"}

    def begin(self) -> None:
        """Start a transaction; a second BEGIN changes nothing, as on Snowflake."""
        self.begun = True

    def commit(self) -> None:
        """Make the writes durable and visible."""
        self._end("COMMIT")

    def rollback(self) -> None:
        """Forget the writes."""
        self._end("ROLLBACK")

    def _end(self, word: str) -> None:
        with self.lock:
            try:
                if self.writing:
                    self.drain()
                    with translated():
                        self._cursor.execute(word)
            finally:
                self.begun = self.writing = False
                self._done = []
                self._session.account.engine.locks.release(self._session.id)

    def drain(self) -> None:
        """Take a still streaming result out of the cursor's way."""
        pending, self.pending = self.pending, None
        if pending is not None:
            pending()

    @contextmanager
    def cursor(self) -> Iterator[Any]:
        """The transaction's cursor, nobody else using it."""
        with self.lock:
            if self._cursor is None:
                self._cursor = self._session.cursor()
            self.drain()
            yield self._cursor

    def in_zone(self, zone: str) -> None:
        """Let the transaction's cursor read and write times in another zone."""
        with self.lock:
            if self._cursor is not None:
                self.drain()
                self._cursor.execute(f"SET TimeZone = {sql_text(zone)}")

    def write(self, targets: list[Name], work: Callable[[Any], _T], names: dict[str, str] | None = None) -> _T:
        """Run ``work(cursor)``, which changes ``targets``: in the open transaction, or in one of its own.

        Waits for others that write the same tables; alone in its transaction it is tried again when DuckDB
        reports a conflict.
        """
        locks = self._session.account.engine.locks
        timeout = float(str(self._session.parameters.get("LOCK_TIMEOUT", 43200)))
        with self.lock:
            for name in sorted(targets):
                locks.acquire(self._session.id, name, self._session.cancelled.is_set, timeout)
            with self.cursor() as cursor, self._session.running(cursor):
                if self.begun or not self.autocommit:
                    return self._inside(cursor, work, names)
                try:
                    return self._alone(cursor, work, names)
                finally:
                    locks.release(self._session.id)

    def _inside(self, cursor: Any, work: Callable[[Any], _T], names: dict[str, str] | None) -> _T:
        self.begun = True
        if not self.writing:
            cursor.execute("BEGIN")
            self.writing = True
            self._done = []
        try:
            with translated(names):
                found = work(cursor)
        except SnowflakeError:
            # What another session has dropped meanwhile cannot be written again.
            with translated(names):
                self._replay(cursor)
            raise
        self._done.append(work)
        return found

    def _replay(self, cursor: Any) -> None:
        # A failed statement ends DuckDB's transaction; on Snowflake only the statement is undone. The locks are
        # still held, so what was done before can be done again.
        _abandon(cursor)
        cursor.execute("BEGIN")
        for work in self._done:
            work(cursor)

    def restore(self) -> None:
        """Do again what was written, where a failed read has ended DuckDB's transaction: Snowflake's goes on."""
        import duckdb

        with self.lock:
            if not self.writing:
                return
            try:
                self._cursor.execute("SELECT 1").fetchall()
            except duckdb.Error:
                with translated():
                    self._replay(self._cursor)

    def _alone(self, cursor: Any, work: Callable[[Any], _T], names: dict[str, str] | None) -> _T:
        import duckdb

        until = time.monotonic() + _RETRY_SECONDS
        pause = 0.005
        while True:
            with translated(names):
                try:
                    cursor.execute("BEGIN")
                    found = work(cursor)
                    cursor.execute("COMMIT")
                    return found
                except duckdb.TransactionException:
                    _abandon(cursor)
                    if time.monotonic() > until or self._session.cancelled.is_set():
                        raise
                except BaseException:
                    _abandon(cursor)
                    raise
            # Two that collided should not collide again.
            time.sleep(pause * (0.5 + random.random()))  # noqa: S311
            pause = min(pause * 2, 0.2)

    def ddl(self, targets: list[Name], work: Callable[[Any], _T], names: dict[str, str] | None = None) -> _T:
        """Run DDL: commits the open transaction first, as Snowflake does, then commits itself."""
        with self.lock:
            if self.writing or self.begun:
                self.commit()
            autocommit = self._session.parameters.get("AUTOCOMMIT", True)
            self._session.parameters["AUTOCOMMIT"] = True
            try:
                return self.write(targets, work, names)
            finally:
                self._session.parameters["AUTOCOMMIT"] = autocommit
                self._session.account.engine.types.forget()

    def close(self) -> None:
        """Roll back and give the cursor back."""
        with self.lock:
            self.rollback()
            if self._cursor is not None:
                self._cursor.close()
                self._cursor = None


def _abandon(cursor: Any) -> None:
    import duckdb

    try:
        cursor.execute("ROLLBACK")
    except duckdb.Error:  # nothing was open any more: the error ended it
        return


deviates(
    "transactions",
    "After a session's first write in a transaction its reads come from one snapshot; Snowflake reads the newest "
    "committed rows at each statement.",
)
