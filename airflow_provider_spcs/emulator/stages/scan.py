"""Files of a stage as a DuckDB query: ``$1``, ``$2``... and the METADATA$ columns, one row a record.

Every scan gives the columns ``"$1"`` and so on (text for CSV, one JSON value for JSON and Parquet), the metadata
columns, and for Parquet ``"$1:name"`` for each column of the files with its own type, so that reading a column does not
go through JSON.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.stages.contents import blocks, compression_of, holds
from airflow_provider_spcs.emulator.stages.formats import FileFormat
from airflow_provider_spcs.emulator.stages.location import File, Location, Staged
from airflow_provider_spcs.emulator.stages.parquet_names import given
from airflow_provider_spcs.emulator.stages.records import records

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

METADATA = ("METADATA$FILENAME", "METADATA$FILE_ROW_NUMBER", "METADATA$FILE_CONTENT_KEY", "METADATA$FILE_LAST_MODIFIED")

_SAMPLED_BYTES = 1 << 22
_RECORDS_AT_A_TIME = 10_000
_DUCKDB_COMPRESSIONS = {"GZIP": "gzip", "ZSTD": "zstd", "NONE": "none"}


@dataclass
class Scan:
    """A query over staged files.

    Args:
        sql: DuckDB text; names of ``tables`` may occur in it.
        columns: The positional columns, ``"$1"`` first.
        fields: For Parquet, the files' columns and their DuckDB types.
        tables: Arrow tables to register before it runs.
    """

    sql: str
    columns: list[str]
    fields: dict[str, str] = field(default_factory=dict)
    tables: dict[str, Any] = field(default_factory=dict)
    uneven: bool = False
    """Whether the query also gives ``SF_FIELDS`` and ``SF_LINE``: each record's number of fields and its line."""


