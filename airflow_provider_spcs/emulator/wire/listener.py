"""The sockets: HTTP, HTTPS and proxy, served from one thread."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn

from airflow_provider_spcs.emulator.endpoints import Endpoints
from airflow_provider_spcs.emulator.faults.middleware import FaultyApp
from airflow_provider_spcs.emulator.wire.app import application
from airflow_provider_spcs.emulator.wire.file_response import SocketAware
from airflow_provider_spcs.emulator.wire.proxy import HEADER_LIMIT, Proxy
from airflow_provider_spcs.emulator.wire.tls import Certificates, certificates

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from airflow_provider_spcs.emulator.wire.gateway import Gateway

_LOG = logging.getLogger(__name__)
_KEEP_ALIVE_SECONDS = 900
"""Clients keep connections in pools; one that is closed under them costs a retry with a pause."""
_PORTS = "ports.json"
"""Connections that an Airflow or a client's file has in store lead to the same account after its restart."""
_START_SECONDS = 120.0
_STOP_SECONDS = 10.0


class ListenError(RuntimeError):
    """An address cannot be listened on; says where, what, the rule and the mend."""


class Listener:
    """Listens from construction on; answers from :meth:`start` on.

    Args:
        gateway: Who answers.
        host: Address to listen on; loopback unless told otherwise.
        port: Of plain HTTP; 0 takes a free one. HTTPS and proxy take those that this home had before, else free ones.

    Raises:
        ListenError: The port is in use, or the address is not one of this machine's.
    """

    def __init__(self, gateway: Gateway, host: str, port: int) -> None:
        remembered = gateway.account.home.root / _PORTS
        # The plain port first: it is the one that somebody asked for.
        self._sockets = [_bound(host, port)]
        try:
            self._sockets += (_bound_again(host, before) for before in _ports_before(remembered))
        except ListenError:
            self.release()
            raise
        self._certificates = certificates(gateway.account.home.directory("tls"))
        http, tls, proxy = (each.getsockname()[1] for each in self._sockets)
        remembered.write_text(json.dumps([tls, proxy]))
        near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 compared, not bound
        self.endpoints = Endpoints(near, http, tls, proxy, self._certificates.bundle)
        self.proxy = Proxy((near, tls))
        app = FaultyApp(SocketAware(application(gateway)), gateway)
        self._servers = [
            _server(app),
            _server(app, self._certificates),
        ]
        self._ready, self._failure = threading.Event(), ""
        self._thread = threading.Thread(target=self._run, name="emulator-wire", daemon=True)

    def start(self) -> Endpoints:
        """Begin to answer; returns when connections are accepted."""
        self._thread.start()
        if not self._ready.wait(_START_SECONDS) or self._failure:
            raise ListenError(f"emulator server: did not start ({self._failure or 'no answer'}). See its log.")
        return self.endpoints

    def stop(self) -> None:
        """Stop answering and close the sockets; requests that still wait are cut off."""
        for server in self._servers:
            server.should_exit = True
        if self._thread.is_alive():
            self._thread.join(_STOP_SECONDS)
        self.release()

    def release(self) -> None:
        """Close the sockets."""
        for each in self._sockets:
            each.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 whoever waits in start() must hear of it
            _LOG.exception("the emulator's server ended")
            self._failure = str(error) or type(error).__name__
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        http, tls, proxy = self._sockets
        tunnel = await asyncio.start_server(self.proxy.serve, sock=proxy, limit=HEADER_LIMIT)
        plain, secure = self._servers
        tasks = [asyncio.create_task(plain.serve([http])), asyncio.create_task(secure.serve([tls]))]
        while not (plain.started and secure.started) and not any(task.done() for task in tasks):
            await asyncio.sleep(0.005)
        self._ready.set()
        await asyncio.gather(*tasks)
        tunnel.close()


def _server(app: ASGIApp, certificates: Certificates | None = None) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        ssl_certfile=str(certificates.near) if certificates is not None else None,
        ssl_keyfile=str(certificates.key) if certificates is not None else None,
        log_config=None,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    config.load()
    if certificates is not None and config.ssl is not None:
        config.ssl.sni_callback = certificates.for_other_hosts()
    return uvicorn.Server(config)


def _ports_before(remembered: Path) -> tuple[int, int]:
    """The ports of HTTPS and proxy at this home's last start; 0 for any."""
    try:
        tls, proxy = json.loads(remembered.read_text())
        return int(tls), int(proxy)
    except (OSError, ValueError, TypeError):
        return 0, 0


def _bound_again(host: str, before: int) -> socket.socket:
    try:
        return _bound(host, before)
    except ListenError:
        # Somebody else has it by now.
        return _bound(host, 0)


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio turns Nagle's delay (40 ms a reply) off only where it is.
    each = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        each.bind((host, port))
        # Listening at once makes a second emulator on the port fail here, and clients wait instead of being refused.
        each.listen(512)
    except (OSError, OverflowError) as error:
        each.close()
        raise ListenError(
            f"emulator server: cannot listen on {host}:{port} ({getattr(error, 'strerror', None) or error}). "
            "One process has a port at a time. Give a free one with --port, or 0 to have one chosen."
        ) from error
    return each
