"""A container's output as log lines: ``<RFC 3339 time, nanoseconds, UTC> <stdout|stderr> <text>``."""

from __future__ import annotations

import codecs
import os
import re
import time
from datetime import UTC, datetime

LONGEST = 64 * 1024
"""Characters in one line of the log; longer lines are split, as container runtimes do."""
IDLE_SECONDS = 0.5
"""An unfinished line is written out after so long without more of it, so that a prompt or progress dots show."""
# Tabs, returns, backspaces and escape sequences are what programs send to terminals; the rest would break readers.
_UNSAFE = re.compile(r"[\x00-\x07\x0a-\x0c\x0e-\x1a\x1c-\x1f]")


class LineLog:
    """Writes the lines of one stream to the log.

    Args:
        log: Descriptor of the log file, opened for appending.
        stream: ``"stdout"`` or ``"stderr"``.
    """

    def __init__(self, log: int, stream: str) -> None:
        self._log = log
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._last = 0.0

    def feed(self, data: bytes) -> None:
        """Take what was read; whole lines are written at once."""
        self._last = time.monotonic()
        *lines, self._pending = (self._pending + self._decoder.decode(data)).split("\n")
        while len(self._pending) >= LONGEST:
            lines.append(self._pending[:LONGEST])
            self._pending = self._pending[LONGEST:]
        self._write(lines)

    def idle(self) -> float | None:
        """Write an unfinished line that has waited long enough; seconds until the next look, None when none waits."""
        if not self._pending:
            return None
        left = self._last + IDLE_SECONDS - time.monotonic()
        if left > 0:
            return left
        self._write([self._pending])
        self._pending = ""
        return None

    def end(self) -> None:
        """Write what is left at the end of the stream."""
        rest = self._pending + self._decoder.decode(b"", final=True)
        self._pending = ""
        if rest:
            self._write([rest])

    def _write(self, lines: list[str]) -> None:
        parts = [line[at : at + LONGEST] for line in lines for at in range(0, max(len(line), 1), LONGEST)]
        if parts:
            record = "".join(f"{timestamp()} {self._stream} {_UNSAFE.sub(chr(0xFFFD), part)}\n" for part in parts)
            write_all(self._log, record.encode("utf-8", "replace"))


def timestamp() -> str:
    """The time as log lines carry it."""
    now = time.time_ns()
    return f"{datetime.fromtimestamp(now // 10**9, UTC):%Y-%m-%dT%H:%M:%S}.{now % 10**9:09d}Z"


def write_all(handle: int, data: bytes) -> None:
    """Write every byte."""
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]
