"""COPY INTO a stage: the rows of a table or query as files."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value
from airflow_provider_spcs.emulator.result import Column, Kind, Result, number, text
from airflow_provider_spcs.emulator.stages.copy_clauses import subquery
from airflow_provider_spcs.emulator.stages.formats import FileFormat
from airflow_provider_spcs.emulator.stages.moving import Places
from airflow_provider_spcs.emulator.stages.naming import resolve as resolve_format
from airflow_provider_spcs.emulator.stages.options import Options, boolean, read
from airflow_provider_spcs.emulator.stages.reference import invalid_path, parse
from airflow_provider_spcs.emulator.stages.writers import Writer, writer

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.stages.location import Location
    from airflow_provider_spcs.emulator.statement import Statement

_OPTIONS = {"FILE_FORMAT", "OVERWRITE", "SINGLE", "MAX_FILE_SIZE", "HEADER", "DETAILED_OUTPUT", "INCLUDE_QUERY_ID"}
_MAX_FILE_BYTES = 16_777_216
_SLICE_ROWS = 10_000
_NULL_FOLDER = "__NULL__"
_EXTENSIONS = {"CSV": "csv", "JSON": "json", "PARQUET": "parquet"}
_SUFFIXES = {
    "GZIP": ".gz",
    "BZ2": ".bz2",
    "BROTLI": ".br",
    "ZSTD": ".zst",
    "DEFLATE": ".deflate",
    "RAW_DEFLATE": ".raw_deflate",
    "SNAPPY": ".snappy",
    "NONE": "",
}


@dataclass
class Written:
    """One file that was unloaded."""

    name: str
    size: int
    rows: int


def unload(session: Session, statement: Statement) -> Result:
    """Write the rows of a table or query to files on a stage."""
    places = Places(statement)
    place = places.next()
    # Before the options: those of external places are unknown here.
    parse(place)
    source = places.options()
    source.expect("FROM")
    query, binds = _query(session, source)
    partition = _partition(source)
    options = read(source, _OPTIONS)
    source.end()
    _check(options, partitioned=bool(partition))
    location = session.account.stages.locate(session, place, writable=True)
    shape = resolve_format(session, options.get("FILE_FORMAT"), place)
    named = boolean(options, "INCLUDE_QUERY_ID", bool(partition))
    if partition and location.prefix and not location.prefix.endswith("/"):
        # Folders lie below the place that was named, whether it is one yet or not.
        location = replace(location, prefix=location.prefix + "/")
    target = _Target.of(location, shape, options, (session.query_id or str(uuid.uuid4())) if named else "")
    if partition:
        query = f"SELECT TO_VARCHAR({partition}), SF_ROWS.* FROM ({query}) SF_ROWS ORDER BY 1"
    result = session.execute(query, binds)
    columns = result.columns[1:] if partition else result.columns
    files = _Files(target, shape, columns, header=boolean(options, "HEADER"))
    with contextlib.closing(files):
        for folder, batch in _folders(_slices(result)) if partition else ((None, batch) for batch in _slices(result)):
            files.write(folder, batch)
    return _result(files.written, options)


def _partition(source: Statement) -> str:
    """The expression after PARTITION BY as text; empty when there is none."""
    if not source.accept("PARTITION BY"):
        return ""
    first, depth = source.peek(), 0
    while (token := source.peek()) is not None and not (
        depth == 0 and source.word() in _OPTIONS and source.word(1) == "="
    ):
        depth += {"(": 1, ")": -1}.get(token.text if not source.is_string() else "", 0)
        source.at += 1
    if first is None or first is source.peek():
        raise source.unexpected()
    return source.text[first.start : source.tokens[source.at - 1].end + 1]


def _check(options: Options, *, partitioned: bool) -> None:
    """Refuse options that exclude each other.

    Raises:
        SnowflakeError: 2, with the pair.
    """
    # Source: "COPY INTO <location>", usage notes of PARTITION BY and INCLUDE_QUERY_ID.
    pairs = [("OVERWRITE", partitioned, "PARTITION BY"), ("SINGLE", partitioned, "PARTITION BY")]
    if boolean(options, "INCLUDE_QUERY_ID"):
        pairs += [("OVERWRITE", True, "INCLUDE_QUERY_ID"), ("SINGLE", True, "INCLUDE_QUERY_ID")]
    for option, other, name in pairs:
        if other and boolean(options, option):
            raise SnowflakeError(f"SQL compilation error:\n{option} = TRUE cannot be used with {name}.", 2, "0A000")
    if partitioned and not boolean(options, "INCLUDE_QUERY_ID", True):
        raise SnowflakeError(
            "SQL compilation error:\nINCLUDE_QUERY_ID = FALSE cannot be used with PARTITION BY.", 2, "0A000"
        )


def _query(session: Session, source: Statement) -> tuple[str, list[Any]]:
    """The query to unload, and the values of its placeholders."""
    if source.looking_at("("):
        return subquery(source)
    return f"SELECT * FROM {session.qualify(source.name())}", []


@dataclass
class _Target:
    """Where the files go, and what they are called."""

    location: Location
    stem: str
    ending: str
    single: bool
    overwrite: bool
    most_bytes: int

    @classmethod
    def of(cls, location: Location, shape: FileFormat, options: Options, query_id: str) -> _Target:
        single = boolean(options, "SINGLE")
        most = int(options.get("MAX_FILE_SIZE", _MAX_FILE_BYTES))
        if most < 1:
            raise invalid_value(most, "MAX_FILE_SIZE", "A number of bytes above 0.")
        compression = compression_written(shape)
        extension = str(shape.get("FILE_EXTENSION") or _EXTENSIONS[shape.type])
        ending = f".{extension.lstrip('.')}"
        suffix = _SUFFIXES[compression]
        ending = f"{suffix}{ending}" if shape.type == "PARQUET" else f"{ending}{suffix}"
        stem = location.prefix
        if not stem or stem.endswith("/"):
            stem += "data"
        elif not single and location.directory.is_dir():
            stem += "/data"
        if query_id:
            stem += f"_{query_id}"
        return cls(location, stem, ending, single, boolean(options, "OVERWRITE"), most)

    def path(self, index: int, folder: str | None = None) -> str:
        """The path of the file of that number, in a folder beside the others, below the stage's root.

        Raises:
            SnowflakeError: 391 for a folder that leads elsewhere.
        """
        stem = self.stem
        if folder is not None:
            if any(part in {"", ".", ".."} for part in folder.split("/")):
                raise invalid_path(folder)
            place, _, name = stem.rpartition("/")
            stem = "/".join(filter(None, (place, folder, name)))
        return stem if self.single else f"{stem}_0_{index}_0{self.ending}"

    def create(self, index: int, folder: str | None) -> tuple[str, Path]:
        """A new file's name and path.

        Raises:
            SnowflakeError: 100064 when it is there and OVERWRITE is not set.
        """
        name = self.path(index, folder)
        path = self.location.file(name)
        if path.exists() and not self.overwrite:
            raise SnowflakeError(
                f"Files already existing at the unload destination: {self.location.label}{name}. Use overwrite option "
                "to force unloading.",
                100064,
                "22000",
            )
        path.parent.mkdir(parents=True, exist_ok=True)
        return name, path


def compression_written(shape: FileFormat) -> str:
    """The compression of unloaded files: gzip for text and Snappy for Parquet unless the format says otherwise."""
    if shape.compression != "AUTO":
        return shape.compression
    return "SNAPPY" if shape.type == "PARQUET" else "GZIP"


class _Files:
    """The files of one statement; each full one, and each folder's last, is finished before the next begins.

    Args:
        target: Where they go.
        shape: Their format.
        columns: What they hold.
        header: Whether they say the columns' names.
    """

    def __init__(self, target: _Target, shape: FileFormat, columns: Sequence[Column], *, header: bool) -> None:
        self.written: list[Written] = []
        self._target = target
        self._shape = shape
        self._columns = columns
        self._header = header
        self._folder: str | None = None
        self._name = ""
        self._open: Writer | None = None

    def write(self, folder: str | None, batch: Any) -> None:
        """Add rows to the open file, or to a new one in ``folder``.

        Raises:
            SnowflakeError: 100063 when the only file grows too large.
        """
        if self._open is not None and self._open.size >= self._target.most_bytes:
            if self._target.single:
                raise SnowflakeError(
                    f"Max file size ({self._target.most_bytes}) exceeded for unload single file mode. Please increase "
                    "MAX_FILE_SIZE or disable single file mode.",
                    100063,
                    "22000",
                )
            self.close()
        if folder != self._folder:
            self.close()
        if self._open is None:
            self._folder = folder
            self._name, path = self._target.create(len(self.written), folder)
            compression = compression_written(self._shape)
            self._open = writer(path, self._shape, compression, self._columns, header=self._header)
        self._open.write(batch)

    def close(self) -> None:
        """Finish the open file."""
        if self._open is not None:
            self.written.append(Written(self._name, self._open.close(), self._open.rows))
            self._open = None


def _folders(slices: Iterator[Any]) -> Iterator[tuple[str, Any]]:
    """Rows that are ordered by their first column, which names a folder, without that column."""
    for batch in slices:
        rest = batch.select(range(1, batch.num_columns))
        start = 0
        for folder, group in itertools.groupby(batch.column(0).to_pylist()):
            count = sum(1 for _ in group)
            yield _NULL_FOLDER if folder is None else folder.strip("/"), rest.slice(start, count)
            start += count


def _slices(result: Result) -> Iterator[Any]:
    from airflow_provider_spcs.emulator.engine.relation import arrow_table, without_offsets

    batches = map(without_offsets, result.batches) if result.batches is not None else arrow_table(result).to_batches()
    for batch in batches:
        for start in range(0, batch.num_rows, _SLICE_ROWS):
            yield batch.slice(start, _SLICE_ROWS)


def _result(written: list[Written], options: Options) -> Result:
    if boolean(options, "DETAILED_OUTPUT"):
        columns = [text("FILE_NAME"), number("FILE_SIZE"), number("ROW_COUNT")]
        return Result(columns, [(item.name, item.size, item.rows) for item in written], kind=Kind.UNLOAD)
    rows, size = sum(item.rows for item in written), sum(item.size for item in written)
    columns = [number("rows_unloaded"), number("input_bytes"), number("output_bytes")]
    return Result(columns, [(rows, size, size)], kind=Kind.UNLOAD)
