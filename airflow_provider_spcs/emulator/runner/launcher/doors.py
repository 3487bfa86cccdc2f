"""How a container reaches the ports of another service: through Unix sockets that each service's keeper opens.

A network of its own has no way out but its keeper, which is on the host; a file is where two keepers meet, and the
file system says who may use it.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from . import egress, linux

_WAIT_SECONDS = 60.0


def open_door(directory: str, name: str, pid: int | None, inside: tuple[str, int]) -> None:
    """Let connections to the socket ``name`` in to ``inside``.

    Args:
        directory: Where the socket lies; made when missing. One of the same name is replaced.
        name: ``<instance>-<port>``.
        pid: A process in whose network ``inside`` is; None for this one.
        inside: Address and port.
    """
    Path(directory).mkdir(mode=0o700, parents=True, exist_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _near(directory) as near:
        Path(near, name).unlink(missing_ok=True)
        listener.bind(f"{near}/{name}")
    listener.listen(128)

    def came_in(client: socket.socket) -> None:
        if pid is not None:
            # Only this thread, which ends with the connection, moves to the other network.
            linux.join(pid, "net")
        egress.join(client, socket.create_connection(inside, timeout=_WAIT_SECONDS))

    egress.serve(listener, came_in)


def enter(listener: socket.socket, directory: str, instance: int | None, port: int) -> None:
    """Pass every connection on to a service.

    Args:
        listener: Where the container connects to.
        directory: The service's sockets.
        instance: Which instance; None for any that answers.
        port: Which port.
    """

    def went_out(client: socket.socket) -> None:
        upstream = connect(directory, instance, port)
        if upstream is not None:
            egress.join(client, upstream)

    egress.serve(listener, went_out)


def connect(directory: str, instance: int | None, port: int) -> socket.socket | None:
    """A connection to a port of a service; None when no instance takes it."""
    names = [path.name for path in Path(directory).glob(f"*-{port}")] if instance is None else [f"{instance}-{port}"]
    random.shuffle(names)
    for name in names:
        upstream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with _near(directory) as near:
                upstream.connect(f"{near}/{name}")
        except OSError:
            upstream.close()
            continue
        return upstream
    return None


@contextlib.contextmanager
def _near(directory: str) -> Iterator[str]:
    """A short path of a directory: the address of a Unix socket has about a hundred bytes."""
    if not Path("/proc/self/fd").exists():
        with tempfile.TemporaryDirectory(prefix="spcs", dir="/tmp") as place:
            link = Path(place, "d")
            link.symlink_to(directory)
            yield str(link)
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
