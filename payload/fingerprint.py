"""A number that tells whether two readings of a table gave the same rows, in whatever order they came."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


class Fingerprint:
    """Sums over the rows, which do not depend on their order or on who read them."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def add(self, hashes: NDArray[np.uint64], table: pa.Table) -> None:
        """Take in some rows.

        Args:
            hashes: Of their ids, of shape (rows,).
            table: Their numbers, and no text: codes of categories depend on the order of reading.
        """
        import numpy as np
        import pyarrow as pa

        mixed = hashes.copy()
        for place, name in enumerate(table.column_names):
            if table.schema.field(name).type != pa.float32():
                continue
            column = table[name].combine_chunks().fill_null(float("nan"))
            bits = column.to_numpy(zero_copy_only=False).view(np.uint32).astype(np.uint64)
            mixed ^= bits * np.uint64(0x9E3779B97F4A7C15 + 2 * place)
            mixed *= np.uint64(0xBF58476D1CE4E5B9)
        self._rows += len(mixed)
        self._sum = (self._sum + int(mixed.sum(dtype=np.uint64))) % 2**64

    def value(self) -> tuple[int, int]:
        """Rows and sum; those of several instances add up."""
        return self._rows, self._sum

    @staticmethod
    def text(values: list[tuple[int, int]]) -> str:
        """The fingerprint of all instances' rows together."""
        return f"{sum(rows for rows, _ in values)}-{sum(part for _, part in values) % 2**64:016x}"
