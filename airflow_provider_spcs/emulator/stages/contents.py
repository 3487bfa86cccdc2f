"""The content of a staged file: decompressed, and as text."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.stages.formats import FileFormat

_MAGIC = {
    b"\x1f\x8b": "GZIP",
    b"BZh": "BZ2",
    b"\x28\xb5\x2f\xfd": "ZSTD",
    **dict.fromkeys([b"x\x9c", b"x\xda", b"x\x01"], "DEFLATE"),
}
_READ_BYTES = 1 << 20


def compression_of(path: Path, declared: str) -> str:
    """The compression of a file: as declared, or by its first bytes for AUTO."""
    if declared != "AUTO":
        return declared
    with path.open("rb") as file:
        first = file.read(4)
    return next((name for magic, name in _MAGIC.items() if first.startswith(magic)), "NONE")


def opened(path: Path, declared: str) -> IO[bytes]:
    """The file's content, decompressed as it is read."""
    compression = compression_of(path, declared)
    stream: Any
    if compression == "GZIP":
        stream = gzip.open(path, "rb")  # noqa: SIM115  (the caller closes it)
    elif compression == "BZ2":
        stream = bz2.open(path, "rb")  # noqa: SIM115  (as above)
    elif compression in {"ZSTD", "BROTLI"}:
        import pyarrow as pa

        stream = io.BufferedReader(pa.CompressedInputStream(pa.OSFile(str(path)), compression.lower()))
    elif compression in {"DEFLATE", "RAW_DEFLATE"}:
        stream = io.BufferedReader(_Inflating(path, raw=compression == "RAW_DEFLATE"))
    else:
        stream = path.open("rb")
    return stream  # type: ignore[no-any-return]


class _Inflating(io.RawIOBase):
    def __init__(self, path: Path, *, raw: bool) -> None:
        self._file = path.open("rb")
        self._inflate = zlib.decompressobj(wbits=-zlib.MAX_WBITS if raw else zlib.MAX_WBITS)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        content = b""
        while not content and not self._inflate.eof:
            packed = self._inflate.unconsumed_tail or self._file.read(_READ_BYTES)
            if not packed:
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            content = self._inflate.decompress(packed, len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._file.close()
        super().close()


def blocks(path: Path, declared: str) -> Iterator[bytes]:
    """The content in pieces.

    Raises:
        SnowflakeError: 100078 when it is not what it is declared to be.
    """
    try:
        with opened(path, declared) as file:
            yield from iter(lambda: file.read(_READ_BYTES), b"")
    except (OSError, EOFError, zlib.error) as error:
        raise SnowflakeError(f"Error reading compressed file '{path.name}': {error}", 100078, "22000") from error


def decoded(path: Path, shape: FileFormat) -> Iterator[str]:
    """The content as text, in pieces.

    Raises:
        SnowflakeError: 100144 for bytes that are not of the format's encoding, 100078 for a broken compression.
    """
    encoding = str(shape.get("ENCODING", "UTF8")).upper().replace("UTF8", "UTF-8")
    lenient = shape.flag("REPLACE_INVALID_CHARACTERS") or not shape.flag("VALIDATE_UTF8")
    first = shape.flag("SKIP_BYTE_ORDER_MARK")
    try:
        decoder = codecs.getincrementaldecoder(encoding)("replace" if lenient else "strict")
        for block in blocks(path, shape.compression):
            text = decoder.decode(block)
            yield text.removeprefix("\ufeff") if first else text
            first = False
        yield decoder.decode(b"", final=True)
    except (UnicodeDecodeError, LookupError) as error:
        raise SnowflakeError(f"Invalid UTF8 detected in string '{path.name}': {error}", 100144, "22000") from error


def holds(path: Path, declared: str, wanted: bytes) -> bool:
    """Whether a byte sequence of length 1 occurs in the file's content."""
    return any(wanted in block for block in blocks(path, declared))
