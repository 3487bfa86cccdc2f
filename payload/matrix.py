"""XGBoost's binned matrices, built batch by batch from the local copy.

A feature costs one byte a row here instead of four or eight, and no copy of the whole table ever stands in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ahead import ahead
from engine import BLOCKS, EXTERNAL, Engine
from table_cache import HOLDOUT, TRAIN, VALIDATION, TableCache

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    import xgboost
    from numpy.typing import NDArray

    Batches = Callable[[], Iterator[tuple[pa.Table, NDArray[np.float32]]]]
    """Starts over a walk through features and labels."""

#: 256 bins fit one byte; 512 gained nothing in AUC, 64 lost little and saved nothing.
MAX_BIN = 256

#: Rows of each part, at most, of which the loss is told after each round; early stopping decides by more.
WATCHED_ROWS = {TRAIN: 30_000, VALIDATION: 1_000_000, HOLDOUT: 30_000}
#: Rows that decide the bins, where there are more than twice as many: a thousand for each bin. LightGBM takes 200,000.
REFERENCE_ROWS = 250_000
#: A sample of a part comes from so many places in it.
_PLACES = 20


@dataclass(frozen=True)
class Matrices:
    """What one segment of the training works on.

    Args:
        train: Rows to learn from.
        watched: Name of a part to its rows, of which the loss is told after each round.
    """

    train: xgboost.DMatrix
    watched: dict[str, xgboost.DMatrix]


class MatrixMaker:
    """Builds the matrices that an engine trains on.

    Args:
        cache: Where the rows are.
        engine: How to hold them.
        work: Directory for files of bins.
        rows: Rows to learn from over all instances.
        threads: Processors to use.
        on_batch: Called at each batch; may raise to end the work.
        overlapped: Whether to build the next block while one is trained on.
    """

    def __init__(  # noqa: PLR0917 - what a matrix is made of
        self,
        cache: TableCache,
        engine: Engine,
        work: Path,
        rows: int,
        threads: int,
        on_batch: Callable[[], None],
        *,
        overlapped: bool,
    ) -> None:
        self._cache, self._engine, self._work, self._threads = cache, engine, work, threads
        self._on_batch, self._overlapped = on_batch, overlapped
        self._blocks: Iterator[xgboost.QuantileDMatrix] | None = None
        self._sampled_bins = engine.name == BLOCKS or rows > 2 * REFERENCE_ROWS
        self._bins: xgboost.QuantileDMatrix | None = None
        self._whole: Matrices | None = None
        self._watched: dict[str, xgboost.DMatrix] | None = None

    def segment(self, block: int) -> Matrices:
        """The matrices of one block, asked for one after the other; those of a single block are built once."""
        if self._engine.name == BLOCKS:
            if self._blocks is None:
                blocks = self._from(block)
                self._blocks = ahead(blocks) if self._overlapped else blocks
            return self._with_watched(next(self._blocks))
        if self._whole is None:
            external = self._engine.name == EXTERNAL
            self._whole = self._with_watched(self._external() if external else self._part(0, 1))
        return self._whole

    def _from(self, first: int) -> Iterator[xgboost.QuantileDMatrix]:
        return (self._part(block, self._engine.blocks) for block in range(first, self._engine.blocks))

    def _reference(self) -> xgboost.QuantileDMatrix | None:
        """Rows that decide the bins; None lets all of them."""
        if self._bins is None and self._sampled_bins:
            self._bins = self._sample(TRAIN, REFERENCE_ROWS, None)
        return self._bins

    def _with_watched(self, train: xgboost.DMatrix) -> Matrices:
        if self._watched is None:
            self._watched = {
                part: self._sample(part, most, train) for part, most in WATCHED_ROWS.items() if part in self._cache.rows
            }
        return Matrices(train, self._watched)

    def _sample(self, part: str, most: int, reference: xgboost.DMatrix | None) -> xgboost.QuantileDMatrix:
        """At most so many rows of a part, from all over it."""
        step = max(1, self._cache.batch_count(part) // _PLACES)
        thin = max(1, -(-self._cache.rows[part] // step // most))
        # XGBoost goes through them several times; they are few enough to stay.
        rows = list(self._cache.batches(part, 0, step, thin))
        return self._binned(lambda: iter(rows), reference)

    def _part(self, block: int, blocks: int) -> xgboost.QuantileDMatrix:
        return self._binned(lambda: self._cache.batches(TRAIN, block, blocks), self._reference())

    def _binned(self, batches: Batches, reference: xgboost.DMatrix | None) -> xgboost.QuantileDMatrix:
        import xgboost

        return xgboost.QuantileDMatrix(
            self._iterator(batches, None),
            ref=reference,
            max_bin=MAX_BIN,
            nthread=self._threads,
            enable_categorical=True,
        )

    def _external(self) -> xgboost.DMatrix:
        import xgboost

        return xgboost.ExtMemQuantileDMatrix(
            self._iterator(lambda: self._cache.batches(TRAIN), str(self._work / "bins")),
            ref=self._reference(),
            max_bin=MAX_BIN,
            nthread=self._threads,
            enable_categorical=True,
        )

    def _iterator(self, batches: Batches, cache_prefix: str | None) -> Any:
        import xgboost

        on_batch = self._on_batch

        class Iterating(xgboost.DataIter):
            """Hands XGBoost one batch after the other, as often as it starts over."""

            def __init__(self) -> None:
                super().__init__(cache_prefix=cache_prefix)
                self.reset()

            def reset(self) -> None:
                self._batches = batches()

            def next(self, input_data: Any) -> bool:
                on_batch()
                batch = next(self._batches, None)
                if batch is None:
                    return False
                features, labels = batch
                input_data(data=features, label=labels)
                return True

        return Iterating()
