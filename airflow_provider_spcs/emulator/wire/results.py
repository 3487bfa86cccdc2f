"""Results of finished statements, on disk by query id: for chunk downloads, retries and RESULT_SCAN."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa

from airflow_provider_spcs.emulator.clock import Clock
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.result import Column, Result
from airflow_provider_spcs.emulator.wire import arrow, arrow_reading, rowset
from airflow_provider_spcs.emulator.wire.json_text import indented
from airflow_provider_spcs.emulator.wire.number_types import NumberTypes

INLINE_ROWS = 5000
INLINE_BYTES = 4 * 2**20
PART_BYTES = 8 * 2**20
LARGE_PART_BYTES = 31 * 2**20
"""The first part outside the reply is larger than all that follow: the C library of a client on Linux reuses freed
memory only up to twice the largest block that it saw freed (``M_MMAP_THRESHOLD``, 32 MiB at most, in ``mallopt(3)``).
With parts of one size each is new memory to the client, which costs it more than reading the part."""
KEPT = timedelta(hours=24)
"""Snowflake keeps a result for a day. Source: docs, RESULT_SCAN."""


@dataclass(frozen=True)
class Part:
    """Some rows of a result in one Arrow IPC file."""

    path: Path
    rows: int
    size: int
    numbers: dict[int, pa.DataType] | None = None
    """In a file of the wire's types, how its columns of numbers are held; None in one of plain types."""


