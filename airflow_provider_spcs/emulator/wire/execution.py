"""Run a client's request on its session: one statement or several, within a time limit, into a stored result."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sqlglot.tokens import TokenType

from airflow_provider_spcs.emulator import disk
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.result import Kind, Result, text
from airflow_provider_spcs.emulator.statement import split, tokenize
from airflow_provider_spcs.emulator.wire.results import Results
from airflow_provider_spcs.emulator.wire.running import Queries, Query, Request
from airflow_provider_spcs.emulator.wire.sessions import WireSession

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

_LOG = logging.getLogger(__name__)
_LONGEST = 172_800
"""Snowflake's default limit, two days; not worth a timer."""


class Execution:
    """Starts requests in threads of their own.

    Args:
        queries: Where they can be found.
        results: Where their rows go.
    """

    def __init__(self, queries: Queries, results: Results) -> None:
        self._queries = queries
        self._results = results

    def start(self, session: WireSession, request: Request) -> Query:
        """Begin; the query's ``done`` is set when it ends."""
        query = Query(request, session.session.user)
        self._queries.add(query, session)
        threading.Thread(target=self._run, args=(session, query), name=f"query-{query.id}", daemon=True).start()
        return query

    def _run(self, session: WireSession, query: Query) -> None:
        failure: SnowflakeError | None = None
        try:
            with session.in_use():
                self._answer(session, query)
        except SnowflakeError as error:
            failure = error
        except Exception as error:  # noqa: BLE001 a thread that dies silently would leave its client waiting
            # The client gets an error it shows at once; an HTTP 5xx would make it retry for half a minute.
            _LOG.exception("statement %s failed inside the emulator", query.id)
            failure = internal_error(error)
        if failure is not None and (query.cancelled or query.timed_out):
            failure = _stopped(query)
        self._queries.end(query, failure)

    def _answer(self, session: WireSession, query: Query) -> None:
        if query.cancelled:
            raise _stopped(query)
        query.status = "RUNNING"
        engine = session.session
        with _for_this_request(engine, query.request.parameters), self._time_limit(engine, query):
            try:
                self._execute(engine, query)
                if query.cancelled:
                    raise _stopped(query)
            finally:
                query.context = context_of(engine)
                query.arrow = session.arrow and _format(engine) == "ARROW"

    def _execute(self, engine: Session, query: Query) -> None:
        statements = split(query.request.sql)
        if not statements:
            raise SnowflakeError("SQL compilation error:\nEmpty SQL statement.", 900, "42601")
        _check_count(len(statements), engine, query.request)
        if len(statements) == 1:
            self._one(engine, query, statements[0], query.request.binds)
            return
        rest = list(query.request.binds)
        for statement in statements:
            count = sum(token.token_type is TokenType.PLACEHOLDER for token in tokenize(statement))
            child = Query(Request(statement), query.user, session_id=query.session_id)
            self._queries.add(child)
            query.children.append(child)
            try:
                self._one(engine, child, statement, rest[:count])
            except SnowflakeError as error:
                self._queries.end(child, error)
                raise
            del rest[:count]
            child.context = context_of(engine)
            child.arrow = _format(engine) == "ARROW"
            self._queries.end(child, None)
        done = Result([text("multiple statement execution")], [("Multiple statements executed successfully.",)])
        done.kind = Kind.MULTI
        query.stored = self._results.store(query.id, done)

    def _one(self, engine: Session, query: Query, statement: str, binds: Sequence[object]) -> None:
        request = query.request
        if request.describe_only:
            result = engine.describe(statement, binds)
        elif request.rows is not None:
            result = engine.execute_many(statement, request.rows, query_id=query.id)
        else:
            result = engine.execute(statement, binds, query_id=query.id)
        query.transfer = result.transfer
        query.stored = self._results.store(query.id, result)

    @contextlib.contextmanager
    def _time_limit(self, engine: Session, query: Query) -> Iterator[None]:
        wanted = str(engine.parameters.get("STATEMENT_TIMEOUT_IN_SECONDS"))
        seconds = int(wanted) if wanted.isdecimal() else 0
        if not 0 < seconds < _LONGEST:
            yield
            return

        def stop() -> None:
            query.timed_out = seconds
            engine.cancel(query.id)

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def context_of(engine: Session) -> dict[str, object]:
    """The session's current objects and parameters, as replies tell them to the client."""
    return {
        "database": engine.database,
        "schema": engine.schema,
        "warehouse": engine.warehouse,
        "role": engine.role,
        "parameters": dict(engine.parameters),
    }


def internal_error(error: BaseException) -> SnowflakeError:
    """The client's view of a bug in the emulator, or of a full disk; the log has the rest."""
    return disk.failure(error) or SnowflakeError(
        f"emulator: {type(error).__name__}: {error}. This is a defect of the emulator, not of the statement. "
        "Its log has the traceback; please report it.",
        300_002,
        "XX000",
    )


def _stopped(query: Query) -> SnowflakeError:
    if query.timed_out and not query.cancelled:
        return SnowflakeError(
            f"Statement reached its statement or warehouse timeout of {query.timed_out:g} second(s) and was canceled.",
            630,
            "57014",
        )
    return SnowflakeError("SQL execution canceled", 604, "57014")


def _check_count(count: int, engine: Session, request: Request) -> None:
    wanted = request.parameters.get("MULTI_STATEMENT_COUNT", engine.parameters.get("MULTI_STATEMENT_COUNT", 1))
    expected = int(str(wanted)) if str(wanted).isdecimal() else 1
    if expected not in (0, count):
        raise SnowflakeError(
            f"Actual statement count {count} did not match the desired statement count {expected}.", 8, "0A000"
        )


def _format(engine: Session) -> str:
    # ARROW_FORCE is ARROW here.
    return str(engine.parameters.get("PYTHON_CONNECTOR_QUERY_RESULT_FORMAT", "ARROW")).upper().partition("_")[0]


@contextlib.contextmanager
def _for_this_request(engine: Session, parameters: dict[str, object]) -> Iterator[None]:
    """Session parameters sent with a request hold for that request alone."""
    before = {name: engine.parameters.get(name) for name in parameters}
    engine.parameters.update(parameters)
    try:
        yield
    finally:
        for name, value in before.items():
            if engine.parameters.get(name) != parameters[name]:
                continue  # the statement itself set it
            if value is None:
                engine.parameters.pop(name, None)
            else:
                engine.parameters[name] = value
