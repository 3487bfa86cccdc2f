"""Asks an HTTP port in a container's network; run as a process: pid, address, port, path, seconds, failures.

It ends at the first answer of 200 if ``failures`` is 0, else when as many answers in a row were not 200.

A process of its own because a thread cannot enter the namespaces of an ordinary user's container.
"""

from __future__ import annotations

import ctypes
import http.client
import os
import sys
import time
from pathlib import Path

ANSWER_SECONDS = 1.0


def enter(pid: int) -> None:
    """Go where the process ``pid`` is: its user namespace, which allows the rest, then its network.

    Raises:
        OSError: The system refuses.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    for kind in ("user", "net"):
        theirs = Path(f"/proc/{pid}/ns/{kind}")
        if not theirs.exists() or theirs.readlink() == Path(f"/proc/self/ns/{kind}").readlink():
            continue
        handle = os.open(theirs, os.O_RDONLY)
        if libc.setns(handle, 0):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        os.close(handle)


def answers(address: str, port: int, path: str) -> bool:
    """Whether an HTTP GET is answered with 200 now."""
    connection = http.client.HTTPConnection(address, port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def main() -> None:
    """Return at the first good answer, or after so many bad ones in a row."""
    pid, address, port, path, pause, failures = sys.argv[1:]
    enter(int(pid))
    bad = 0
    while True:
        good = answers(address, int(port), path)
        bad = 0 if good else bad + 1
        if good if failures == "0" else bad >= int(failures):
            return
        time.sleep(float(pause))


if __name__ == "__main__":
    main()
