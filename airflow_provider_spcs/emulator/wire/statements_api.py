"""The SQL REST API, ``/api/v2/statements``: submit, fetch, cancel.

``Source:`` https://docs.snowflake.com/en/developer-guide/sql-api/reference
"""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from airflow_provider_spcs.emulator.deviations import deviates
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.wire import binds, login, reply, rowset
from airflow_provider_spcs.emulator.wire.credentials import OAUTH, PAT
from airflow_provider_spcs.emulator.wire.gateway import Answer, Call, Gateway
from airflow_provider_spcs.emulator.wire.queries import PATIENCE_SECONDS, parameters_of
from airflow_provider_spcs.emulator.wire.running import Query, Request
from airflow_provider_spcs.emulator.wire.sessions import WireSession

_CONTEXT = {"database": "databaseName", "schema": "schemaName", "warehouse": "warehouse"}


async def submit(gateway: Gateway, call: Call) -> Answer:
    """``POST /api/v2/statements``: run one statement or several in a session of their own."""
    try:
        query = await run_in_threadpool(_started, gateway, call)
    except SnowflakeError as error:
        return _failed(error)
    if call.query.get("async", "").lower() == "true":
        return _running(query)
    return await _awaited(query, 0)


async def fetch(gateway: Gateway, call: Call) -> Answer:
    """``GET /api/v2/statements/{handle}?partition=n``: the state of a statement, or a part of its rows."""
    try:
        query = await run_in_threadpool(_find, gateway, call)
        partition = int(call.query.get("partition") or 0)
    except SnowflakeError as error:
        return _failed(error)
    except ValueError:
        return _failed(SnowflakeError("partition is not a number", 391_904, "22023"), 400)
    if not query.done.done():
        return _running(query)
    return await _awaited(query, partition)


def cancel(gateway: Gateway, call: Call) -> Answer:
    """``POST /api/v2/statements/{handle}/cancel``: stop a statement."""
    try:
        query = _find(gateway, call)
    except SnowflakeError as error:
        return _failed(error)
    if not gateway.queries.cancel(query):
        return _failed(SnowflakeError("Statement is not running any more.", 604, "57014"))
    return JSONResponse(_head(query) | {"code": "000604", "sqlState": "57014", "message": "successfully canceled"})


def _started(gateway: Gateway, call: Call) -> Query:
    user, role = caller(gateway, call)
    request = f"{user} {call.query['requestId']}" if call.query.get("requestId") else ""
    query = gateway.retries.find(request)
    if query is None:
        query = _begun(gateway, user, role, call)
        gateway.retries.remember(request, query)
    return query


def _begun(gateway: Gateway, user: str, role: str | None, call: Call) -> Query:
    body, token = call.body, call.authorization.partition(" ")[2].strip()
    sql = body.get("statement")
    if not isinstance(sql, str) or not sql.strip():
        raise SnowflakeError("The request body has no 'statement'.", 391_902, "42601")
    asked = {query: str(body[name]) for name, query in _CONTEXT.items() if body.get(name)}
    if body.get("role"):
        asked["roleName"] = str(body["role"])
    session = login.open_session(gateway, user, role, login.with_default_warehouse(gateway, asked, token), {})
    values, _ = binds.decode(body.get("bindings"))
    parameters = parameters_of(body)
    if body.get("timeout"):
        parameters["STATEMENT_TIMEOUT_IN_SECONDS"] = body["timeout"]
    nullable = call.query.get("nullable", "").lower() != "false"
    now = gateway.account.clock.now()
    held = WireSession(session, now, now)
    query = gateway.execution.start(held, Request(sql, values, None, parameters, nullable=nullable))
    # The session was made for this request alone.
    query.done.add_done_callback(lambda _done: held.close())
    return query


def _find(gateway: Gateway, call: Call) -> Query:
    user, _ = caller(gateway, call)
    query = gateway.queries.find(call.path["handle"])
    if query is None or query.user != user:
        raise SnowflakeError(f"Statement {call.path['handle']} not found", 709, "02000")
    return query


def caller(gateway: Gateway, call: Call) -> tuple[str, str | None]:
    """The user that a request's token proves, and the only role it gives.

    Raises:
        SnowflakeError: 3901xx without a valid token.
    """
    scheme, _, token = call.authorization.partition(" ")
    if scheme.lower() == "snowflake":
        session = gateway.session(call).session
        return session.user, session.role
    if scheme.lower() != "bearer" or not token:
        raise SnowflakeError("Authorization header not found in the request data.", 390_101, "08001")
    grant = gateway.credentials.grant(token.strip())
    if grant is None and token.count(".") == 2:
        return login.by_key_pair(gateway, token.strip()), None
    return login.by_token(gateway, token.strip(), "", PAT if grant and grant.kind == PAT else OAUTH)


async def _awaited(query: Query, partition: int) -> Answer:
    await asyncio.wait([asyncio.wrap_future(query.done)], timeout=PATIENCE_SECONDS)
    if not query.done.done():
        return _running(query)
    if query.error is not None:
        return _failed(query.error, 422, query)
    return await run_in_threadpool(_rows, query, partition)


def _head(query: Query) -> dict[str, Any]:
    return {
        "code": "090001",
        "sqlState": "00000",
        "message": "Statement executed successfully.",
        "statementHandle": query.id,
        "statementStatusUrl": f"/api/v2/statements/{query.id}",
        "createdOn": int(query.started * 1000),
    }


def _running(query: Query) -> Answer:
    message = "Asynchronous execution in progress. Use provided query id to perform query monitoring and management."
    return JSONResponse(_head(query) | {"code": "333334", "message": message}, status_code=202)


def _failed(error: SnowflakeError, status: int = 0, query: Query | None = None) -> Answer:
    denied = 390_000 <= error.errno < 391_000 or error.errno in {394_400, 394_401}
    body = {"code": error.code, "sqlState": error.sqlstate, "message": error.message}
    if query is not None:
        body |= {"statementHandle": query.id, "statementStatusUrl": f"/api/v2/statements/{query.id}"}
    return JSONResponse(body, status_code=status or (401 if denied else 422))


def _compressed(data: dict[str, Any]) -> Response:
    """All partitions but the first are compressed, whatever the client says that it takes."""
    body = gzip.compress(json.dumps(data).encode(), compresslevel=1)
    return Response(body, headers={"content-encoding": "gzip"}, media_type="application/json")


def _rows(query: Query, partition: int) -> Answer:
    stored = query.stored
    if stored is None or partition > max(len(stored.parts) - 1, 0) or partition < 0:
        return _failed(SnowflakeError(f"partition {partition} does not exist", 391_904, "22023"), 400)
    batches = stored.batches(partition) if stored.parts else []
    rows = [row for batch in batches for row in rowset.to_rows(batch, stored.columns)]
    empty = None if query.request.nullable else "null"
    data = {"data": [[empty if value is None else value for value in row] for row in rows]}
    if partition:
        return _compressed(data)
    answer = _head(query) | data | reply.changes(stored, rows)
    answer["resultSetMetaData"] = {
        "format": "jsonv2",
        "numRows": stored.rows,
        "partitionInfo": [{"rowCount": part.rows, "uncompressedSize": part.size} for part in stored.parts],
        "rowType": [rowset.rowtype(column) for column in stored.columns],
    }
    if query.children:
        answer["statementHandles"] = [child.id for child in query.children]
    return JSONResponse(answer)


deviates(
    "sql api",
    "Airflow's SnowflakeSqlApiOperator names a host of Snowflake's and comes here by HTTPS_PROXY, which its deferrable "
    "mode ignores.",
)
