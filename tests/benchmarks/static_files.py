"""The least that a server can do for a client: files of a directory, from the disk's cache to the socket.

``python static_files.py DIRECTORY`` prints its port, then answers any ``GET .../NAME`` with that file.
"""

from __future__ import annotations

import os
import socket
import sys
import threading
from pathlib import Path


def serve(directory: Path) -> None:
    """Answer until killed; a thread a connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            client, _ = server.accept()
            threading.Thread(target=_answer, args=(client, directory), daemon=True).start()


def _answer(client: socket.socket, directory: Path) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with client, client.makefile("rb") as requests:
        while request := requests.readline():
            while requests.readline().strip():
                pass
            with (directory / request.split()[1].decode().rpartition("/")[2]).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % size
                client.sendall(head, socket.MSG_MORE)
                client.sendfile(file)
                client.sendall(b"\r\n0\r\n\r\n")


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
