"""A local columnar copy of the rows to learn from, so that Snowflake is read once.

XGBoost reads its data several times (sketching, binning, gradients of a new matrix); the copy makes that cheap and lets
memory stay flat: float32 numbers, 32-bit codes for text, compressed, one Arrow file for each part.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features import Layout
from problems import InputError
from source import Source
from split import held_out

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

TRAIN, HOLDOUT = "train", "holdout"

#: A text column with more values than this is an identifier or free text: a tree cannot learn from it.
MAX_CATEGORIES = 10_000
_LABEL = "__LABEL__"
_SECONDS_BETWEEN_LINES = 10.0

logger = logging.getLogger(__name__)


class TableCache:
    """The rows of one source, divided into train and hold-out.

    Args:
        directory: Where the files are kept; about 23 bytes a row for nine features.
        layout: The columns.
    """

    def __init__(self, directory: Path, layout: Layout) -> None:
        self.layout = layout
        self.rows = {TRAIN: 0, HOLDOUT: 0}
        self.positives = {TRAIN: 0, HOLDOUT: 0}
        self._directory = directory
        self._codes: dict[str, dict[str, int]] = {column: {} for column in layout.categorical}

    @property
    def bytes(self) -> int:
        """Size of the files on disk."""
        return sum(self._path(part).stat().st_size for part in self.rows)

    def categories(self, column: str) -> list[str]:
        """The values of a text column, sorted, so that the order of reading does not change the model."""
        return sorted(self._codes[column])

    def fill(self, source: Source, holdout_fraction: float) -> None:
        """Read ``source`` to its end.

        Raises:
            InputError: If it is empty, or a row cannot be learned from.
        """
        import pyarrow as pa

        options = pa.ipc.IpcWriteOptions(compression="lz4")
        started = shown = time.perf_counter()
        with (
            pa.OSFile(str(self._path(TRAIN)), "wb") as train_file,
            pa.OSFile(str(self._path(HOLDOUT)), "wb") as holdout_file,
            pa.ipc.new_file(train_file, self._schema(), options=options) as train,
            pa.ipc.new_file(holdout_file, self._schema(), options=options) as holdout,
        ):
            for table in source.batches(self.layout):
                batch = self._encoded(table)
                held = held_out(table[self.layout.id_column], holdout_fraction, self.layout.id_column)
                self._append(train, TRAIN, batch.filter(pa.array(~held)))
                self._append(holdout, HOLDOUT, batch.filter(pa.array(held)))
                if time.perf_counter() - shown > _SECONDS_BETWEEN_LINES:
                    shown = time.perf_counter()
                    read = sum(self.rows.values())
                    logger.info("read %s rows, %s rows/s", f"{read:,}", f"{read / (shown - started):,.0f}")
        self._check(source.name)

    def batches(self, part: str) -> Iterator[tuple[pa.Table, NDArray[np.float32]]]:
        """Features with text as dictionaries, and labels of shape (rows,), batch by batch."""
        import pyarrow as pa

        orders = {column: self._sorted_codes(column) for column in self.layout.categorical}
        with pa.memory_map(str(self._path(part)), "r") as file, pa.ipc.open_file(file) as reader:
            for index in range(reader.num_record_batches):
                batch = reader.get_batch(index)
                columns = {name: batch.column(name) for name in self.layout.numeric}
                for name, order in orders.items():
                    codes = order.take(batch.column(name))
                    columns[name] = pa.DictionaryArray.from_arrays(codes, pa.array(self.categories(name), pa.string()))
                yield pa.table(columns), batch.column(_LABEL).to_numpy(zero_copy_only=False)

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
            [(name, pa.float32()) for name in self.layout.numeric]
            + [(name, pa.int32()) for name in self.layout.categorical]
            + [(_LABEL, pa.float32())]
        )

    def _encoded(self, table: pa.Table) -> pa.RecordBatch:
        import pyarrow as pa

        columns = [table[name].cast(pa.float32(), safe=False) for name in self.layout.numeric]
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
            raise InputError(
                f"column {column}",
                f"it has more than {MAX_CATEGORIES} different texts",
                "A text feature is a category",
                "Name the features to use with --features, without this one",
            )
        return pa.array(known, pa.int32()).take(encoded.indices)

    def _sorted_codes(self, column: str) -> pa.Array:
        """Code by first appearance to code by sorted order."""
        import pyarrow as pa

        position = {text: index for index, text in enumerate(self.categories(column))}
        return pa.array([position[text] for text in self._codes[column]], pa.int32())

    def _append(self, writer: Any, part: str, table: pa.Table) -> None:
        import pyarrow.compute as pc

        if table.num_rows:
            writer.write_table(table)
            self.rows[part] += table.num_rows
            self.positives[part] += int(pc.sum(table[_LABEL]).as_py())

    def _check(self, table: str) -> None:
        if not sum(self.rows.values()):
            raise InputError(f"table {table}", "it has no rows", "There must be rows to learn from", "Fill it first")
        for part, rows in self.rows.items():
            if not 0 < self.positives[part] < rows:
                raise InputError(
                    f"table {table}, label {self.layout.label}",
                    f"the {part} part has {self.positives[part]} positive of {rows} rows",
                    "Each part needs both classes",
                    "Use a table with more rows, another --test_fraction, or another --label",
                )


def label_values(labels: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    """Labels as float32, each 0 or 1.

    Raises:
        InputError: If a label is missing or is another number.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if labels.null_count:
        raise InputError(
            f"--label={name}",
            f"{labels.null_count} of {len(labels)} rows read have no label",
            "Each row to learn from needs a label",
            "Read a view that leaves out rows without one",
        )
    wrong = labels.filter(pc.invert(pc.is_in(labels, pa.array([0, 1], labels.type))))
    if len(wrong):
        raise InputError(
            f"--label={name}",
            f"it holds {wrong[0].as_py():g}",
            "A label is BOOLEAN, or a number that is 0 or 1",
            "Name another column, or read a view that compares it with a threshold",
        )
    return labels.cast(pa.float32())


def _plain(value: Any) -> Any:
    """A float32 as a person would write it: 31.72 rather than 31.719999313354492."""
    return float(f"{value:.7g}") if isinstance(value, float) else value
