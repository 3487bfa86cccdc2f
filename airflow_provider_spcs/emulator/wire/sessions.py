"""Sessions as the wire sees them: found by token, expiring, renewed, closed."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.clock import Clock
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.wire.credentials import hashed
from airflow_provider_spcs.emulator.wire.running import Retries

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

SESSION_SECONDS = 3600
MASTER_SECONDS = 4 * 3600


@dataclass
class WireSession:
    """An open session and what only the wire knows of it."""

    session: Session
    expires: datetime
    master_expires: datetime
    arrow: bool = True
    """Whether the client reads results as Arrow."""
    object_store: bool = False
    """Whether the client moves staged files over HTTP only, as from and to an object store."""
    owned: bool = True
    """Whether the session ends with it; a procedure's own client joins its caller's session."""
    retries: Retries = field(default_factory=Retries)

    _users: int = 0
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """While inside, the session is not closed; statements of one session may overlap (``execute_async``)."""
        with self._lock:
            if self._closed:
                raise _refused(390111, "Session no longer exists. New login required to access the service.")
            self._users += 1
        try:
            yield
        finally:
            self._leave()

    def _leave(self) -> None:
        with self._lock:
            self._users -= 1
            last = self._closed and not self._users
        if last and self.owned:
            self.session.close()

    def close(self) -> None:
        """End the session: now, or when its last statement has ended; detached ones go on by Snowflake's rule."""
        with self._lock:
            first, self._closed = not self._closed, True
            idle = not self._users
        if first and idle and self.owned:
            self.session.close()


@dataclass(frozen=True)
class Tokens:
    """The two secrets a client holds: one for statements, one to renew it."""

    session: str
    master: str


class Sessions:
    """Every open session of the account.

    Args:
        clock: Decides what has expired.
        session_seconds: Life of a session token.
        master_seconds: Life of a session without any sign of its client.
    """

    def __init__(
        self, clock: Clock, session_seconds: float = SESSION_SECONDS, master_seconds: float = MASTER_SECONDS
    ) -> None:
        self._clock = clock
        self.session_seconds = session_seconds
        self.master_seconds = master_seconds
        self._lock = threading.RLock()
        self._by_token: dict[str, WireSession] = {}
        self._by_master: dict[str, WireSession] = {}

    def add(self, session: Session, *, arrow: bool = True, object_store: bool = False, owned: bool = True) -> Tokens:
        """Hold an opened session; the tokens that lead to it."""
        self.sweep()
        now = self._clock.now()
        return self._issue(WireSession(session, now, now, arrow, object_store, owned))

    def find(self, token: str) -> WireSession:
        """The session of a token.

        Raises:
            SnowflakeError: 390112 when the token has expired, 390111 when there is no such session.
        """
        with self._lock:
            found = self._by_token.get(hashed(token))
        if found is None:
            raise _refused(390111, "Session no longer exists. New login required to access the service.")
        if found.expires <= self._clock.now():
            raise _refused(390112, "Your session has expired. Please login again.")
        return found

    def keep_alive(self, token: str) -> None:
        """Note a sign of life.

        Raises:
            SnowflakeError: As :meth:`find`.
        """
        found = self.find(token)
        found.master_expires = self._clock.now() + timedelta(seconds=self.master_seconds)

    def renew(self, master: str) -> tuple[Tokens, WireSession]:
        """New tokens for the session of a master token; the old ones stop working.

        Raises:
            SnowflakeError: 390114 when the master token has expired, 390113 when it is unknown.
        """
        with self._lock:
            found = self._by_master.get(hashed(master))
            if found is None:
                raise _refused(390113, "Authentication token not found. The user must authenticate again.")
            if found.master_expires <= self._clock.now():
                raise _refused(390114, "Authentication token has expired. The user must authenticate again.")
            self._forget(found)
            return self._issue(found), found

    def expire(self, token: str, *, master: bool) -> None:
        """Have a session's token be past its life now; with ``master`` the one that renews it as well."""
        with self._lock:
            found = self._by_token.get(hashed(token))
        if found is not None:
            found.expires = self._clock.now()
            if master:
                found.master_expires = found.expires

    def close(self, token: str) -> None:
        """End a session; one that is gone already is no error."""
        with self._lock:
            found = self._by_token.get(hashed(token))
            if found is not None:
                self._forget(found)
        if found is not None:
            found.close()

    def close_all(self) -> None:
        """End every session."""
        with self._lock:
            found = {id(session): session for session in self._by_master.values()}
            self._by_token.clear()
            self._by_master.clear()
        for session in found.values():
            session.close()

    def sweep(self) -> None:
        """End the sessions whose clients went away without a word."""
        now = self._clock.now()
        with self._lock:
            stale = [session for session in self._by_master.values() if session.master_expires <= now]
            for session in stale:
                self._forget(session)
        for session in stale:
            session.close()

    def _issue(self, found: WireSession) -> Tokens:
        tokens = Tokens(secrets.token_urlsafe(32), secrets.token_urlsafe(32))
        now = self._clock.now()
        with self._lock:
            found.expires = now + timedelta(seconds=self.session_seconds)
            found.master_expires = now + timedelta(seconds=self.master_seconds)
            self._by_token[hashed(tokens.session)] = found
            self._by_master[hashed(tokens.master)] = found
        return tokens

    def _forget(self, gone: WireSession) -> None:
        self._by_token = {key: kept for key, kept in self._by_token.items() if kept is not gone}
        self._by_master = {key: kept for key, kept in self._by_master.items() if kept is not gone}


def _refused(errno: int, message: str) -> SnowflakeError:
    return SnowflakeError(message, errno, "08001")
