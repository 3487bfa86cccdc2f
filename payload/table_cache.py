"""A local columnar copy of the rows to learn from, so that Snowflake is read once.

XGBoost reads its data several times (sketching, binning, gradients of a new matrix); the copy makes that cheap and lets
memory stay flat: float32 numbers, 32-bit codes for text, compressed, one Arrow file for each part.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cache_checks import check_parts, label_values, number_values, too_many_categories
from features import Layout
from fingerprint import Fingerprint
from instances import ALONE, Instance, gather
from source import Source
from split import HOLDOUT, TRAIN, VALIDATION, divide, hashes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["HOLDOUT", "TRAIN", "VALIDATION", "TableCache"]

#: A text column with more values than this is an identifier or free text: a tree cannot learn from it.
MAX_CATEGORIES = 10_000
#: Batches of a million rows and more cost XGBoost's external memory more than they save.
MIN_BATCH_ROWS, MAX_BATCH_ROWS = 1_000, 250_000
_LABEL = "__LABEL__"
_SECONDS_BETWEEN_LINES = 10.0

logger = logging.getLogger(__name__)


class TableCache:
    """The rows of one source, divided into train, validation and hold-out.

    Args:
        directory: Where the files are kept; about 23 bytes a row for nine features.
        layout: The columns.
        instance: Whose part of the rows this is.
        batch_rows: Rows that are written and read at a time.
    """

    def __init__(
        self, directory: Path, layout: Layout, instance: Instance = ALONE, batch_rows: int = MAX_BATCH_ROWS
    ) -> None:
        self.layout = layout
        self.rows: dict[str, int] = {TRAIN: 0, HOLDOUT: 0}
        self.positives: dict[str, int] = {TRAIN: 0, HOLDOUT: 0}
        self.missing = 0
        self.fingerprint = Fingerprint()
        self._instance = instance
        self._directory = directory
        self._batch_rows = batch_rows
        self._codes: dict[str, dict[str, int]] = {column: {} for column in layout.categorical}
        self._categories: dict[str, list[str]] = {}

    @property
    def bytes(self) -> int:
        """Size of the files on disk."""
        return sum(self._path(part).stat().st_size for part in self.rows)

    def categories(self, column: str) -> list[str]:
        """The values of a text column, sorted, so that the order of reading does not change the model."""
        return self._categories.get(column) or sorted(self._codes[column])

    def fill(self, source: Source, holdout_fraction: float, validation_fraction: float = 0.0) -> None:
        """Read ``source`` to its end.

        Args:
            source: The rows.
            holdout_fraction: Share of all rows that is held out.
            validation_fraction: Share of the rest that decides when to stop; 0 has no such part.

        Raises:
            InputError: If a row cannot be learned from.
        """
        import pyarrow as pa

        names = (TRAIN, VALIDATION, HOLDOUT) if validation_fraction else (TRAIN, HOLDOUT)
        self.rows, self.positives = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        started = shown = time.perf_counter()
        with ExitStack() as stack:
            writers = {}
            for part in names:
                file = stack.enter_context(pa.OSFile(str(self._path(part)), "wb"))
                writer = stack.enter_context(pa.ipc.new_file(file, self._schema(), options=options))
                writers[part] = stack.enter_context(EvenBatches(writer, self._batch_rows))
            for table in source.batches(self.layout, self._instance):
                mixed = hashes(table[self.layout.id_column], self.layout.id_column)
                batch = self._encoded(table)
                self.missing += sum(batch[name].null_count for name in self.layout.features)
                self.fingerprint.add(mixed, batch)
                for part, mask in divide(mixed, holdout_fraction, validation_fraction).items():
                    self._append(writers[part], part, batch.filter(pa.array(mask)))
                if time.perf_counter() - shown > _SECONDS_BETWEEN_LINES:
                    shown = time.perf_counter()
                    read = sum(self.rows.values())
                    logger.info("read %s rows, %s rows/s", f"{read:,}", f"{read / (shown - started):,.0f}")

    def agree(self, table: str) -> dict[str, int]:
        """Share the texts found with the other instances, and check that there is something to learn.

        Returns:
            Rows of each part over all instances.

        Raises:
            InputError: If the table is empty, or a part lacks a class.
        """
        found = gather(self._instance, (self._codes, self.rows, self.positives))
        for column in self.layout.categorical:
            texts = {text for codes, _, _ in found for text in codes[column]}
            # XGBoost takes no category without a value: a column that is all NULL has one that no row has.
            self._categories[column] = sorted(texts) or [""]
            if len(self._categories[column]) > MAX_CATEGORIES:
                raise too_many_categories(column, MAX_CATEGORIES)
        rows = {part: sum(each[part] for _, each, _ in found) for part in self.rows}
        check_parts(table, self.layout.label, rows, {part: sum(each[part] for _, _, each in found) for part in rows})
        return rows

    def batches(
        self, part: str, first: int = 0, step: int = 1, thin: int = 1
    ) -> Iterator[tuple[pa.Table, NDArray[np.float32]]]:
        """Features with text as dictionaries, and labels of shape (rows,), batch by batch.

        Args:
            part: Which rows.
            first: Number of the first batch.
            step: Every how many-th batch.
            thin: Of each batch every how many-th row.
        """
        import numpy as np
        import pyarrow as pa

        orders = {column: self._sorted_codes(column) for column in self.layout.categorical}
        names = {column: pa.array(self.categories(column), pa.string()) for column in orders}
        # Not mapped: what is compressed is copied anyway, and pages of a mapped file count as this process's memory.
        with pa.OSFile(str(self._path(part))) as file, pa.ipc.open_file(file) as reader:
            for index in range(first, reader.num_record_batches, step):
                batch = reader.get_batch(index)
                if thin > 1:
                    batch = batch.take(pa.array(np.arange(0, batch.num_rows, thin)))
                columns = {name: batch.column(name) for name in self.layout.numbers}
                for name, order in orders.items():
                    columns[name] = pa.DictionaryArray.from_arrays(order.take(batch.column(name)), names[name])
                yield pa.table(columns), batch.column(_LABEL).to_numpy(zero_copy_only=False)

    def batch_count(self, part: str) -> int:
        """Number of batches of a part."""
        import pyarrow as pa

        with pa.OSFile(str(self._path(part))) as file, pa.ipc.open_file(file) as reader:
            return int(reader.num_record_batches)

    def sample(self, rows: int) -> list[dict[str, Any]]:
        """The first training rows as a user would send them for scoring; rows without a missing value come first."""
        first, _ = next(self.batches(TRAIN))
        candidates: list[dict[str, Any]] = first.slice(0, 1000).to_pylist()
        candidates.sort(key=lambda row: sum(value is None for value in row.values()))
        return [{name: _plain(value) for name, value in row.items()} for row in candidates[:rows]]

    def _path(self, part: str) -> Path:
        return self._directory / f"{part}.arrow"

    def _schema(self) -> pa.Schema:
        import pyarrow as pa

        return pa.schema(
            [(name, pa.float32()) for name in self.layout.numbers]
            + [(name, pa.int32()) for name in self.layout.categorical]
            + [(_LABEL, pa.float32())]
        )

    def _encoded(self, table: pa.Table) -> pa.Table:
        import pyarrow as pa

        columns = [number_values(table[name], name) for name in self.layout.numbers]
        columns += [self._encode(name, table[name]) for name in self.layout.categorical]
        columns.append(label_values(table[self.layout.label], self.layout.label))
        return pa.table(columns, schema=self._schema())

    def _encode(self, column: str, texts: pa.ChunkedArray) -> pa.Array:
        """Codes in the order of first appearance; null stays null."""
        import pyarrow as pa

        encoded = texts.cast(pa.string()).combine_chunks().dictionary_encode()
        codes = self._codes[column]
        known = [codes.setdefault(text, len(codes)) for text in encoded.dictionary.to_pylist()]
        if len(codes) > MAX_CATEGORIES:
            raise too_many_categories(column, MAX_CATEGORIES)
        return pa.array(known, pa.int32()).take(encoded.indices)

    def _sorted_codes(self, column: str) -> pa.Array:
        """Code by first appearance to code by sorted order."""
        import pyarrow as pa

        position = {text: index for index, text in enumerate(self.categories(column))}
        return pa.array([position[text] for text in self._codes[column]], pa.int32())

    def _append(self, writer: EvenBatches, part: str, table: pa.Table) -> None:
        import pyarrow.compute as pc

        if table.num_rows:
            writer.write(table)
            self.rows[part] += table.num_rows
            self.positives[part] += int(pc.sum(table[_LABEL]).as_py())


class EvenBatches:
    """Writes tables of any size as batches of one size, whatever the chunks that they came in.

    Args:
        writer: Arrow's.
        rows: Rows of a batch; the last one may have fewer.
    """

    def __init__(self, writer: Any, rows: int) -> None:
        self._writer, self._rows = writer, rows
        self._waiting: list[pa.Table] = []
        self._count = 0

    def __enter__(self) -> EvenBatches:
        return self

    def __exit__(self, *failure: object) -> None:
        if self._waiting and not failure[0]:
            self._flush(self._count)

    def write(self, table: pa.Table) -> None:
        """Write ``table`` after what came before it."""
        self._waiting.append(table)
        self._count += table.num_rows
        if self._count >= self._rows:
            self._flush(self._count - self._count % self._rows)

    def _flush(self, rows: int) -> None:
        import pyarrow as pa

        whole = pa.concat_tables(self._waiting).combine_chunks()
        self._writer.write_table(whole.slice(0, rows), max_chunksize=self._rows)
        rest = whole.slice(rows)
        self._count = rest.num_rows
        self._waiting = [rest] if rest.num_rows else []


def _plain(value: Any) -> Any:
    """A float32 as a person would write it: 31.72 rather than 31.719999313354492."""
    return float(f"{value:.7g}") if isinstance(value, float) else value
