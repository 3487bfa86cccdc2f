"""One HTTP request under faults: read whole, passed on as often as wanted, its connection cut at will."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from airflow_provider_spcs.emulator.faults.when import Seen

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from airflow_provider_spcs.emulator.wire.gateway import Gateway

_RESULT = re.compile(r"/queries/([0-9a-f-]{36})/result")
_TOKEN = re.compile(r'Snowflake Token="([^"]*)"')
Proceed = Callable[["Exchange"], Awaitable[None]]


@dataclass(frozen=True)
class Exchange:
    """A request with its body at hand, and the way back to its client."""

    scope: Scope
    body: bytes
    send: Send
    gateway: Gateway
    seen: Seen
    _receive: Receive
    _client: Send

    @classmethod
    async def read(cls, scope: Scope, receive: Receive, send: Send, gateway: Gateway) -> Exchange:
        """Take a request in."""
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = bool(message.get("more_body", False))
        return cls(scope, body, send, gateway, _seen(scope, body, gateway), receive, send)

    async def answer_by(self, app: ASGIApp) -> None:
        """Have the application answer."""
        given = False

        async def receive() -> Message:
            nonlocal given
            if given:
                return await self._receive()
            given = True
            return {"type": "http.request", "body": self.body, "more_body": False}

        await app(self.scope, receive, self.send)

    async def without_reply(self, proceed: Proceed) -> list[Message]:
        """Go on, and keep what would have been sent to the client."""
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await proceed(replace(self, send=keep))
        return kept

    def again(self, request_id: str) -> Exchange:
        """The same request as one that the account does not take for a repetition."""
        query = re.sub(rb"(?<=requestId=)[^&]*", request_id.encode(), self.scope.get("query_string", b""))
        return replace(self, scope={**self.scope, "query_string": query})

    async def reply(self, status: int, document: object, headers: dict[str, str] | None = None) -> None:
        """Send an answer of our own."""
        body = json.dumps(document).encode()
        fields = {"content-type": "application/json", "content-length": str(len(body)), **(headers or {})}
        raw = [(name.encode(), value.encode()) for name, value in fields.items()]
        await self.send({"type": "http.response.start", "status": status, "headers": raw})
        await self.send({"type": "http.response.body", "body": body})

    async def close(self, *, reset: bool = False) -> None:
        """Close the connection under the client, in order or by a TCP reset."""
        transport = self._transport()
        if reset:
            with contextlib.suppress(OSError, AttributeError):
                raw = transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await self.gone()

    async def gone(self) -> None:
        """Wait until the client has closed the connection."""
        while (await self._receive())["type"] != "http.disconnect":
            pass

    def _transport(self) -> Any:
        # ASGI has no word for closing a connection without an answer; uvicorn's ``send`` is a method of the cycle
        # that holds the connection.
        return self._client.__self__.transport  # type: ignore[attr-defined]


def _seen(scope: Scope, body: bytes, gateway: Gateway) -> Seen:
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    headers = {name: value.decode("latin-1") for name, value in scope.get("headers", ())}
    token = _TOKEN.search(headers.get(b"authorization", ""))
    path = scope["path"]
    return Seen(
        scope["method"], path, _sql(path, body, gateway), "".join(query.get("requestId", [])), token[1] if token else ""
    )


def _sql(path: str, body: bytes, gateway: Gateway) -> str:
    awaited = _RESULT.fullmatch(path)
    if awaited:
        # A request for the outcome is told by its path; its statement counts only where ``path`` asks for both.
        query = gateway.queries.find(awaited[1])
        return query.request.sql if query is not None else ""
    document = document_of(body)
    found = document.get("sqlText", document.get("statement"))
    return found if isinstance(found, str) else ""


def document_of(body: bytes) -> dict[str, Any]:
    """A JSON object, plain or gzip; empty for anything else."""
    with contextlib.suppress(ValueError, OSError, EOFError):
        document = json.loads(gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body or b"{}")
        if isinstance(document, dict):
            return document
    return {}
