"""Forks a keeper for each request; being small and warm, it starts a container in a few milliseconds."""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import struct
import sys
from typing import Any

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
        while (received := _receive(requests)) is not None:
            request, reply = received
            if os.fork() == 0:
                requests.close()
                _detach(request, reply)
            os.close(reply)
            os.wait()


def _receive(requests: socket.socket) -> tuple[dict[str, Any], int] | None:
    header, handles, _, _ = socket.recv_fds(requests, _HEADER.size, 1)
    if not header:
        return None
    header += _exactly(requests, _HEADER.size - len(header))
    (length,) = _HEADER.unpack(header)
    return json.loads(_exactly(requests, length)), handles[0]


def _exactly(requests: socket.socket, length: int) -> bytes:
    content = bytearray()
    while len(content) < length:
        part = requests.recv(min(length - len(content), 1 << 20))
        if not part:
            sys.exit(0)
        content += part
    return bytes(content)


def _detach(request: dict[str, Any], reply: int) -> None:
    """Fork a second time, so that the keeper belongs to nobody."""
    os.setsid()
    if os.fork():
        os._exit(0)
    os._exit(keeper.run(request, reply))