@dataclass
class StoredResult:
    """A finished result: its columns, and its rows in files.

    The first part is small enough to travel inside a reply, and plain, since replies are JSON as often as Arrow; the
    others are written as they are sent. ``secret`` is the part of a chunk's address that nobody can guess, as Snowflake
    signs such addresses.
    """

    columns: Sequence[Column]
    kind: int
    directory: Path
    created: datetime
    parts: list[Part] = field(default_factory=list)
    numbers: dict[int, pa.DataType] = field(default_factory=dict)
    """How each column of numbers, by index, is sent; all parts alike."""
    changed: dict[str, int] = field(default_factory=dict)
    """How many rows were ``inserted`` or ``deleted`` by a statement whose own rows do not say so."""
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    query_ids: list[str] = field(default_factory=list)
    """The statements whose result it is."""

    @property
    def rows(self) -> int:
        """Rows in all parts."""
        return sum(part.rows for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return sum(part.size for part in self.parts)

    def batches(self, index: int) -> list[pa.RecordBatch]:
        """The batches of one part in plain types; mapped from the file where it has them."""
        found = _read(self.parts[index].path)
        if self.parts[index].numbers is None:
            return found
        schema = _read(self.parts[0].path)[0].schema
        return [arrow_reading.plain(batch, self.columns, schema) for batch in found]

    def as_sent(self, index: int) -> Path | None:
        """The file that holds one part just as :meth:`encoded` makes it; None when there is none.

        A part that was written before a later one widened a column of numbers has to be encoded again.
        """
        part = self.parts[index]
        return part.path if part.numbers == self.numbers else None

    def encoded(self, index: int) -> memoryview:
        """One part as an Arrow IPC stream of the wire's types."""
        return arrow.encode(self.batches(index), self.columns, self.numbers)


class Results:
    """The account's results of the last day, oldest dropped first when they outgrow their room.

    Args:
        directory: Theirs alone; what an earlier process left in it is removed.
        clock: Decides their age.
        budget: Bytes they may take on disk; 8 GiB by default, less on a small disk.
    """

    def __init__(self, directory: Path, clock: Clock, budget: int | None = None) -> None:
        self._directory = directory
        self._clock = clock
        self._budget = budget if budget is not None else min(8 * 2**30, shutil.disk_usage(directory).free // 4)
        self._lock = threading.RLock()
        self._kept: dict[str, StoredResult] = {}
        # In the order in which they were stored.
        self._by_secret: OrderedDict[str, StoredResult] = OrderedDict()
        self._bytes = 0
        for old in directory.iterdir():
            shutil.rmtree(old, ignore_errors=True)

    def store(self, query_id: str, result: Result) -> StoredResult:
        """Write a result's rows to disk as they come; memory holds a part at most.

        Raises:
            SnowflakeError: What the statement itself raises while it is read.
        """
        directory = self._directory / query_id
        directory.mkdir(mode=0o700)
        stored = StoredResult(result.columns, result.kind, directory, self._clock.now(), changed=result.changed)
        plain = result.batches if result.batches is not None else _from_rows(result)
        batches = (indented(batch, result.columns) for batch in plain)
        numbers = NumberTypes(result.columns)
        try:
            for number, part in enumerate(_parted(batches)):
                for batch in part:
                    numbers.see(batch)
                path = directory / f"{number}.arrow"
                stored.parts.append(
                    _write_sent(path, part, result.columns, numbers) if number else _write_plain(path, part)
                )
        except BaseException:
            shutil.rmtree(directory, ignore_errors=True)
            raise
        stored.numbers = numbers.chosen()
        with self._lock:
            self._keep(query_id, stored)
            self._by_secret[stored.secret] = stored
            self._bytes += stored.size
        self._collect()
        return stored

    def share(self, query_id: str, other: str) -> StoredResult:
        """Give the result of ``other`` to a second query id as well.

        Raises:
            SnowflakeError: 709 when that result is not kept.
        """
        stored = self.find(other)
        with self._lock:
            self._keep(query_id, stored)
        return stored

    def find(self, query_id: str) -> StoredResult:
        """The result of a statement.

        Raises:
            SnowflakeError: 709 when it is not kept: never ran, failed, older than a day.
        """
        with self._lock:
            stored = self._kept.get(query_id)
        if stored is None or not stored.directory.exists():
            raise SnowflakeError(f"SQL execution error: Statement {query_id} not found", 709, "02000")
        return stored

    def get(self, query_id: str) -> tuple[Sequence[Column], Iterator[pa.RecordBatch]]:
        """Columns and rows of a statement's result, for RESULT_SCAN.

        Raises:
            SnowflakeError: 709 when it is not kept.
        """
        stored = self.find(query_id)
        return stored.columns, (batch for index in range(len(stored.parts)) for batch in stored.batches(index))

    def by_secret(self, secret: str) -> StoredResult | None:
        """The result whose chunk address holds ``secret``."""
        with self._lock:
            return self._by_secret.get(secret)

    def _keep(self, query_id: str, stored: StoredResult) -> None:
        self._kept[query_id] = stored
        stored.query_ids.append(query_id)

    def _collect(self) -> None:
        """Drop from the oldest on, and never the newest; each statement comes here, so that nothing is counted anew."""
        oldest = self._clock.now() - KEPT
        gone = []
        with self._lock:
            while len(self._by_secret) > 1:
                stored = next(iter(self._by_secret.values()))
                if stored.created > oldest and self._bytes <= self._budget:
                    break
                gone.append(stored)
                del self._by_secret[stored.secret]
                self._bytes -= stored.size
                for query_id in stored.query_ids:
                    if self._kept.get(query_id) is stored:
                        del self._kept[query_id]
        for stored in gone:
            shutil.rmtree(stored.directory, ignore_errors=True)


def _from_rows(result: Result) -> Iterator[pa.RecordBatch]:
    yield rowset.from_rows(result.rows or [], result.columns)


def _parted(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    """Batches grouped into parts: a first one that fits into a reply, a large one, then smaller ones."""
    head: pa.RecordBatch | None = None
    empty: pa.RecordBatch | None = None
    group: list[pa.RecordBatch] = []
    size, limit = 0, LARGE_PART_BYTES
    for batch in batches:
        if not batch.num_rows:
            empty = batch
            continue
        rest = batch
        if head is None:
            head = _head(batch)
            yield [head]
            rest = batch.slice(head.num_rows)
        if group and size + rest.nbytes > limit:
            yield group
            group, size, limit = [], 0, PART_BYTES
        if rest.num_rows:
            group.append(rest)
            size += rest.nbytes
    if group:
        yield group
    if head is None and empty is not None:
        yield [empty]


def _head(batch: pa.RecordBatch) -> pa.RecordBatch:
    rows = min(INLINE_ROWS, batch.num_rows)
    while rows > 1 and batch.slice(0, rows).nbytes > INLINE_BYTES:
        rows //= 2
    return batch.slice(0, rows)


def _read(path: Path) -> list[pa.RecordBatch]:
    with pa.memory_map(str(path)) as source, pa.ipc.open_stream(source) as reader:
        return list(reader)


def _write_sent(path: Path, batches: list[pa.RecordBatch], columns: Sequence[Column], numbers: NumberTypes) -> Part:
    types = numbers.chosen()
    arrow.write(path, batches, columns, types)
    return Part(path, sum(batch.num_rows for batch in batches), path.stat().st_size, types)


def _write_plain(path: Path, batches: list[pa.RecordBatch]) -> Part:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)
    return Part(path, sum(batch.num_rows for batch in batches), path.stat().st_size)
