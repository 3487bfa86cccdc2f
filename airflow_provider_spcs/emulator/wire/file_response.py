"""A file as the body of an answer, from the disk's cache to the socket without a copy where the socket is plain."""

from __future__ import annotations

import asyncio
import mmap
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from starlette.responses import StreamingResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

PIECE_BYTES = 2**18
_EXTENSION = "emulator.socket"


class SocketAware:
    """An ASGI application around another one, whose answers find the socket that they go to.

    Must be the innermost of those that change what is sent: who writes to the socket passes the others by.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        # uvicorn's ``send`` is a method of what holds the connection; whatever else sends, gets pieces.
        transport = getattr(getattr(send, "__self__", None), "transport", None)
        if isinstance(transport, asyncio.Transport) and transport.get_extra_info("sslcontext") is None:
            scope = {**scope, "extensions": {**(scope.get("extensions") or {}), _EXTENSION: {"transport": transport}}}
        await self._app(scope, receive, send)


class WholeFile(StreamingResponse):
    """One file, not empty, as a body without a length in front of it.

    So the client sees at once when it is cut off, and the connector reads it with less work.

    Raises:
        FileNotFoundError: At construction, when there is no such file.
    """

    def __init__(self, path: Path, media_type: str) -> None:
        self._file = path.open("rb")
        super().__init__(_pieces(self._file), media_type=media_type)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        with self._file:
            transport = (scope.get("extensions") or {}).get(_EXTENSION, {}).get("transport")
            whole = scope["method"] == "GET" and scope["http_version"] == "1.1"
            if transport is None or not whole or not await self._sent(transport, send):
                await super().__call__(scope, receive, send)

    async def _sent(self, transport: asyncio.Transport, send: Send) -> bool:
        """Whether it went past the HTTP library, as the one chunk of a body in chunks."""
        loop = asyncio.get_running_loop()
        # Other loops (uvloop) cannot.
        if not isinstance(loop, asyncio.BaseEventLoop):
            return False
        size = os.fstat(self._file.fileno()).st_size
        headers = [*self.raw_headers, (b"transfer-encoding", b"chunked")]
        await send({"type": "http.response.start", "status": self.status_code, "headers": headers})
        try:
            transport.write(b"%x\r\n" % size)
            await loop.sendfile(transport, self._file)
            transport.write(b"\r\n")
        except (OSError, RuntimeError):
            # The client left. An answer that is not completed makes the HTTP library close its side, too.
            return True
        await send({"type": "http.response.body", "body": b""})
        return True


async def pieces(body: memoryview) -> AsyncIterator[memoryview]:
    """Pieces of a body, sent as the client takes them; in one it would move through the socket's buffer many times."""
    for begin in range(0, len(body), PIECE_BYTES):
        yield body[begin : begin + PIECE_BYTES]


async def _pieces(file: BinaryIO) -> AsyncIterator[memoryview]:
    mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    # Never closed by hand: a piece may outlive the loop.
    async for piece in pieces(memoryview(mapped)):
        yield piece
