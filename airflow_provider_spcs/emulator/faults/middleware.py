"""Puts the armed faults between the sockets and the application; with none armed, requests pass untouched."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from airflow_provider_spcs.emulator.faults.exchange import Exchange

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from airflow_provider_spcs.emulator.faults.armed import ArmedRequest
    from airflow_provider_spcs.emulator.wire.gateway import Gateway


class FaultyApp:
    """An ASGI application around another one.

    Args:
        app: The account's.
        gateway: Its sessions and statements.
    """

    def __init__(self, app: ASGIApp, gateway: Gateway) -> None:
        self._app = app
        self._gateway = gateway
        self._faults = gateway.account.faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or do to it what the faults want, the oldest outermost."""
        if scope["type"] != "http" or not self._faults.requests:
            await self._app(scope, receive, send)
            return
        exchange = await Exchange.read(scope, receive, send, self._gateway)
        await self._through(exchange, self._faults.requests)

    async def _through(self, exchange: Exchange, waiting: Sequence[ArmedRequest]) -> None:
        """Past the faults that wait for requests; one that does not let a request on hides it from the rest."""
        met = await run_in_threadpool(self._faults.first_due, exchange.seen, waiting)
        if met is None:
            await exchange.answer_by(self._app)
        else:
            await waiting[met].apply(exchange, partial(self._through, waiting=waiting[met + 1 :]))
