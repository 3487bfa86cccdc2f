"""Raw log text to lines that a person can read: levels, progress bars, noise, length."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass
from datetime import datetime

from airflow_provider_spcs.rows import moment

#: Longest line, in bytes of UTF-8: a longer record gets lost on its way through the triggerer (apache/airflow#66158).
MOST_BYTES = 16 * 1024

_STAMPED = re.compile(
    r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)) ?(?P<text>.*)\Z", re.DOTALL
)
_LEVEL = re.compile(
    r"(?:[\d\s:.,TZ/+\[\]()|-]{0,40}|.{0,40}[\s\[|(])"
    r"(?P<level>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|FATAL|PANIC)(?:[\s\]|):,]|$)"
)
_GLOG = re.compile(r"(?P<level>[IWEF])\d{4} \d\d:\d\d:\d\d")
_LEVELS = {
    "TRACE": logging.DEBUG,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "I": logging.INFO,
    "NOTICE": logging.INFO,
    "WARN": logging.WARNING,
    "WARNING": logging.WARNING,
    "W": logging.WARNING,
    "ERROR": logging.ERROR,
    "ERR": logging.ERROR,
    "E": logging.ERROR,
    "CRITICAL": logging.CRITICAL,
    "FATAL": logging.CRITICAL,
    "PANIC": logging.CRITICAL,
    "F": logging.CRITICAL,
}
#: Moves of the cursor and erasures; colours stay, the log page shows them.
_MOVES = re.compile(r"\x1b\[[0-9;?]*[A-KSTfhlsu]|\x1b[()][0-9A-B]|\x1b[78=>]")
_NOISE = re.compile("[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One raw line: ``at`` is its timestamp as the source wrote it, empty when there is none."""

    text: str
    at: str = ""

    @property
    def moment(self) -> datetime | None:
        """Its time, when it has one."""
        return moment(self.at) if self.at else None


def entries(text: str, *, stamped: bool) -> tuple[list[Entry], Entry | None]:
    """Whole lines, and the last one when no newline ends it: it may still grow.

    Args:
        text: As the source gives it.
        stamped: Whether each line was asked to begin with its timestamp. A line without one belongs to the line before.
    """
    pieces = text.split("\n")
    last = pieces.pop()
    found: list[Entry] = []
    at = ""
    for piece in [*pieces, last]:
        match = _STAMPED.match(piece) if stamped else None
        at = match["at"] if match else at
        found.append(Entry(match["text"] if match else piece, at))
    pending = found.pop()
    return found, pending if last else None


def is_stamped(text: str) -> bool:
    """Whether the first line begins with a timestamp; an empty text cannot tell and counts as such."""
    return not text or bool(_STAMPED.match(text.split("\n", 1)[0]))


def readable(text: str) -> str:
    """One line as it would look on a screen.

    A progress bar writes over itself with carriage returns: what it wrote last is what is seen. Noise is shown as its
    code, and a line over 16 KB is cut.
    """
    segments = [segment for segment in text.split("\r") if segment.strip()]
    shown = _MOVES.sub("", segments[-1] if segments else "")
    shown = _NOISE.sub(lambda match: f"\\x{ord(match[0]):02x}", shown).rstrip()
    size = len(shown.encode(errors="replace"))
    if size <= MOST_BYTES:
        return shown
    mark = f" ... [cut, the line has {size:,} bytes]"
    return shown.encode(errors="replace")[: MOST_BYTES - len(mark)].decode(errors="ignore") + mark


def level(text: str) -> int:
    """Level as in :mod:`logging` from the line's own beginning; INFO when it says nothing."""
    if text.startswith("{"):
        return _json_level(text)
    if text.startswith("Traceback (most recent call last)"):
        return logging.ERROR
    match = _GLOG.match(text) or _LEVEL.match(text[:80])
    return _LEVELS[match["level"]] if match else logging.INFO


def _json_level(text: str) -> int:
    try:
        body = json.loads(text)
    except ValueError:
        return logging.INFO
    for key in ("level", "levelname", "severity", "severity_text"):
        value = body.get(key) if isinstance(body, dict) else None
        if isinstance(value, str) and value.upper() in _LEVELS:
            return _LEVELS[value.upper()]
    return logging.INFO
