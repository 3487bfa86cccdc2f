"""The instances of one ML Job find each other: instance 0 is the head, the others connect to it.

It stands for what Ray does in Snowflake's image: the head counts who is there, and tells the others when it has ended.
Source: ``startup.sh``, ``worker_shutdown_listener.py`` and ``wait_for_instances`` of snowflake-ml-python 2.6.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from dataclasses import dataclass

PORT = 12001
"""Where Ray's head listens in Snowflake's image."""
READY, DONE = b"R", b"D"
RETRY_SECONDS = 0.2


@dataclass(frozen=True)
class Wanted:
    """How many instances the head waits for: ``target``, or ``minimum`` after ``grace`` seconds; in vain, it fails."""

    minimum: int
    target: int
    grace: float
    timeout: float

    @classmethod
    def from_environment(cls, count: int) -> Wanted:
        """As the variables of ML Jobs say, with the defaults of the client's launcher."""
        minimum = int(os.environ.get("MLRS_MIN_INSTANCES") or 1)
        timeout = float(os.environ.get("MLRS_INSTANCES_TIMEOUT") or 720)
        grace = float(os.environ.get("MLRS_INSTANCES_MIN_WAIT") or -1)
        return cls(minimum, count, grace if grace >= 0 else min(3 * math.log2(count), timeout / 10), timeout)


class Head:
    """Instance 0's end.

    Args:
        address: Its own.
    """

    def __init__(self, address: str) -> None:
        self._listener = socket.create_server((address, PORT), backlog=128)
        self._joined: list[socket.socket] = []
        self._news = threading.Condition()
        self._started = False
        threading.Thread(target=self._accept, daemon=True).start()

    def wait(self, wanted: Wanted) -> None:
        """Wait for the other instances, then have all of them go on.

        Raises:
            TimeoutError: Fewer than the minimum came in time.
        """
        start = time.monotonic()
        with self._news:
            while (count := len(self._joined) + 1) < wanted.target:
                passed = time.monotonic() - start
                enough = count >= wanted.minimum
                if (enough and passed >= wanted.grace) or passed >= wanted.timeout:
                    break
                self._news.wait((wanted.grace if enough else wanted.timeout) - passed)
            if count < wanted.minimum:
                raise TimeoutError(f"{count} of at least {wanted.minimum} instances came in {wanted.timeout:g} seconds")
            self._started = True
            for connection in self._joined:
                _send(connection, READY)
        print(f"{count} of {wanted.target} instances are ready.", flush=True)

    def finish(self) -> None:
        """Tell the others that the job has ended well."""
        with self._news:
            for connection in self._joined:
                _send(connection, DONE)

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with self._news:
                self._joined.append(connection)
                if self._started:
                    _send(connection, READY)
                self._news.notify_all()


class Worker:
    """Another instance's end.

    Args:
        head: Address of instance 0.
        timeout: Seconds to find it.

    Raises:
        TimeoutError: It was not found.
    """

    def __init__(self, head: str, timeout: float) -> None:
        end = time.monotonic() + timeout
        while True:
            with contextlib.suppress(OSError):
                self._connection = socket.create_connection((head, PORT), timeout=5)
                self._connection.settimeout(None)
                return
            if time.monotonic() >= end:
                raise TimeoutError(f"the head instance at {head}:{PORT} was not found in {timeout:g} seconds")
            time.sleep(RETRY_SECONDS)

    def started(self) -> bool:
        """Wait until the job begins; false when the head has ended instead."""
        return self._connection.recv(1) == READY

    def done(self) -> bool:
        """Wait until the head has ended; whether it ended well."""
        return self._connection.recv(1) == DONE


def _send(connection: socket.socket, word: bytes) -> None:
    with contextlib.suppress(OSError):
        connection.sendall(word)
