"""An HTTP CONNECT proxy: Snowflake's hosts lead to the emulator, any other host only where a rule allows it."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import logging
from collections.abc import Callable

_LOG = logging.getLogger(__name__)
_OURS = (".snowflakecomputing.com", ".snowflakecomputing.app")
HEADER_LIMIT = 64 * 1024
"""Bytes of a request's head; ``asyncio.start_server`` is to be given it."""
_SECONDS = 30.0
_BLOCK = 64 * 1024

Allowed = Callable[[str, int, str], bool]


def nobody(_host: str, _port: int, _client: str) -> bool:
    """No rule: nothing but Snowflake can be reached, as from a job without external access."""
    return False


class Proxy:
    """Tunnels for containers and hooks that insist on ``https://<account>.snowflakecomputing.com``.

    Args:
        tls: Address and port where the emulator speaks TLS.
        allowed: ``allowed(host, port, client)``: whether a tunnel to another host may be made; ``client`` is the user
            of the request's ``Proxy-Authorization`` (a job's name), or empty.
    """

    def __init__(self, tls: tuple[str, int], allowed: Allowed = nobody) -> None:
        self._tls = tls
        self.allowed = allowed

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection, from its request to the end of the tunnel."""
        try:
            await self._tunnel(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            _LOG.debug("proxy: connection ended: %s", error)
        except asyncio.CancelledError:
            _LOG.debug("proxy: stopped with a tunnel open")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _SECONDS)
        lines = head.decode("latin-1").split("\r\n")
        target = _target(lines[0])
        if target is None:
            await _refuse(writer, "405 Method Not Allowed", f"{lines[0][:200]}: this proxy speaks CONNECT only.")
            return
        host, port = target
        to = self._tls
        if not (host.endswith(_OURS) and port == 443):
            if not await asyncio.to_thread(self.allowed, host, port, _client(lines[1:])):
                await _refuse(
                    writer,
                    "403 Forbidden",
                    f"{host}:{port} cannot be reached. A job reaches other hosts only through an external access "
                    "integration whose network rule lists them.",
                )
                return
            to = (host, port)
        try:
            far_reader, far_writer = await asyncio.wait_for(asyncio.open_connection(*to), _SECONDS)
        except (OSError, TimeoutError) as error:
            await _refuse(writer, "502 Bad Gateway", f"{host}:{port}: {error}")
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
        finally:
            far_writer.close()


def _target(line: str) -> tuple[str, int] | None:
    method, _, rest = line.partition(" ")
    host, _, port = rest.split(" ")[0].rpartition(":")
    if method != "CONNECT" or not host or not port.isdigit() or not 0 < int(port) < 65536:
        return None
    return host.strip("[]").lower().rstrip("."), int(port)


def _client(headers: list[str]) -> str:
    for header in headers:
        name, _, value = header.partition(":")
        if name.lower() == "proxy-authorization" and value.strip().lower().startswith("basic "):
            with contextlib.suppress(binascii.Error, UnicodeDecodeError):
                return base64.b64decode(value.strip()[6:]).decode().partition(":")[0]
    return ""


async def _refuse(writer: asyncio.StreamWriter, status: str, why: str) -> None:
    body = (why + "\n").encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
    except OSError as error:
        _LOG.debug("proxy: %s", error)
    finally:
        # The other direction may still have bytes to deliver.
        with contextlib.suppress(OSError, RuntimeError):
            if writer.can_write_eof():
                writer.write_eof()
