"""Processes that run models' code: one for each version in use, started at its first call."""

from __future__ import annotations

import contextlib
import json
import os
import select
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account

MOST = 4
"""Processes at a time; the one that was not used for longest makes room."""
IMAGE = "/snowflake/images/snowflake_images/model_inference:latest"
"""Whose interpreter runs models, by the account's image map."""
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from worker.program import main; main(sys.argv[2])"
_LOG_TAIL = 2000


class Workers:
    """The processes of an account.

    Args:
        account: Its image map says which interpreter runs them; they end with it.
        program: The directory whose ``worker.program`` they run.
    """

    def __init__(self, account: Account, program: Path = Path(__file__).parent) -> None:
        self._account = account
        self._program = program
        self._lock = threading.Lock()
        self._running: dict[Path, _Worker] = {}
        account.closing.append(self.close)

    def call(self, directory: Path, header: dict[str, Any], table: Any, cancelled: threading.Event) -> list[str]:
        """What a handler of the package answers: one JSON text for each row of ``table``.

        Args:
            directory: The package.
            header: ``handler`` and ``types``.
            table: The arguments as an Arrow table.
            cancelled: When it is set, the process is ended.

        Raises:
            SnowflakeError: 100357 with the traceback of the model's code, 604 when cancelled.
        """
        content = json.dumps(header).encode() + b"\n" + _stream(table)
        with self._worker(directory) as worker:
            try:
                reply = worker.ask(content, cancelled)
            except BaseException:
                self.end(directory)
                raise
        if reply[:1] == b"k":
            return reply[1:].decode().split("\n") if len(reply) > 1 else []
        raise failed(reply[1:].decode())

    def end(self, directory: Path) -> None:
        """End the process of a version, if there is one."""
        with self._lock:
            worker = self._running.pop(directory, None)
        if worker is not None:
            worker.end()

    def close(self) -> None:
        """End all of them."""
        for directory in list(self._running):
            self.end(directory)

    @contextlib.contextmanager
    def _worker(self, directory: Path) -> Any:
        """The process of a version, for this thread alone; ended processes are replaced."""
        while True:
            with self._lock:
                worker = self._running.pop(directory, None)
                if worker is None or worker.ended:
                    self._make_room()
                    scratch = self._account.home.directory("models", ".workers")
                    worker = _Worker(self._python(), self._program, directory, scratch)
                self._running[directory] = worker
            with worker.lock:
                if not worker.ended:
                    yield worker
                    return

    def _make_room(self) -> None:
        idle = [directory for directory, worker in self._running.items() if not worker.lock.locked()]
        for directory in idle[: max(len(self._running) - MOST + 1, 0)]:
            self._running.pop(directory).end()

    def _python(self) -> Path:
        from airflow_provider_spcs.emulator.runner.images import ImageNotFound

        with contextlib.suppress(ImageNotFound):
            found = self._account.runner.images.find(IMAGE).python
            if found is not None:
                return found
        return Path(sys.executable)


class _Worker:
    def __init__(self, python: Path, program: Path, directory: Path, scratch: Path) -> None:
        self.lock = threading.Lock()
        self._log = tempfile.TemporaryFile()  # noqa: SIM115  (as long as the process)
        # Isolated, so that nothing but the package and the interpreter's own libraries is imported.
        requests, self._requests = os.pipe()
        self._replies, replies = os.pipe()
        self._process = subprocess.Popen(
            [str(python), "-I", "-B", "-c", _PROGRAM, str(program), str(directory)],
            stdin=requests,
            stdout=replies,
            stderr=self._log,
            cwd=scratch,
            env={"HOME": str(scratch), "PATH": f"{python.parent}:/usr/bin:/bin", "LANG": "C.UTF-8"},
            start_new_session=True,
        )
        os.close(requests)
        os.close(replies)

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    def ask(self, content: bytes, cancelled: threading.Event) -> bytes:
        try:
            left = memoryview(struct.pack("!Q", len(content)) + content)
            while left:
                left = left[os.write(self._requests, left) :]
            return self._read(struct.unpack("!Q", self._read(8, cancelled))[0], cancelled)
        except (BrokenPipeError, EOFError) as error:
            self._process.wait(60)
            raise failed(f"The Python process ended with code {self._process.returncode}.\n{self._tail()}") from error

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._requests)
        os.close(self._replies)
        self._log.close()

    def _read(self, size: int, cancelled: threading.Event) -> bytes:
        parts: list[bytes] = []
        while size:
            while not select.select([self._replies], [], [], 0.2)[0]:
                if cancelled.is_set():
                    raise SnowflakeError("SQL execution canceled", 604, "57014")
            part = os.read(self._replies, min(size, 2**20))
            if not part:
                raise EOFError
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _tail(self) -> str:
        self._log.seek(max(self._log.seek(0, 2) - _LOG_TAIL, 0))
        return self._log.read().decode(errors="replace").strip()


def failed(text: str) -> SnowflakeError:
    """An error of the model's own code."""
    return SnowflakeError(f"Python Interpreter Error:\n{text}", 100357, "P0000")


def _stream(table: Any) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())
