"""The emulator's end of the starter: one small process that forks a keeper for each container."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import struct
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from launcher.starter import main; main()"


class StartError(RuntimeError):
    """A container could not be started; says what the system refused.

    Args:
        message: For people.
        reason: What the system said, without more.
    """

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or message


class Starter:
    """Starts containers; safe from any thread. Its process is made at first use, and again should it die.

    Args:
        log: Where the process writes what goes wrong with itself.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, request: dict[str, Any]) -> dict[str, Any]:
        """Start a container; returns once its command was started.

        Raises:
            StartError: The system refused something that it needs.
        """
        content = json.dumps(request).encode()
        # Silence means that the starter died before it forked anything for this request; so it may be asked again.
        reply = self._ask(content) or self._ask(content) or b'{"error": "the starter process died twice"}'
        answer: dict[str, Any] = json.loads(reply)
        if "error" in answer:
            raise StartError(
                f"container {request['hostname']}: {answer['error']}. It could not be started with isolation "
                f"{request['plan']!r}. See {self._log}.",
                str(answer["error"]),
            )
        return answer

    def _ask(self, content: bytes) -> bytes:
        read, write = os.pipe()
        with os.fdopen(read, "rb") as reply:
            try:
                self._send(content, write)
            finally:
                os.close(write)
            return reply.read()

    def close(self) -> None:
        """End the process; containers run on."""
        with self._lock:
            self._drop()

    def _send(self, content: bytes, reply: int) -> None:
        with self._lock:
            for attempt in (1, 2):
                connection = self._socket or self._launch()
                try:
                    socket.send_fds(connection, [struct.pack("!Q", len(content))], [reply])
                    connection.sendall(content)
                    return
                except OSError:
                    self._drop()
                    if attempt == 2:
                        raise

    def _launch(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        arguments = [sys.executable, "-I", "-S", "-c", _PROGRAM, str(Path(__file__).parent)]
        with theirs, self._log.open("ab") as log:
            self._process = subprocess.Popen(
                arguments, stdin=theirs.fileno(), stdout=log, stderr=log, cwd="/", env={}, start_new_session=True
            )
        self._socket = ours
        return ours

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process = None
