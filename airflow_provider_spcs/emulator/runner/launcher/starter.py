"""Hands each request to a keeper that was forked in advance; so a container starts in a few milliseconds."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import struct
import sys

from . import keeper

_HEADER = struct.Struct("!Q")


def main() -> None:
    """Serve requests on standard input, a Unix socket, until its other end closes.

    A request is a length (8 bytes), with a descriptor for the reply, and JSON. Requests hold secrets; they stay in
    memory.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()
    with socket.socket(fileno=os.dup(0)) as requests:
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        spare = _spare(requests)
        while (received := _receive(requests)) is not None:
            content, reply = received
            try:
                _send(spare, content, reply)
            except OSError:
                # It was killed; without a word from it nothing was started.
                spare.close()
                spare = _spare(requests)
                _send(spare, content, reply)
            os.close(reply)
            spare.close()
            spare = _spare(requests)


def _spare(requests: socket.socket) -> socket.socket:
    """Fork a keeper that waits for its request, or for the starter's end; the way to it."""
    ours, theirs = socket.socketpair()
    if os.fork() == 0:
        requests.close()
        ours.close()
        _detach(theirs)
    theirs.close()
    os.wait()
    return ours


def _detach(way: socket.socket) -> None:
    """Fork a second time, so that the keeper belongs to nobody."""
    os.setsid()
    if os.fork():
        os._exit(0)
    received = _receive(way)
    if received is None:
        os._exit(0)
    way.close()
    content, reply = received
    os._exit(keeper.run(json.loads(content), reply))


def _send(way: socket.socket, content: bytes, reply: int) -> None:
    socket.send_fds(way, [_HEADER.pack(len(content))], [reply])
    way.sendall(content)


def _receive(way: socket.socket) -> tuple[bytes, int] | None:
    header, handles, _, _ = socket.recv_fds(way, _HEADER.size, 1)
    if not header:
        return None
    header += _exactly(way, _HEADER.size - len(header))
    (length,) = _HEADER.unpack(header)
    return _exactly(way, length), handles[0]


def _exactly(way: socket.socket, length: int) -> bytes:
    content = bytearray()
    while len(content) < length:
        part = way.recv(min(length - len(content), 1 << 20))
        if not part:
            sys.exit(0)
        content += part
    return bytes(content)
