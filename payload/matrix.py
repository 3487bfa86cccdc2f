"""XGBoost's binned matrices, built batch by batch from the local copy.

A feature costs one byte a row here instead of four or eight, and no copy of the whole table ever stands in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine import EXTERNAL, IN_MEMORY, Engine
from table_cache import HOLDOUT, TRAIN, VALIDATION, TableCache

if TYPE_CHECKING:
    import xgboost

#: 256 bins fit one byte; 512 gained nothing in AUC, 64 lost little and saved nothing.
MAX_BIN = 256

#: Rows of a part that are watched after each round, at most; and rows that decide the bins of rotating blocks.
WATCHED_ROWS = REFERENCE_ROWS = 1_000_000


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
        threads: Processors to use.
        on_batch: Called at each batch; may raise to end the work.
    """

    def __init__(
        self, cache: TableCache, engine: Engine, work: Path, threads: int, on_batch: Callable[[], None]
    ) -> None:
        self._cache, self._engine, self._work, self._threads = cache, engine, work, threads
        self._on_batch = on_batch
        self._bins: xgboost.QuantileDMatrix | None = None
        self._whole: Matrices | None = None
        self._watched: dict[str, xgboost.DMatrix] | None = None

    def segment(self, block: int) -> Matrices:
        """The matrices of one block; those of a single block are built once."""
        if self._engine.name in (IN_MEMORY, EXTERNAL):
            if self._whole is None:
                train = self._external() if self._engine.name == EXTERNAL else self._binned(TRAIN)
                self._whole = Matrices(train, self._watch(train))
            return self._whole
        if self._bins is None:
            self._bins = self._binned(TRAIN, step=self._stride(TRAIN, REFERENCE_ROWS))
        train = self._binned(TRAIN, first=block, step=self._engine.blocks, reference=self._bins)
        return Matrices(train, self._watch(self._bins))

    def _watch(self, reference: xgboost.DMatrix) -> dict[str, xgboost.DMatrix]:
        if self._watched is None:
            self._watched = {
                part: self._binned(part, step=self._stride(part, WATCHED_ROWS), reference=reference)
                for part in (VALIDATION, HOLDOUT)
                if part in self._cache.rows
            }
        return self._watched

    def _stride(self, part: str, most: int) -> int:
        return max(1, -(-self._cache.rows[part] // most))

    def _binned(
        self, part: str, first: int = 0, step: int = 1, reference: xgboost.DMatrix | None = None
    ) -> xgboost.QuantileDMatrix:
        import xgboost

        return xgboost.QuantileDMatrix(
            self._iterator(part, first, step, None),
            ref=reference,
            max_bin=MAX_BIN,
            nthread=self._threads,
            enable_categorical=True,
        )

    def _external(self) -> xgboost.ExtMemQuantileDMatrix:
        import xgboost

        return xgboost.ExtMemQuantileDMatrix(
            self._iterator(TRAIN, 0, 1, str(self._work / "bins")),
            max_bin=MAX_BIN,
            nthread=self._threads,
            enable_categorical=True,
        )

    def _iterator(self, part: str, first: int, step: int, cache_prefix: str | None) -> Any:
        import xgboost

        def batches() -> Iterator[Any]:
            return self._cache.batches(part, first, step)

        on_batch = self._on_batch

        class Batches(xgboost.DataIter):
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

        return Batches()
