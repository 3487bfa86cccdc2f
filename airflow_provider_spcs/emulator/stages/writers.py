"""Files that COPY INTO a stage writes: CSV, JSON and Parquet, from Arrow batches."""

from __future__ import annotations

import bz2
import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Protocol

from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.result import Column
    from airflow_provider_spcs.emulator.stages.formats import FileFormat

_SEMI_STRUCTURED = {"VARIANT", "OBJECT", "ARRAY"}


class Writer(Protocol):
    """One file that grows."""

    rows: int

    @property
    def size(self) -> int:
        """Bytes on disk so far, about."""

    def write(self, batch: Any) -> None:
        """Append an Arrow batch."""

    def close(self) -> int:
        """Finish the file; its bytes."""


def writer(path: Path, shape: FileFormat, compression: str, columns: Sequence[Column], *, header: bool) -> Writer:
    """A new file in the given format.

    Raises:
        SnowflakeError: 2019 when JSON is asked for rows of more than one semi-structured value.
    """
    if shape.type == "PARQUET":
        return _ParquetFile(path, compression, columns, header=header)
    if shape.type == "JSON":
        if len(columns) != 1 or columns[0].type not in _SEMI_STRUCTURED:
            raise SnowflakeError(
                "SQL compilation error:\nJSON file format can produce one and only one column of type variant, object, "
                "or array. Use CSV file format if you want to load more than one column.",
                2019,
                "0A000",
            )
        return _TextFile(path, compression, lambda batch: batch.column(0).to_pylist(), "\n", "")
    lines = _CsvLines(shape, columns)
    return _TextFile(path, compression, lines.of, lines.record_delimiter, lines.header if header else "")


class _TextFile:
    def __init__(self, path: Path, compression: str, lines: Any, end: str, header: str) -> None:
        self.rows = 0
        self._path = path
        self._lines = lines
        self._end = end
        self._raw = path.open("wb")
        self._file = _compressing(self._raw, compression)
        if header:
            self._file.write((header + end).encode())

    @property
    def size(self) -> int:
        return self._raw.tell()

    def write(self, batch: Any) -> None:
        lines = self._lines(batch)
        self.rows += len(lines)
        self._file.write("".join(f"{line}{self._end}" for line in lines).encode())

    def close(self) -> int:
        self._file.close()
        self._raw.close()
        return self._path.stat().st_size


def _compressing(raw: IO[bytes], compression: str) -> Any:
    if compression == "GZIP":
        return gzip.GzipFile(fileobj=raw, mode="wb", mtime=0)
    if compression == "BZ2":
        return bz2.BZ2File(raw, "wb")
    if compression in {"ZSTD", "BROTLI"}:
        import pyarrow as pa

        return pa.CompressedOutputStream(pa.PythonFile(raw, "w"), compression.lower())
    if compression in {"DEFLATE", "RAW_DEFLATE"}:
        return _Deflating(raw, zlib.MAX_WBITS if compression == "DEFLATE" else -zlib.MAX_WBITS)
    return raw


class _Deflating:
    def __init__(self, raw: IO[bytes], bits: int) -> None:
        self._raw = raw
        self._deflate = zlib.compressobj(wbits=bits)

    def write(self, content: bytes) -> None:
        self._raw.write(self._deflate.compress(content))

    def close(self) -> None:
        self._raw.write(self._deflate.flush())


class _CsvLines:
    """Rows as delimited text."""

    def __init__(self, shape: FileFormat, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._delimiter = shape.text("FIELD_DELIMITER") or ""
        self.record_delimiter = shape.text("RECORD_DELIMITER") or ""
        self._quote = shape.text("FIELD_OPTIONALLY_ENCLOSED_BY")
        self._escape = shape.text("ESCAPE") or shape.text("ESCAPE_UNENCLOSED_FIELD")
        nulls = shape.nulls
        self._null = nulls[0] if nulls else ""

    @property
    def header(self) -> str:
        """The line of column names."""
        return self._delimiter.join(self._text(column.name, "TEXT") for column in self._columns)

    def of(self, batch: Any) -> list[str]:
        """One line for each row of a batch."""
        shown = [_shown(array, column) for array, column in zip(batch.columns, self._columns, strict=True)]
        fields = [
            [self._null if value is None else self._text(value, column.type) for value in array.to_pylist()]
            for array, column in zip(shown, self._columns, strict=True)
        ]
        return [self._delimiter.join(row) for row in zip(*fields, strict=True)]

    def _text(self, value: str, kind: str) -> str:
        if self._quote:
            if kind in {"FIXED", "REAL"}:
                return value
            return f"{self._quote}{value.replace(self._quote, self._quote * 2)}{self._quote}"
        if self._escape:
            value = value.replace(self._escape, self._escape * 2)
            for special in (self._delimiter, self.record_delimiter):
                value = value.replace(special, self._escape + special) if special else value
        return value


def _shown(array: Any, column: Column) -> Any:
    """The values as Snowflake writes them into CSV."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type.startswith("TIMESTAMP"):
        moment = array.cast(pa.timestamp("ms", array.type.tz), safe=False)
        zone = " %z" if array.type.tz else ""
        return pc.strftime(moment, format=f"%Y-%m-%d %H:%M:%S{zone}")
    if column.type == "BINARY":
        return pa.array([None if value is None else value.hex().upper() for value in array.to_pylist()], pa.string())
    if column.type == "TIME":
        return pa.array(
            [None if value is None else value.isoformat("seconds") for value in array.to_pylist()], pa.string()
        )
    return array.cast(pa.string())


class _ParquetFile:
    def __init__(self, path: Path, compression: str, columns: Sequence[Column], *, header: bool) -> None:
        self.rows = 0
        self._path = path
        self._compression = {"NONE": "none", "LZO": "snappy"}.get(compression, compression.lower())
        self._names = [column.name if header else f"_COL_{index}" for index, column in enumerate(columns)]
        self._writer: Any = None

    @property
    def size(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0

    def write(self, batch: Any) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_batches([batch]).rename_columns(self._names).replace_schema_metadata(None)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema, compression=self._compression)
        self._writer.write_table(table)
        self.rows += batch.num_rows

    def close(self) -> int:
        if self._writer is not None:
            self._writer.close()
        return self._path.stat().st_size