def text(value: object) -> str:
    """A DuckDB string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def scan(session: Session, location: Location, files: list[File], shape: FileFormat, *, width: int = 0) -> Scan:
    """The query over ``files`` of a stage.

    Args:
        session: Whose digests and clock give the metadata.
        location: Where the files lie.
        files: Which of them, in order.
        shape: Their format.
        width: So many columns at least, for CSV.

    Raises:
        SnowflakeError: A file cannot be read in that format.
    """
    if not files:
        columns = [f"${number}" for number in range(1, max(width, 1) + 1)]
        kind = "VARCHAR" if shape.type == "CSV" else "JSON"
        empty = [f"CAST(NULL AS {kind}) AS {quoted(column)}" for column in columns]
        return Scan(f"SELECT {', '.join([*empty, *_metadata(session, location, None)])} WHERE FALSE", columns)
    if shape.type == "PARQUET":
        return _parquet(session, location, files, shape)
    parts = [
        _csv(session, staged, width) if shape.type == "CSV" else _json(session, staged)
        for staged in (Staged(location, file, shape) for file in files)
    ]
    columns = max((part.columns for part in parts), key=len)
    tables = {name: table for part in parts for name, table in part.tables.items()}
    return Scan("\nUNION ALL BY NAME\n".join(part.sql for part in parts), columns, tables=tables)


def _metadata(session: Session, location: Location, file: File | None, row: str = "row_number() OVER ()") -> list[str]:
    name = "NULL" if file is None else text(file.path)
    key = "NULL" if file is None else text(session.account.stages.digests.md5(location.root, file))
    changed = "NULL" if file is None else f"make_timestamp({file.changed_ns // 1000})"
    return [
        f'CAST({name} AS VARCHAR) AS "METADATA$FILENAME"',
        f'CAST({row} AS BIGINT) AS "METADATA$FILE_ROW_NUMBER"',
        f'CAST({key} AS VARCHAR) AS "METADATA$FILE_CONTENT_KEY"',
        f'CAST({changed} AS TIMESTAMP) AS "METADATA$FILE_LAST_MODIFIED"',
    ]


def _csv(session: Session, staged: Staged, width: int) -> Scan:
    sample = _widths(staged) if staged.file.size < _SAMPLED_BYTES else []
    source = fast_csv(session, staged, max([width, *sample]) or _first_width(staged))
    if source is not None:
        columns, sql = source
        return Scan(f"SELECT *, {', '.join(_metadata(session, staged.location, staged.file))} FROM {sql}", columns)
    return slow_csv(session, staged, width)


def _widths(staged: Staged) -> list[int]:
    return [len(record.fields) for record, _ in zip(records(staged.path, staged.shape), range(200), strict=False)]


def _first_width(staged: Staged) -> int:
    first = next(records(staged.path, staged.shape), None)
    return len(first.fields) if first else 1


def fast_csv(session: Session, staged: Staged, count: int, *, pad: bool = True) -> tuple[list[str], str] | None:
    """Columns and text of DuckDB's own reader for a file; None when the reader would read it otherwise than Snowflake.

    Args:
        session: Whose engine tries it.
        staged: The file, in a CSV format.
        count: So many columns.
        pad: Whether short records are filled up with NULL; otherwise they are none of the reader's.
    """
    shape = staged.shape
    delimiter, quote = shape.text("FIELD_DELIMITER"), shape.text("FIELD_OPTIONALLY_ENCLOSED_BY") or ""
    plain = shape.text("RECORD_DELIMITER") in {"\n", "\r\n"} and shape.text("ESCAPE") is None
    encoded = str(shape.get("ENCODING")).upper() in {"UTF8", "UTF-8"} and not shape.flag("REPLACE_INVALID_CHARACTERS")
    if not delimiter or not plain or not encoded or count < 1 or shape.flag("TRIM_SPACE"):
        return None
    escape = shape.text("ESCAPE_UNENCLOSED_FIELD")
    if escape and holds(staged.path, shape.compression, escape.encode()):
        return None
    path, compression = _readable_path(session, staged)
    names = [f"${number}" for number in range(1, count + 1)]
    options = {
        "auto_detect": "false",
        "header": "false",
        "skip": str(int(shape.get("SKIP_HEADER", 0)) or int(shape.flag("PARSE_HEADER"))),
        "delim": text(delimiter),
        "quote": text(quote),
        "escape": text(quote),
        "columns": "{" + ", ".join(f"{text(name)}: 'VARCHAR'" for name in names) + "}",
        "null_padding": str(pad).lower(),
        "compression": text(compression),
        "allow_quoted_nulls": "false",
        "nullstr": "''" if shape.flag("EMPTY_FIELD_AS_NULL") else text("\x01\x01"),
    }
    call = f"read_csv({text(path)}, {', '.join(f'{key}={value}' for key, value in options.items())})"
    if not _readable(session, call):
        return None
    nulls = ", ".join(text(null) for null in shape.nulls)
    shown = [f"CASE WHEN {quoted(name)} NOT IN ({nulls}) THEN {quoted(name)} END AS {quoted(name)}" for name in names]
    return names, f"(SELECT {', '.join(shown)} FROM {call})" if nulls else call


def _readable(session: Session, call: str) -> bool:
    import duckdb

    try:
        with session.account.engine.cursor() as cursor:
            cursor.execute(f'SELECT count(*) FROM {call} WHERE "$1" IS NULL').fetchall()
    except duckdb.Error:
        return False
    return True


def slow_csv(session: Session, staged: Staged, width: int = 0) -> Scan:
    """The records of an uneven file, read one by one and kept as Parquet while they are needed."""
    path = session.account.stages.derived.get(
        ("records", _digest(session, staged), sorted(staged.shape.options.items(), key=str)),
        lambda draft: _write_records(staged, draft),
    )
    with session.account.engine.cursor() as cursor:
        (widest,) = cursor.execute(f"SELECT max(SF_FIELDS) FROM read_parquet({text(path)})").fetchone()
    names = [f"${number}" for number in range(1, max(width, 1, int(widest or 0)) + 1)]
    shown = ", ".join(f"SF_VALUES[{index}] AS {quoted(name)}" for index, name in enumerate(names, 1))
    metadata = ", ".join(_metadata(session, staged.location, staged.file, "SF_ROW"))
    return Scan(f"SELECT {shown}, SF_LINE, SF_FIELDS, {metadata} FROM read_parquet({text(path)})", names, uneven=True)


def _write_records(staged: Staged, path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = pa.int64()
    kinds = {"SF_ROW": whole, "SF_LINE": whole, "SF_FIELDS": whole, "SF_VALUES": pa.list_(pa.string())}
    found = enumerate(records(staged.path, staged.shape), 1)
    with pq.ParquetWriter(path, pa.schema(kinds.items())) as writer:
        while some := list(itertools.islice(found, _RECORDS_AT_A_TIME)):
            rows = [(row, record.line, len(record.fields), record.fields) for row, record in some]
            columns = [
                pa.array(list(values), kind)
                for values, kind in zip(zip(*rows, strict=True), kinds.values(), strict=True)
            ]
            writer.write_table(pa.table(columns, names=list(kinds)))


def _readable_path(session: Session, staged: Staged) -> tuple[Path, str]:
    """A file that DuckDB can read, unpacked where it must be, and DuckDB's name of its compression."""
    compression = compression_of(staged.path, staged.shape.compression)
    known = _DUCKDB_COMPRESSIONS.get(compression)
    if known is not None:
        return staged.path, known
    key = ("unpacked", _digest(session, staged), compression)
    return session.account.stages.derived.get(key, lambda draft: _unpack(staged.path, compression, draft)), "none"


def _unpack(path: Path, compression: str, target: Path) -> None:
    with target.open("wb") as file:
        for block in blocks(path, compression):
            file.write(block)


def _digest(session: Session, staged: Staged) -> str:
    return session.account.stages.digests.md5(staged.location.root, staged.file)


