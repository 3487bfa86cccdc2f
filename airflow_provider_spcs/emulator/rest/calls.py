"""One REST request: in whose session its statement runs, and what a failure looks like."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from airflow_provider_spcs.emulator.engine.query import all_rows
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.wire import login, statements_api
from airflow_provider_spcs.emulator.wire.queries import PATIENCE_SECONDS
from airflow_provider_spcs.emulator.wire.running import Query, Request
from airflow_provider_spcs.emulator.wire.sessions import WireSession

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.wire.gateway import Call, Gateway

_STATUS = {2002: 409, 2003: 404, 2043: 404, 3001: 403, 709: 404}


def failed(error: SnowflakeError) -> Response:
    """The error as the REST API says it."""
    denied = 390_000 <= error.errno < 391_000 and error.errno != 390_400
    status = 401 if denied or error.errno in {394_400, 394_401} else _STATUS.get(error.errno, 400)
    body = {
        "code": str(status),
        "error_code": error.code,
        "message": error.message,
        "request_id": str(uuid.uuid4()),
    }
    return JSONResponse(body, status_code=status)


def opened(gateway: Gateway, call: Call) -> Session:
    """A session of the caller's user and role for this request alone; a client's own session is not touched.

    Raises:
        SnowflakeError: 3901xx without a valid token.
    """
    if call.authorization.lower().startswith("snowflake"):
        own = gateway.session(call).session
        return gateway.account.session(
            user=own.user, role=own.role, database=own.database, schema=own.schema, warehouse=own.warehouse
        )
    user, role = statements_api.caller(gateway, call)
    return login.open_session(gateway, user, role, {}, {})


@contextlib.contextmanager
def session_of(gateway: Gateway, call: Call) -> Iterator[Session]:
    """As :func:`opened`, closed at the end."""
    session = opened(gateway, call)
    try:
        yield session
    finally:
        session.close()


def rows(session: Session, sql: str) -> list[dict[str, Any]]:
    """The rows of a statement, by column name."""
    result = session.execute(sql)
    names = [column.name for column in result.columns]
    return [dict(zip(names, row, strict=True)) for row in all_rows(result)]


async def changed(gateway: Gateway, call: Call, sql: str) -> Response:
    """Run a statement that changes something; 202 with an address to ask at when it takes longer than 45 seconds."""

    def begin() -> Query:
        now = gateway.account.clock.now()
        held = WireSession(opened(gateway, call), now, now)
        query = gateway.execution.start(held, Request(sql))
        query.done.add_done_callback(lambda _done: held.close())
        return query

    return await outcome(await run_in_threadpool(begin))


async def outcome(query: Query) -> Response:
    """The end of such a statement, if it comes within 45 seconds."""
    await asyncio.wait([asyncio.wrap_future(query.done)], timeout=PATIENCE_SECONDS)
    if not query.done.done():
        body = {"code": "333334", "message": "Request execution in progress. Ask again at the address in Location."}
        body["resultHandler"] = query.id
        return JSONResponse(body, status_code=202, headers={"Location": f"/api/v2/results/{query.id}"})
    if query.error is not None:
        return failed(query.error)
    return JSONResponse({"status": "Request successfully completed"})
