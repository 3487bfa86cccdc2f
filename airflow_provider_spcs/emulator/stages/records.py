"""Records of a delimited text file, read exactly by Snowflake's rules, however uneven they are."""

from __future__ import annotations

import bz2
import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.stages.formats import FileFormat

_MAGIC = {b"\x1f\x8b": "GZIP", b"BZh": "BZ2", b"\x28\xb5\x2f\xfd": "ZSTD"}
_READ_BYTES = 1 << 20


class Record(NamedTuple):
    """One record: the line it begins on (from 1), and its fields; None where the file says NULL."""

    line: int
    fields: list[str | None]


def compression_of(path: Path, declared: str) -> str:
    """The compression of a file: as declared, or by its first bytes for AUTO."""
    if declared != "AUTO":
        return declared
    with path.open("rb") as file:
        first = file.read(4)
    return next((name for magic, name in _MAGIC.items() if first.startswith(magic)), "NONE")


def opened(path: Path, declared: str) -> IO[bytes]:
    """The file's content, decompressed.

    Raises:
        SnowflakeError: 100078 when it is not what it is declared to be; 2 for compressions that cannot be read here.
    """
    compression = compression_of(path, declared)
    if compression == "GZIP":
        unpacked: Any = gzip.open(path, "rb")  # noqa: SIM115  (the caller closes it)
        return unpacked  # type: ignore[no-any-return]
    if compression == "BZ2":
        return bz2.open(path, "rb")
    if compression == "ZSTD":
        import pyarrow as pa

        stream: IO[bytes] = io.BufferedReader(pa.CompressedInputStream(pa.OSFile(str(path)), "zstd"))
        return stream
    if compression != "NONE":
        raise unsupported(f"COMPRESSION = {compression}")
    return path.open("rb")


def text_of(path: Path, shape: FileFormat) -> str:
    """The whole file as text.

    Raises:
        SnowflakeError: 100144 for bytes that are not of the format's encoding.
    """
    encoding = str(shape.get("ENCODING", "UTF8")).upper().replace("UTF8", "UTF-8")
    lenient = shape.flag("REPLACE_INVALID_CHARACTERS") or not shape.flag("VALIDATE_UTF8")
    try:
        with opened(path, shape.compression) as file:
            content = file.read()
        text = content.decode(encoding, "replace" if lenient else "strict")
    except (UnicodeDecodeError, LookupError) as error:
        raise SnowflakeError(f"Invalid UTF8 detected in string '{path.name}': {error}", 100144, "22000") from error
    except (OSError, EOFError) as error:
        raise SnowflakeError(f"Error reading compressed file '{path.name}': {error}", 100078, "22000") from error
    return text.removeprefix("\ufeff") if shape.flag("SKIP_BYTE_ORDER_MARK") else text


def holds(path: Path, declared: str, wanted: bytes) -> bool:
    """Whether a byte sequence of length 1 occurs in the file's content."""
    with opened(path, declared) as file:
        return any(wanted in block for block in iter(lambda: file.read(_READ_BYTES), b""))


def records(path: Path, shape: FileFormat, *, headers: bool = False) -> Iterator[Record]:
    """The file's records, without those that SKIP_HEADER or PARSE_HEADER take for headers.

    Args:
        path: The file.
        shape: A CSV format.
        headers: Whether to keep the headers.
    """
    skip = 0 if headers else int(shape.get("SKIP_HEADER", 0)) or int(shape.flag("PARSE_HEADER"))
    blank = shape.flag("SKIP_BLANK_LINES")
    for number, record in enumerate(_Reader(text_of(path, shape), shape).records()):
        if number < skip or (blank and record.fields in ([None], [""])):
            continue
        yield record


class _Reader:
    """Reads text character by character where quotes or escapes ask for it, and by splitting where none can occur."""

    def __init__(self, text: str, shape: FileFormat) -> None:
        self._text = text
        self._shape = shape
        self._delimiter = shape.text("FIELD_DELIMITER")
        self._ends = self._record_ends(shape.text("RECORD_DELIMITER"))
        self._quote = shape.text("FIELD_OPTIONALLY_ENCLOSED_BY")
        self._escape = shape.text("ESCAPE")
        self._bare_escape = self._escape or shape.text("ESCAPE_UNENCLOSED_FIELD")
        self._nulls = set(shape.nulls)
        self._trim = shape.flag("TRIM_SPACE")
        self._empty_is_null = shape.flag("EMPTY_FIELD_AS_NULL")
        self._at = 0
        self._line = 1

    @staticmethod
    def _record_ends(delimiter: str | None) -> tuple[str, ...]:
        # A line feed as delimiter also ends records at carriage returns.
        # Source: "CREATE FILE FORMAT", RECORD_DELIMITER.
        return ("\r\n", "\n", "\r") if delimiter == "\n" else (delimiter,) if delimiter else ()

    def records(self) -> Iterator[Record]:
        while self._at < len(self._text):
            yield Record(self._line, self._record())

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
            char = self._text[self._at]
            if self._escape and char == self._escape and char != quote:
                out.append(_unescaped(self._text[self._at + 1 : self._at + 2]))
                self._at += 2
            elif self._text.startswith(quote * 2, self._at):
                out.append(quote)
                self._at += 2
            elif char == quote:
                self._at += 1
                break
            else:
                self._line += char == "\n"
                out.append(char)
                self._at += 1
        # What follows the closing quote up to the delimiter belongs to no field; the record is read on.
        self._bare()
        found = "".join(out)
        return None if found in self._nulls else found

    def _bare(self) -> str | None:
        out: list[str] = []
        raw_start = self._at
        while self._at < len(self._text) and not self._at_end():
            char = self._text[self._at]
            if char == self._bare_escape:
                out.append(_unescaped(self._text[self._at + 1 : self._at + 2]))
                self._at += 2
            else:
                out.append(char)
                self._at += 1
        raw = self._text[raw_start : self._at]
        found = "".join(out)
        if self._trim:
            raw, found = raw.strip(), found.strip()
        if raw in self._nulls or found in self._nulls or (not raw and self._empty_is_null):
            return None
        return found

    def _at_end(self) -> bool:
        return bool(self._delimiter and self._text.startswith(self._delimiter, self._at)) or any(
            self._text.startswith(end, self._at) for end in self._ends
        )


def _unescaped(char: str) -> str:
    return {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b"}.get(char, char)
