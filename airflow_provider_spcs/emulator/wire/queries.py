"""Statements over HTTP: run, await, cancel, look up."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from starlette.concurrency import run_in_threadpool

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.wire import bind_stage, binds, reply
from airflow_provider_spcs.emulator.wire.gateway import Call, Gateway
from airflow_provider_spcs.emulator.wire.reply import Reply
from airflow_provider_spcs.emulator.wire.running import Query, Request
from airflow_provider_spcs.emulator.wire.sessions import WireSession

PATIENCE_SECONDS = 45.0
"""How long one request waits for its statement before the client is told to ask again.

Source: Snowflake's own, as its drivers describe it (``333333``).
"""
_RESCAN = re.compile(
    r"\s*select\s+\*\s+from\s+table\s*\(\s*result_scan\s*\(\s*'([0-9a-f-]{36})'\s*\)\s*\)\s*;?\s*\Z", re.IGNORECASE
)
"""How clients read the rows of a statement that they did not wait for; answered with the stored result as it is."""


async def run(gateway: Gateway, call: Call) -> Reply:
    """``POST /queries/v1/query-request``: run the statement, for at most 45 seconds before a first answer."""
    session = gateway.session(call)
    request_id = call.query.get("requestId", "")
    query = session.retries.find(request_id)
    if query is None:
        query = await run_in_threadpool(_started, gateway, session, call.body)
        session.retries.remember(request_id, query)
    if call.body.get("asyncExec"):
        return reply.in_progress(query, detached=True)
    return await awaited(gateway, session, query, call.base_url)


async def result(gateway: Gateway, call: Call) -> Reply:
    """``GET /queries/{id}/result``: the outcome of a statement, as soon as there is one."""
    return await awaited(gateway, gateway.session(call), _own(gateway, call), call.base_url)


async def awaited(gateway: Gateway, session: WireSession, query: Query, base_url: str) -> Reply:
    """The statement's outcome, or the request to ask again."""
    waiter = asyncio.wrap_future(query.done)
    await asyncio.wait([waiter], timeout=PATIENCE_SECONDS)
    if not query.done.done():
        return reply.in_progress(query, detached=False)
    answer = await run_in_threadpool(reply.outcome, query, base_url)
    if session.object_store and query.transfer and query.error is None:
        answer["data"] |= gateway.transfers.offer(query.transfer, base_url)
    return answer


def monitor(gateway: Gateway, call: Call) -> Reply:
    """``GET /monitoring/queries/{id}``: the state of a statement."""
    gateway.session(call)
    query = gateway.queries.find(call.path["query_id"])
    return reply.success({"queries": [_status(query)] if query else []})


def abort(gateway: Gateway, call: Call) -> Reply:
    """``POST /queries/{id}/abort-request``: cancel a statement by its id."""
    gateway.queries.cancel(_own(gateway, call))
    return reply.success()


def abort_by_request(gateway: Gateway, call: Call) -> Reply:
    """``POST /queries/v1/abort-request``: cancel a statement by the id of the request that started it."""
    session = gateway.session(call)
    query = session.retries.find(str(call.body.get("requestId", "")))
    if query is not None and gateway.queries.cancel(query):
        return reply.success()
    raise SnowflakeError("Query not found or not running.", 605, "02000")


def _started(gateway: Gateway, session: WireSession, body: dict[str, Any]) -> Query:
    sql = body.get("sqlText")
    if not isinstance(sql, str):
        raise SnowflakeError("query-request: the body has no 'sqlText'.", 390_400, "08001")
    rescanned = _RESCAN.match(sql)
    if rescanned and not body.get("describeOnly"):
        return _again(gateway, session, sql, rescanned[1])
    given, staged = binds.decode(body.get("bindings")), body.get("bindStage")
    if staged:
        given = [], bind_stage.rows(session.session, str(staged))
    sql, values, rows = binds.numbered(sql, *given)
    parameters = parameters_of(body)
    request = Request(sql, values, rows, parameters, bool(body.get("describeOnly")))
    return gateway.execution.start(session, request)


def parameters_of(body: dict[str, Any]) -> dict[str, object]:
    """The session parameters that a request carries for itself; upper-case names."""
    given = body.get("parameters")
    return {str(name).upper(): value for name, value in given.items()} if isinstance(given, dict) else {}


def _again(gateway: Gateway, session: WireSession, sql: str, query_id: str) -> Query:
    """A new query with the stored result of an earlier one."""
    earlier = gateway.queries.find(query_id)
    if earlier is not None and earlier.user == session.session.user and earlier.error:
        raise earlier.error
    query = Query(Request(sql), session.session.user, context=dict(earlier.context) if earlier else {})
    query.stored = gateway.results.share(query.id, query_id)
    query.arrow = session.arrow and (earlier.arrow if earlier else True)
    gateway.queries.add(query)
    gateway.queries.end(query, None)
    return query


def _own(gateway: Gateway, call: Call) -> Query:
    session = gateway.session(call)
    query = gateway.queries.find(call.path["query_id"])
    if query is None or query.user != session.session.user:
        raise SnowflakeError(f"SQL execution error: Statement {call.path['query_id']} not found", 709, "02000")
    return query


def _status(query: Query) -> dict[str, object]:
    error = query.error
    return {
        "id": query.id,
        "status": query.status,
        "state": query.status,
        "errorCode": error.code if error else "",
        "errorMessage": error.message if error else None,
        "sqlText": query.request.sql,
        "startTime": int(query.started * 1000),
        "endTime": int(query.ended * 1000),
        "totalDuration": int(((query.ended or query.started) - query.started) * 1000),
        "warehouseName": query.context.get("warehouse") or "",
        "stats": {},
    }
