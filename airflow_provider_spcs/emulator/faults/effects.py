"""What a fault does to a request: each effect gets the exchange and the rest of the way, and may not take it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from starlette.types import Message

    from airflow_provider_spcs.emulator.faults.exchange import Exchange, Proceed
    from airflow_provider_spcs.emulator.faults.fault import Fault

Effect = Callable[["Exchange", "Proceed", "Fault"], Awaitable[None]]
_LOOK_SECONDS = 0.05
FOREIGN_COMMENT = "made by another client (fault injection)"


async def lose_reply(exchange: Exchange, proceed: Proceed, _fault: Fault) -> None:
    """The statement runs; its answer does not arrive."""
    await exchange.without_reply(proceed)
    await exchange.close()


async def cut_reply(exchange: Exchange, proceed: Proceed, _fault: Fault) -> None:
    """The statement runs; half of its answer arrives."""
    start, body = _joined(await exchange.without_reply(proceed))
    await exchange.send(start)
    await exchange.send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
    await exchange.close()


async def reset(exchange: Exchange, _proceed: Proceed, _fault: Fault) -> None:
    """The connection is reset; nothing runs."""
    await exchange.close(reset=True)


async def expire_session(exchange: Exchange, proceed: Proceed, _fault: Fault) -> None:
    """The session token has expired (390112); the client may renew it."""
    exchange.gateway.sessions.expire(exchange.seen.token, master=False)
    await proceed(exchange)


async def expire_master(exchange: Exchange, proceed: Proceed, _fault: Fault) -> None:
    """Both tokens have expired: 390112, then 390114 for the attempt to renew."""
    exchange.gateway.sessions.expire(exchange.seen.token, master=True)
    await proceed(exchange)


def http_error(status: int, retry_after: float | None, *, ran: bool) -> Effect:
    """An HTTP error by whatever stands before the account; ``ran`` says whether the statement ran all the same."""

    async def effect(exchange: Exchange, proceed: Proceed, _fault: Fault) -> None:
        if ran:
            await exchange.without_reply(proceed)
        headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
        await exchange.reply(status, {"error": HTTPStatus(status).phrase}, headers)

    return effect


def refuse(error: SnowflakeError) -> Effect:
    """The account answers with an error; nothing runs."""

    async def effect(exchange: Exchange, _proceed: Proceed, _fault: Fault) -> None:
        from airflow_provider_spcs.emulator.wire.reply import failure

        if exchange.seen.path.startswith("/api/v2/"):
            body = {"code": error.code, "sqlState": error.sqlstate, "message": error.message}
            await exchange.reply(422, body)
            return
        await exchange.reply(200, failure(error))

    return effect


def slow(seconds: float, *, ran: bool) -> Effect:
    """The request is taken up later or, with ``ran``, run at once and answered later."""

    async def effect(exchange: Exchange, proceed: Proceed, fault: Fault) -> None:
        if not ran:
            await _pause(seconds, fault)
            await proceed(exchange)
            return
        kept = await exchange.without_reply(proceed)
        await _pause(seconds, fault)
        for message in kept:
            await exchange.send(message)

    return effect


def hang(*, ran: bool) -> Effect:
    """No answer and no end of the connection, until the client gives up or the fault is removed."""

    async def effect(exchange: Exchange, proceed: Proceed, fault: Fault) -> None:
        if ran:
            await exchange.without_reply(proceed)
        gone = asyncio.ensure_future(exchange.gone())
        try:
            while not gone.done() and not fault.removed.is_set():
                await asyncio.wait([gone], timeout=_LOOK_SECONDS)
        finally:
            gone.cancel()
        if not gone.done() or gone.cancelled():
            with contextlib.suppress(asyncio.CancelledError):
                await exchange.close()

    return effect


def run_twice(*, foreign: bool) -> Effect:
    """The statement runs, and once more as if it were a new one: the client hears of the second.

    With ``foreign`` the job that the first run made carries another client's comment.
    """

    async def effect(exchange: Exchange, proceed: Proceed, _fault: Fault) -> None:
        first = await exchange.without_reply(proceed)
        if foreign:
            _disown(exchange, first)
        await proceed(exchange.again(str(uuid.uuid4())))

    return effect


def _disown(exchange: Exchange, kept: list[Message]) -> None:
    account = exchange.gateway.account
    document: dict[str, Any] = json.loads(_joined(kept)[1])
    query_id = document.get("statementHandle") or (document.get("data") or {}).get("queryId")
    for item in account.objects.list("SERVICE"):
        row = account.services.store.get(item.document["id"])
        if row is not None and row.details["query_id"] == query_id:
            account.objects.update("SERVICE", item.name, comment=FOREIGN_COMMENT)


def _joined(kept: list[Message]) -> tuple[Message, bytes]:
    start = next(item for item in kept if item["type"] == "http.response.start")
    return start, b"".join(item.get("body", b"") for item in kept)


async def _pause(seconds: float, fault: Fault) -> None:
    """Real seconds, since clients time out in those; cut short when the fault is removed."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (left := end - loop.time()) > 0 and not fault.removed.is_set():
        await asyncio.sleep(min(left, _LOOK_SECONDS))
