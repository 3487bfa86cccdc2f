"""Private git repositories over HTTP on loopback: git's own ``http-backend`` behind a token."""

from __future__ import annotations

import base64
import gzip
import hmac
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

_MAX_REQUEST = 64 * 1024 * 1024  # bytes; a fetch asks for a few kilobytes


@dataclass(frozen=True)
class GitServer:
    """A running server: where it listens and which token opens it."""

    port: int
    token: str

    def url(self, repository: Path) -> str:
        """Where to clone a repository that lies in the served directory."""
        return f"http://127.0.0.1:{self.port}/{repository.name}"


@contextmanager
def serve(directory: Path, token: str, port: int = 0) -> Iterator[GitServer]:
    """Serve the bare repositories in ``directory``, read-only, until the block ends.

    Args:
        directory: Holds the repositories.
        token: The password of every request; the user name does not matter, as with a GitHub token.
        port: 0 takes a free one.
    """
    server = _Server(directory, token, port)
    thread = threading.Thread(target=server.serve_forever, name="git-http", daemon=True)
    thread.start()
    try:
        yield GitServer(server.server_address[1], token)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, directory: Path, token: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.directory = directory
        self.token = token


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > _MAX_REQUEST or "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.close_connection = True
            self._send(413, [], b"request too large\n")
            return
        body = self.rfile.read(length)
        self._answer(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)

    def _answer(self, body: bytes) -> None:
        target = urlsplit(self.path)
        if not _opens(self.headers.get("Authorization", ""), self.server.token):
            self._send(401, [("WWW-Authenticate", 'Basic realm="private repository"')], b"token required\n")
        elif "git-receive-pack" in (target.query.partition("=")[2], target.path.rpartition("/")[2]):
            self._send(403, [], b"this repository is read-only\n")
        else:
            self._relay(_backend(self._variables(target.path, target.query, len(body)), body))

    def _variables(self, path: str, query: str, length: int) -> dict[str, str]:
        """The CGI environment of ``git http-backend``, with nothing of the user's git configuration."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "GIT_PROJECT_ROOT": str(self.server.directory),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            # A retrain may ask for any commit by its hash, and the repository may belong to another user.
            "GIT_CONFIG_COUNT": "2",
            "GIT_CONFIG_KEY_0": "uploadpack.allowAnySHA1InWant",
            "GIT_CONFIG_VALUE_0": "true",
            "GIT_CONFIG_KEY_1": "safe.directory",
            "GIT_CONFIG_VALUE_1": "*",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REQUEST_METHOD": self.command,
            "PATH_INFO": unquote(path),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "REMOTE_USER": "token",
            "REMOTE_ADDR": self.client_address[0],
        }

    def _relay(self, output: bytes) -> None:
        head, _, content = output.partition(b"\r\n\r\n")
        pairs = [line.partition(": ")[::2] for line in head.decode("latin-1").splitlines()]
        status = next(
            (int(value.split()[0]) for name, value in pairs if name.lower() == "status"), 200 if head else 500
        )
        self._send(status, [pair for pair in pairs if pair[0].lower() != "status"], content)

    def _send(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing: the demo's output is for its user."""


def _backend(variables: dict[str, str], body: bytes) -> bytes:
    return subprocess.run(["git", "http-backend"], input=body, capture_output=True, check=False, env=variables).stdout


def _opens(header: str, token: str) -> bool:
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return False
    try:
        password = base64.b64decode(encoded, validate=True).partition(b":")[2]
    except ValueError:
        return False
    return hmac.compare_digest(password, token.encode())
