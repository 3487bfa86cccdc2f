"""Records of a delimited text file, read exactly by Snowflake's rules, however uneven they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from airflow_provider_spcs.emulator.stages.contents import decoded
from airflow_provider_spcs.emulator.stages.formats import FileFormat

_LONGEST_DELIMITER = 64


class Record(NamedTuple):
    """One record: the line it begins on (from 1), its fields (None where the file says NULL), its text."""

    line: int
    fields: list[str | None]
    text: str


def records(path: Path, shape: FileFormat, *, headers: bool = False) -> Iterator[Record]:
    """The file's records, without those that SKIP_HEADER or PARSE_HEADER take for headers.

    Args:
        path: The file.
        shape: A CSV format.
        headers: Whether to keep the headers.
    """
    skip = 0 if headers else int(shape.get("SKIP_HEADER", 0)) or int(shape.flag("PARSE_HEADER"))
    blank = shape.flag("SKIP_BLANK_LINES")
    for number, record in enumerate(_Reader(decoded(path, shape), shape).records()):
        if number < skip or (blank and record.fields in ([None], [""])):
            continue
        yield record


class _Reader:
    """Reads text from one special character to the next, holding no more of it than the record it is in.

    Args:
        blocks: The text, in pieces.
        shape: A CSV format.
    """

    def __init__(self, blocks: Iterator[str], shape: FileFormat) -> None:
        self._blocks = blocks
        self._text = ""
        self._more = True
        self._shape = shape
        self._delimiter = shape.text("FIELD_DELIMITER")
        self._ends = self._record_ends(shape.text("RECORD_DELIMITER"))
        self._quote = shape.text("FIELD_OPTIONALLY_ENCLOSED_BY")
        self._escape = shape.text("ESCAPE")
        self._bare_escape = self._escape or shape.text("ESCAPE_UNENCLOSED_FIELD")
        self._nulls = set(shape.nulls)
        self._trim = shape.flag("TRIM_SPACE")
        self._empty_is_null = shape.flag("EMPTY_FIELD_AS_NULL")
        self._in_bare = _any_of(self._delimiter, *self._ends, self._bare_escape)
        self._in_enclosed = _any_of(self._quote, self._escape)
        self._at = 0
        self._line = 1

    @staticmethod
    def _record_ends(delimiter: str | None) -> tuple[str, ...]:
        # A line feed as delimiter also ends records at carriage returns.
        # Source: "CREATE FILE FORMAT", RECORD_DELIMITER.
        return ("\r\n", "\n", "\r") if delimiter == "\n" else (delimiter,) if delimiter else ()

    def records(self) -> Iterator[Record]:
        while self._more or self._at < len(self._text):
            start, line = self._at, self._line
            found = self._record() if self._at < len(self._text) else []
            # A record that ends with the text in hand may go on in the next piece.
            if self._more and self._at + _LONGEST_DELIMITER > len(self._text):
                self._take_more(start)
                self._line = line
                continue
            yield Record(line, found, self._text[start : self._at].rstrip("\r\n"))

    def _take_more(self, start: int) -> None:
        """Forget the text before ``start``, and add at least as much as is left."""
        parts = [self._text[start:]]
        wanted = max(len(parts[0]), 1)
        while wanted > 0 and (block := next(self._blocks, None)) is not None:
            parts.append(block)
            wanted -= len(block)
        self._more = wanted <= 0
        self._text, self._at = "".join(parts), 0

    def _record(self) -> list[str | None]:
        fields: list[str | None] = []
        while True:
            fields.append(self._field())
            if self._take(self._delimiter):
                continue
            self._end()
            return fields

    def _end(self) -> None:
        for end in self._ends:
            if self._take(end):
                return

    def _take(self, expected: str | None) -> bool:
        if not expected or not self._text.startswith(expected, self._at):
            return False
        self._line += expected.count("\n")
        self._at += len(expected)
        return True

    def _field(self) -> str | None:
        start = self._at
        while self._trim and self._text[self._at : self._at + 1] in {" ", "\t"}:
            self._at += 1
        if self._quote and self._text.startswith(self._quote, self._at):
            return self._enclosed(self._quote)
        self._at = start
        return self._bare()

    def _enclosed(self, quote: str) -> str | None:
        self._at += 1
        out: list[str] = []
        while self._at < len(self._text):
            special = self._in_enclosed.search(self._text, self._at)
            end = special.start() if special else len(self._text)
            self._line += self._text.count("\n", self._at, end)
            out.append(self._text[self._at : end])
            self._at = end
            if special is None:
                break
            if self._escape and special[0] == self._escape and special[0] != quote:
                out.append(_unescaped(self._text[end + 1 : end + 2]))
                self._at += 2
            elif self._text.startswith(quote * 2, end):
                out.append(quote)
                self._at += 2
            else:
                self._at += 1
                break
        # What follows the closing quote up to the delimiter belongs to no field; the record is read on.
        self._bare()
        found = "".join(out)
        return None if found in self._nulls else found

    def _bare(self) -> str | None:
        out: list[str] = []
        raw_start = self._at
        while self._at < len(self._text):
            special = self._in_bare.search(self._text, self._at)
            end = special.start() if special else len(self._text)
            out.append(self._text[self._at : end])
            self._at = end
            if special is None or special[0] != self._bare_escape:
                break
            out.append(_unescaped(self._text[end + 1 : end + 2]))
            self._at += 2
        raw = self._text[raw_start : self._at]
        found = "".join(out)
        if self._trim:
            raw, found = raw.strip(), found.strip()
        if raw in self._nulls or found in self._nulls or (not raw and self._empty_is_null):
            return None
        return found


def _any_of(*texts: str | None) -> re.Pattern[str]:
    """What comes next of some texts; nothing when there are none."""
    return re.compile("|".join(re.escape(text) for text in texts if text) or r"(?!)")


def _unescaped(char: str) -> str:
    return {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b"}.get(char, char)
