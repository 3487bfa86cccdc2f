"""COPY INTO a stage: the rows of a table or query as files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value, unsupported
from airflow_provider_spcs.emulator.result import Kind, Result, number, text
from airflow_provider_spcs.emulator.stages.copy_clauses import subquery
from airflow_provider_spcs.emulator.stages.formats import FileFormat
from airflow_provider_spcs.emulator.stages.moving import Places
from airflow_provider_spcs.emulator.stages.naming import resolve as resolve_format
from airflow_provider_spcs.emulator.stages.options import Options, boolean, read
from airflow_provider_spcs.emulator.stages.writers import Writer, writer

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.stages.location import Location
    from airflow_provider_spcs.emulator.statement import Statement

_OPTIONS = {"FILE_FORMAT", "OVERWRITE", "SINGLE", "MAX_FILE_SIZE", "HEADER", "DETAILED_OUTPUT", "INCLUDE_QUERY_ID"}
_MAX_FILE_BYTES = 16_777_216
_SLICE_ROWS = 10_000
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
    source = places.options()
    source.expect("FROM")
    query, binds = _query(session, source)
    if source.looking_at("PARTITION BY"):
        raise unsupported("COPY INTO @stage ... PARTITION BY")
    options = read(source, _OPTIONS)
    source.end()
    if boolean(options, "INCLUDE_QUERY_ID"):
        raise unsupported("COPY INTO @stage ... INCLUDE_QUERY_ID")
    location = session.account.stages.locate(session, place, writable=True)
    shape = resolve_format(session, options.get("FILE_FORMAT"), place)
    target = _Target.of(location, shape, options)
    written = _write(session.execute(query, binds), target, shape, options)
    return _result(written, options)


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
    def of(cls, location: Location, shape: FileFormat, options: Options) -> _Target:
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
        return cls(location, stem, ending, single, boolean(options, "OVERWRITE"), most)

    def path(self, index: int) -> str:
        """The path of the file of that number below the stage's root."""
        return self.stem if self.single else f"{self.stem}_0_{index}_0{self.ending}"

    def create(self, index: int) -> tuple[str, Path]:
        """A new file's name and path.

        Raises:
            SnowflakeError: 100064 when it is there and OVERWRITE is not set.
        """
        name = self.path(index)
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


def _write(result: Result, target: _Target, shape: FileFormat, options: Options) -> list[Written]:
    header = boolean(options, "HEADER")
    written: list[Written] = []
    open_writer: Writer | None = None
    name = ""
    try:
        for batch in _slices(result):
            if open_writer is not None and open_writer.size >= target.most_bytes:
                if target.single:
                    raise SnowflakeError(
                        f"Max file size ({target.most_bytes}) exceeded for unload single file mode. Please increase "
                        "MAX_FILE_SIZE or disable single file mode.",
                        100063,
                        "22000",
                    )
                written.append(Written(name, open_writer.close(), open_writer.rows))
                open_writer = None
            if open_writer is None:
                name, path = target.create(len(written))
                open_writer = writer(path, shape, compression_written(shape), result.columns, header=header)
            open_writer.write(batch)
    finally:
        if open_writer is not None:
            written.append(Written(name, open_writer.close(), open_writer.rows))
    return written


def _slices(result: Result) -> Any:
    from airflow_provider_spcs.emulator.engine.relation import arrow_table

    batches = result.batches if result.batches is not None else arrow_table(result).to_batches()
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
