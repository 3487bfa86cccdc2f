"""A part of a container's log file: whole lines before or after a byte, ready to be shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

WINDOW_BYTES = 128 * 1024
LONGEST_LINE = 4000
"""Characters shown of one line; the file has them all."""
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Line:
    """One line: when, which stream, what; terminal colours are taken out."""

    time: str
    stream: str
    text: str


@dataclass(frozen=True)
class Window:
    """Some lines and where they lie in the file, in bytes."""

    lines: list[Line]
    first: int
    next: int
    size: int


def after(path: Path, start: int, *, finished: bool) -> Window:
    """The next lines from a byte on, which must be a line's begin.

    Args:
        path: The file.
        start: Where to begin.
        finished: Whether nothing will be appended; a last line without an end is then shown.
    """
    size = _size(path)
    start = min(start, size)
    block = _read(path, start, WINDOW_BYTES)
    end = block.rfind(b"\n") + 1
    if not end and (finished or len(block) == WINDOW_BYTES):
        end = len(block)
    return Window(_lines(block[:end]), start, start + end, size)


def before(path: Path, end: int, floor: int = 0) -> Window:
    """The last lines that end before a byte.

    Args:
        path: The file.
        end: Where they end; a line's begin, or the file's end.
        floor: Where the log begins for readers.
    """
    size = _size(path)
    end = min(end, size)
    start = max(floor, end - WINDOW_BYTES)
    block = _read(path, start, end - start)
    if start > floor:
        cut = block.find(b"\n") + 1
        start, block = start + cut, block[cut:]
    whole = block.rfind(b"\n") + 1
    return Window(_lines(block[:whole]), start, start + whole, size)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _read(path: Path, start: int, count: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(start)
            return file.read(max(count, 0))
    except FileNotFoundError:
        return b""


def _lines(block: bytes) -> list[Line]:
    return (
        [_line(stored) for stored in block.decode("utf-8", "replace").removesuffix("\n").split("\n")] if block else []
    )


def _line(stored: str) -> Line:
    when, _, rest = stored.partition(" ")
    stream, _, text = rest.partition(" ")
    if stream not in {"stdout", "stderr"}:
        when, stream, text = "", "stdout", stored
    return Line(when, stream, shown(text))


def shown(text: str) -> str:
    """A line as a screen would show it, without colours, and cut when it is very long."""
    # A progress bar rewrites its line; what a person would see is its last state.
    text = _ESCAPES.sub("", text).rstrip("\r").rpartition("\r")[2]
    text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
    if len(text) > LONGEST_LINE:
        text = f"{text[:LONGEST_LINE]} [... {len(text) - LONGEST_LINE} more characters]"
    return text
