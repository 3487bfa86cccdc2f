"""Statements on their way: started in threads, found by query id, cancelled, awaited."""

from __future__ import annotations

import secrets
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.wire.results import StoredResult

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.wire.sessions import WireSession

_REMEMBERED = 10_000
_REMEMBERED_REQUESTS = 1000


def new_query_id() -> str:
    """A query id in Snowflake's form: a UUID that begins with ``01``."""
    return str(uuid.UUID("01" + secrets.token_hex(15)))


@dataclass(frozen=True)
class Request:
    """What a client asks to run."""

    sql: str
    binds: Sequence[object] = ()
    rows: Sequence[Sequence[object]] | None = None
    """Bound rows of an ``executemany``; the statement runs for all of them."""
    parameters: dict[str, object] = field(default_factory=dict)
    """Session parameters that hold for this request only."""
    describe_only: bool = False
    nullable: bool = True
    """Whether the SQL REST API answers NULL as null; else as the text ``null``."""


@dataclass
class Query:
    """One statement, from its arrival to its result."""

    request: Request
    user: str
    id: str = field(default_factory=new_query_id)
    session_id: int = 0
    started: float = field(default_factory=time.time)
    ended: float = 0.0
    status: str = "QUEUED"
    cancelled: bool = False
    timed_out: float = 0.0
    """The limit in seconds that the statement ran into, if it did."""
    done: Future[None] = field(default_factory=Future)
    stored: StoredResult | None = None
    transfer: dict[str, object] | None = None
    children: list[Query] = field(default_factory=list)
    context: dict[str, object] = field(default_factory=dict)
    """Current database, schema, warehouse, role and session parameters when it ended."""
    arrow: bool = False
    error: SnowflakeError | None = None
    """Why it failed, once ``done`` is set."""


class Retries:
    """Statements by the id of the request that brought them: a client that lost a reply sends the same id again.

    Keeps the newest 1,000.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queries: OrderedDict[str, Query] = OrderedDict()

    def find(self, request_id: str) -> Query | None:
        """The statement that a request has started already."""
        with self._lock:
            return self._queries.get(request_id)

    def remember(self, request_id: str, query: Query) -> None:
        """Note what a request has started; one without an id cannot be told from another."""
        with self._lock:
            if request_id:
                self._queries[request_id] = query
            while len(self._queries) > _REMEMBERED_REQUESTS:
                self._queries.popitem(last=False)


class Queries:
    """Every statement that runs, and the last 10,000 that ended."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._by_id: OrderedDict[str, Query] = OrderedDict()
        self._sessions: dict[str, WireSession] = {}

    def add(self, query: Query, session: WireSession | None = None) -> None:
        """Make a statement findable; with its session while it can still be cancelled."""
        with self._lock:
            self._by_id[query.id] = query
            if session is not None:
                self._sessions[query.id] = session
                query.session_id = session.session.id
            finished = (key for key, kept in self._by_id.items() if kept.done.done())
            while len(self._by_id) > _REMEMBERED and (oldest := next(finished, None)):
                del self._by_id[oldest]
                finished = (key for key, kept in self._by_id.items() if kept.done.done())

    def find(self, query_id: str) -> Query | None:
        """A statement by its id."""
        with self._lock:
            return self._by_id.get(query_id)

    def end(self, query: Query, failure: SnowflakeError | None) -> None:
        """Note the outcome and wake whoever waits for it."""
        query.ended = time.time()
        query.status = "FAILED_WITH_ERROR" if failure else "SUCCESS"
        with self._lock:
            self._sessions.pop(query.id, None)
        query.error = failure
        query.done.set_result(None)

    def cancel(self, query: Query) -> bool:
        """Stop a statement; false when it has ended already."""
        with self._lock:
            session = self._sessions.get(query.id)
            if session is None or query.done.done():
                return False
            query.cancelled = True
            running = query.status == "RUNNING"
        if running:
            session.session.cancel(query.id)
        return True

    def cancel_all(self) -> None:
        """Stop every statement that runs."""
        with self._lock:
            active = [self._by_id[query_id] for query_id in self._sessions]
        for query in active:
            self.cancel(query)

    def latest(self, limit: int) -> list[Query]:
        """The newest statements, newest first, whether they have ended or not."""
        with self._lock:
            return [query for query, _ in zip(reversed(self._by_id.values()), range(limit), strict=False)]

    def running(self, session_id: int | None = None) -> list[Query]:
        """Statements that have not ended, of one session or of all."""
        with self._lock:
            return [
                self._by_id[query_id]
                for query_id, session in self._sessions.items()
                if session_id is None or session.session.id == session_id
            ]
