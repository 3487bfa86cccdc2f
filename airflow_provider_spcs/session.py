"""One held connection: opened when first needed, kept, opened anew when it breaks, safe from any thread."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from airflow_provider_spcs.errors import StatementError
from airflow_provider_spcs.transient import breaks_session, describe, errno_of, is_snowflake, passes


@dataclass(frozen=True, slots=True)
class Reply:
    """A statement's answer.

    Attributes:
        rows: Each row by lower-case column name.
        query_id: The statement's id.
    """

    rows: list[dict[str, Any]]
    query_id: str


class HeldConnection:
    """Runs statements one after the other over one connection.

    A call that cannot have it within ``patience`` seconds, or comes from inside another call of the same thread (a
    signal handler that cancels a job), gets a connection of its own for that one statement: a cancel never waits
    behind a statement that waits.

    Args:
        connect: Opens a connection of the connector, with ``paramstyle="qmark"``.
        patience: Seconds to wait for the held one.
    """

    def __init__(self, connect: Callable[[], Any], *, patience: float = 5.0) -> None:
        self._connect = connect
        self._patience = patience
        self._lock = threading.RLock()
        self._inside = False
        self._connection: Any = None
        self._process = os.getpid()

    def run(self, text: str, binds: Sequence[object] = ()) -> Reply:
        """Run one statement.

        Raises:
            Exception: What the connector raises; a login that is refused is a StatementError.
        """
        with self._borrowed() as connection:
            return _execute(connection, text, binds)

    def close(self) -> None:
        """Close the held connection; the next statement opens another."""
        connection, self._connection = self._connection, None
        if connection is not None and self._process == os.getpid():
            # A logout that fails says nothing new: the session ends by itself.
            with contextlib.suppress(Exception):
                connection.close()

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[Any]:
        if self._process != os.getpid():
            # A fork copies the socket and the lock; neither can be shared with the parent.
            self._lock, self._inside, self._connection = threading.RLock(), False, None
            self._process = os.getpid()
        locked = self._lock.acquire(timeout=self._patience)
        try:
            if not locked or self._inside:
                with contextlib.closing(self._open()) as own:
                    yield own
                return
            self._inside = True
            try:
                yield self._held()
            except Exception as error:
                if breaks_session(error):
                    self.close()
                raise
            finally:
                self._inside = False
        finally:
            if locked:
                self._lock.release()

    def _held(self) -> Any:
        if self._connection is not None and self._connection.is_closed():
            self._connection = None
        if self._connection is None:
            self._connection = self._open()
        return self._connection

    def _open(self) -> Any:
        try:
            return self._connect()
        except Exception as error:
            if passes(error, connecting=True) or not is_snowflake(error):
                raise
            raise StatementError(
                "login to Snowflake",
                describe(error),
                "The connection's account, user and credentials open a session",
                "Test the connection; a password, key or token that was renewed in it is used at the next login",
                errno=errno_of(error),
                sqlstate=str(getattr(error, "sqlstate", "") or ""),
            ) from error


def _execute(connection: Any, text: str, binds: Sequence[object]) -> Reply:
    with contextlib.closing(connection.cursor()) as cursor:
        if binds:
            cursor.execute(text, tuple(binds))
        else:
            cursor.execute(text)
        names = [str(column[0]).lower() for column in cursor.description or ()]
        rows = [dict(zip(names, row, strict=False)) for row in cursor.fetchall()] if names else []
        return Reply(rows, str(cursor.sfqid or ""))
