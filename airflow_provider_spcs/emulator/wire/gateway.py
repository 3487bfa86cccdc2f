"""One HTTP request, read whole and answered in JSON; what every endpoint has at hand."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response

from airflow_provider_spcs.emulator.errors import COVERAGE_PAGE, SnowflakeError
from airflow_provider_spcs.emulator.wire import reply
from airflow_provider_spcs.emulator.wire.execution import Execution, internal_error
from airflow_provider_spcs.emulator.wire.running import Queries, Retries
from airflow_provider_spcs.emulator.wire.sessions import Sessions, WireSession
from airflow_provider_spcs.emulator.wire.transfers import Transfers

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account

LOG = logging.getLogger(__name__)
_LARGEST = 1 << 30
"""Bytes of a request body after decompression; a bulk insert may be large, a zip bomb may not."""
_STOP_SECONDS = 5.0
_TOKEN = re.compile(r'Snowflake Token="([^"]*)"\Z')


@dataclass(frozen=True)
class Call:
    """A request as endpoints see it."""

    body: dict[str, Any]
    query: dict[str, str]
    path: dict[str, str]
    authorization: str
    base_url: str
    """Scheme and host as the client wrote them, without a closing slash."""

    @property
    def token(self) -> str:
        """The token of a ``Snowflake Token="..."`` header.

        Raises:
            SnowflakeError: 390101 when there is none.
        """
        found = _TOKEN.match(self.authorization)
        if not found:
            raise SnowflakeError("Authorization header not found in the request data.", 390_101, "08001")
        return found[1]


class Gateway:
    """The account, and what the wire keeps about its clients.

    Args:
        account: Opened already.
    """

    def __init__(self, account: Account) -> None:
        self.account = account
        self.credentials = account.credentials
        self.results = account.results
        self.queries: Queries = account.queries
        self.sessions = Sessions(account.clock)
        self.retries = Retries()
        self.transfers = Transfers(account.clock, account.home.directory("uploads"))
        self.execution = Execution(self.queries, self.results)
        account.objects.on_drop("USER", lambda gone: self.credentials.forget(gone.name.name))

    def close(self) -> None:
        """Stop the statements that run and end the sessions."""
        self.queries.cancel_all()
        for query in self.queries.running():
            with contextlib.suppress(SnowflakeError, TimeoutError):
                query.done.result(_STOP_SECONDS)
        self.sessions.close_all()

    def session(self, call: Call) -> WireSession:
        """The caller's session.

        Raises:
            SnowflakeError: 390111, 390112: no such session, or its token has expired.
        """
        return self.sessions.find(call.token)


Answer = dict[str, Any] | Response
Handler = Callable[[Gateway, Call], Answer]
Waiter = Callable[[Gateway, Call], Awaitable[Answer]]


def answered(gateway: Gateway, handler: Handler) -> Callable[[HttpRequest], Awaitable[Response]]:
    """An endpoint whose handler runs in a thread."""

    async def waiter(gateway: Gateway, call: Call) -> Answer:
        return await run_in_threadpool(handler, gateway, call)

    return awaited(gateway, waiter)


def awaited(gateway: Gateway, waiter: Waiter) -> Callable[[HttpRequest], Awaitable[Response]]:
    """An endpoint whose handler may wait without holding a thread.

    A refused request is HTTP 200 with ``success: false``, as Snowflake answers; never a 5xx, which clients retry.
    """

    async def endpoint(request: HttpRequest) -> Response:
        try:
            answer = await waiter(gateway, await read(request))
        except SnowflakeError as error:
            answer = reply.failure(error)
        except Exception as error:
            LOG.exception("%s %s failed inside the emulator", request.method, request.url.path)
            answer = reply.failure(internal_error(error))
        return answer if isinstance(answer, Response) else JSONResponse(answer)

    return endpoint


async def unknown(request: HttpRequest, _error: Exception) -> Response:
    """The answer for a path or method that is not emulated: 404, which clients do not retry."""
    message = (
        f"{request.method} {request.url.path}: the emulator has no such endpoint. What it emulates is listed in "
        f"{COVERAGE_PAGE}."
    )
    return JSONResponse(reply.failure(SnowflakeError(message, 390_404, "0A000")), status_code=404)


async def read(request: HttpRequest) -> Call:
    """The request, with its body unpacked and parsed.

    Raises:
        SnowflakeError: 390400 when the body is not a JSON object, or the client left in the middle of it.
    """
    try:
        raw = await request.body()
    except ClientDisconnect as left:
        raise SnowflakeError("The client left before its request was whole.", 390_400, "08001") from left
    body = await run_in_threadpool(_parsed, raw, request.headers.get("content-encoding", ""))
    return Call(
        body=body,
        query=dict(request.query_params),
        path={name: str(value) for name, value in request.path_params.items()},
        authorization=request.headers.get("authorization", ""),
        base_url=f"{request.url.scheme}://{request.url.netloc}",
    )


def _parsed(raw: bytes, encoding: str) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        if encoding == "gzip" or raw[:2] == b"\x1f\x8b":
            reader = zlib.decompressobj(wbits=31)
            raw = reader.decompress(raw, _LARGEST)
            if reader.unconsumed_tail:
                raise _malformed(f"more than {_LARGEST} bytes")
        body = json.loads(raw)
    except (ValueError, zlib.error, RecursionError) as error:
        raise _malformed(str(error)) from error
    if body is None:
        return {}
    if not isinstance(body, dict):
        raise _malformed(f"a JSON {type(body).__name__}")
    return body


def _malformed(what: str) -> SnowflakeError:
    return SnowflakeError(f"request body: {what}. It must be a JSON object, plain or gzip.", 390_400, "08001")
