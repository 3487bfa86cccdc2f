"""What a container may reach: the account, and the hosts that its external access integrations grant."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
_LOOPBACK = "localhost,127.0.0.0/8,127.0.0.1,::1"
_LONGEST_HEAD = 64 * 1024
_HOP_HEADERS = (b"connection", b"proxy-connection", b"proxy-authorization", b"keep-alive")


def set_variables(env: dict[str, str], port: int, *, isolated: bool, own: Iterable[str]) -> None:
    """Point a container's HTTP clients at its proxy, unless its specification sets them itself.

    Args:
        env: Its variables; changed.
        port: The proxy's, on 127.0.0.1.
        isolated: Whether its loopback is its own. If it is the host's, nothing there may be reached past the proxy but
            ``own``.
        own: Addresses and names of the job's own instances.
    """
    for name in _PROXIES:
        env.setdefault(name, f"http://127.0.0.1:{port}")
    past = ",".join([_LOOPBACK, *own] if isolated else own)
    for name in ("NO_PROXY", "no_proxy"):
        env.setdefault(name, past)


def granted(rules: Iterable[str], host: str, port: int) -> bool:
    """Whether network rules (``host``, ``host:port``, ``*.domain:port``, ``0.0.0.0:port``) name a host.

    A rule without a port means 443.
    """
    for rule in rules:
        name, _, number = rule.rpartition(":") if ":" in rule else (rule, "", "443")
        if number == str(port) and (name.lower() in (host, "0.0.0.0") or _wildcard(name.lower(), host)):  # noqa: S104
            return True
    return False


def _wildcard(name: str, host: str) -> bool:
    return name.startswith("*.") and host.endswith(name[1:])


class Door:
    """The keeper's end of a container's network; its threads end with the keeper.

    Args:
        settings: ``account_host``, ``endpoints`` (a JSON file with ``tls_port`` and ``http_port``, read at each
            connection because a restarted emulator has others), ``allowed`` and ``own_addresses``.
        isolated: Whether the container reaches its own instances without this door, which leads to the host's loopback.
    """

    def __init__(self, settings: dict[str, Any], *, isolated: bool) -> None:
        self._account_host = settings["account_host"].lower()
        self._endpoints = Path(settings["endpoints"])
        self._allowed = settings["allowed"]
        self._own = set() if isolated else set(settings["own_addresses"])
        threading.stack_size(256 * 1024)

    def proxy(self, listener: socket.socket) -> None:
        """Serve an HTTP proxy (CONNECT and plain requests)."""
        serve(listener, self._proxied)

    def forward(self, listener: socket.socket, host: str, port: int) -> None:
        """Pass every connection on to one host."""

        def connected(client: socket.socket) -> None:
            upstream = self._connect(host, port)
            if upstream:
                join(client, upstream)

        serve(listener, connected)

    def _proxied(self, client: socket.socket) -> None:
        head, rest = _head(client)
        method, target, version = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        url = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host, port = (url.hostname or "").lower(), url.port or (443 if method == "CONNECT" else 80)
        if not self._address(host, port):
            _answer(client, "403 Forbidden", f"{host}:{port}: no external access integration of this job grants it.")
            return
        upstream = self._connect(host, port)
        if upstream is None:
            _answer(client, "502 Bad Gateway", f"{host}:{port}: cannot be reached.")
            return
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            upstream.sendall(rest)
        else:
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            upstream.sendall(_origin_form(head, f"{method} {path} {version}") + rest)
        join(client, upstream)

    def _connect(self, host: str, port: int) -> socket.socket | None:
        address = self._address(host, port)
        try:
            return socket.create_connection(address, timeout=30) if address else None
        except OSError:
            return None

    def _address(self, host: str, port: int) -> tuple[str, int] | None:
        """Where a host and port really are; None when they are not granted."""
        if host == self._account_host:
            name = {443: "tls_port", 80: "http_port"}.get(port)
            with contextlib.suppress(OSError, ValueError, KeyError):
                return ("127.0.0.1", int(json.loads(self._endpoints.read_text())[name])) if name else None
            return None
        if granted(self._allowed, host, port) or host in self._own:
            return (host, port)
        return None


def serve(listener: socket.socket, handle: Any) -> None:
    """Hand every connection to ``handle`` in a thread of its own."""

    def one(client: socket.socket) -> None:
        # A client that goes away, or speaks no HTTP, concerns nobody else.
        with client, contextlib.suppress(OSError, ValueError):
            handle(client)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # it was closed
            threading.Thread(target=one, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def stop(listener: socket.socket) -> None:
    """End what :func:`serve` does; connections that are open stay."""
    # Closing alone does not wake the thread that accepts.
    with contextlib.suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    client.settimeout(60)
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(_LONGEST_HEAD)
        if not part or len(data) > _LONGEST_HEAD:
            raise ValueError("no HTTP request")
        data += part
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _origin_form(head: bytes, request_line: str) -> bytes:
    """The request as its server expects it; closed after one answer, so that each request is judged by itself."""
    lines = [line for line in head.split(b"\r\n")[1:] if line.split(b":")[0].strip().lower() not in _HOP_HEADERS]
    return b"\r\n".join([request_line.encode("latin-1"), *lines, b"Connection: close"]) + b"\r\n\r\n"


def _answer(client: socket.socket, status: str, text: str) -> None:
    body = text.encode() + b"\n"
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    client.sendall(head.encode() + body)


def join(client: socket.socket, upstream: socket.socket) -> None:
    """Pass bytes both ways until both ends have closed."""
    client.settimeout(None)
    upstream.settimeout(None)
    back = threading.Thread(target=_pass, args=(upstream, client), daemon=True)
    back.start()
    with upstream:
        _pass(client, upstream)
        back.join()


def _pass(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(1 << 16):
            target.sendall(part)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