def _json(session: Session, staged: Staged) -> Scan:
    shape = staged.shape
    path, compression = _readable_path(session, staged)
    outer = "array" if shape.flag("STRIP_OUTER_ARRAY") else "unstructured"
    # A single top-level array is one value unless the outer array is stripped.
    call = (
        f"read_json_objects({text(path)}, format={text(outer)}, compression={text(compression)}, "
        "maximum_object_size=134217728)"
    )
    value = "json_strip_nulls(json)" if shape.flag("STRIP_NULL_VALUES") else "json"
    metadata = ", ".join(_metadata(session, staged.location, staged.file))
    return Scan(f'SELECT CAST({value} AS JSON) AS "$1", {metadata} FROM {call}', ["$1"])


def _parquet(session: Session, location: Location, files: list[File], shape: FileFormat) -> Scan:
    paths = ", ".join(text(location.root / file.path) for file in files)
    binary = str(shape.flag("BINARY_AS_TEXT")).lower()
    call = (
        f"read_parquet([{paths}], union_by_name=true, filename='SF_FILE', file_row_number=true, "
        f"binary_as_string={binary}, hive_partitioning=false)"
    )
    read = parquet_fields(session, call, paths)
    fields = {name: kind for _, name, kind in read}
    listed = "[" + ", ".join(_entry(session, location, file) for file in files) + "]"
    typed = [f"{_microseconds(f'F.{quoted(stored)}', kind)} AS {_field(name)}" for stored, name, kind in read]
    typed += [
        f"{_epoch(kind)}(F.{quoted(stored)}) AS {_field(name + '#')}"
        for stored, name, kind in read
        if kind.startswith("TIMESTAMP")
    ]
    entry = f"list_filter({listed}, lambda f: f.path = F.SF_FILE)[1]"
    if len(files) == 1:
        entry = f"{listed}[1]"
    columns = [
        f'{_packed(read)} AS "$1"',
        *typed,
        f'{entry}.name AS "METADATA$FILENAME"',
        'F.file_row_number + 1 AS "METADATA$FILE_ROW_NUMBER"',
        f'{entry}.key AS "METADATA$FILE_CONTENT_KEY"',
        f'{entry}.at AS "METADATA$FILE_LAST_MODIFIED"',
    ]
    return Scan(f"SELECT {', '.join(columns)} FROM {call} AS F", ["$1"], fields)


def _field(name: str) -> str:
    return quoted(physical.column(f"$1:{name}"))


def _entry(session: Session, location: Location, file: File) -> str:
    """A file's metadata as a DuckDB struct."""
    digest = session.account.stages.digests.md5(location.root, file)
    return (
        f"{{'path': {text(location.root / file.path)}, 'name': {text(file.path)}, 'key': {text(digest)}, "
        f"'at': make_timestamp({file.changed_ns // 1000})}}"
    )


def _microseconds(column: str, kind: str) -> str:
    """A zoned time of nanoseconds cut to what DuckDB casts on; every other column as it is."""
    return f"CAST({column} AS TIMESTAMPTZ)" if kind == "TIMESTAMPTZ_NS" else column


def _epoch(kind: str) -> str:
    """The function that gives a time as the number a Parquet file holds."""
    functions = {"TIMESTAMP_NS": "ns", "TIMESTAMPTZ_NS": "ns", "TIMESTAMP_MS": "ms", "TIMESTAMP_S": "ms"}
    return f"epoch_{functions.get(kind, 'us')}"


def _packed(read: list[tuple[str, str, str]]) -> str:
    """The record as JSON; a struct cannot have keys that differ only in case."""
    if any(stored != name for stored, name, _ in read):
        pairs = ", ".join(f"{text(name)}, {json_form(quoted(stored), kind)}" for stored, name, kind in read)
        return f"CAST(json_object({pairs}) AS JSON)"
    packed = ", ".join(f"{quoted(name)} := {json_form(quoted(name), kind)}" for _, name, kind in read)
    return f"CAST(to_json(struct_pack({packed})) AS JSON)" if packed else "CAST('{}' AS JSON)"


def json_form(column: str, kind: str) -> str:
    """How a value shows inside the JSON of ``$1``: times as text, the rest as it is."""
    return f"CAST({column} AS VARCHAR)" if kind.startswith(("TIMESTAMP", "DATE", "TIME")) else column


def parquet_fields(session: Session, call: str, paths: str) -> list[tuple[str, str, str]]:
    """DuckDB's names, own names and DuckDB's types of the columns that a ``read_parquet`` call reads.

    Raises:
        SnowflakeError: 100152 when a file is no Parquet file.
    """
    import duckdb

    try:
        with session.account.engine.cursor() as cursor:
            rows = cursor.execute(f"DESCRIBE SELECT * FROM {call}").fetchall()
            described = [row[:2] for row in rows if row[0] not in {"SF_FILE", "file_row_number"}]
            names = given(cursor, paths, [row[0] for row in described])
    except duckdb.Error as error:
        raise SnowflakeError(
            f"Error parsing the Parquet file: {str(error).splitlines()[0]}", 100152, "22000"
        ) from error
    return [(stored, names[stored], kind) for stored, kind in described]
