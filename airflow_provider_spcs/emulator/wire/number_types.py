"""The Arrow type of a result's numbers on the wire: the narrowest that holds every value of the column.

``Source:`` a NUMBER(38, 0) column that holds 1 arrives as ``int8``, as users of the connector report it
(snowflake-connector-python issues 828 and 384), and Snowpark's own remark that Snowflake promises no more of the type
than that the values fit (``snowpark/_internal/analyzer/snowflake_plan.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_spcs.emulator.result import Column

_INTEGERS = (pa.int8(), pa.int16(), pa.int32(), pa.int64())


class NumberTypes:
    """Looks at a result's batches as they come; one answer for all of them, since clients put batches together.

    Args:
        columns: What the result is to the client.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._scales = {index: column.scale or 0 for index, column in enumerate(columns) if column.type == "FIXED"}
        self._bounds: dict[int, tuple[int, int]] = {}

    def see(self, batch: pa.RecordBatch) -> None:
        """Take a batch into account."""
        for index, scale in self._scales.items():
            found = pc.min_max(unscaled(batch.column(index), scale)).as_py()
            if found["min"] is None:
                continue
            low, high = int(found["min"]), int(found["max"])
            before = self._bounds.get(index, (low, high))
            self._bounds[index] = min(low, before[0]), max(high, before[1])

    def chosen(self) -> dict[int, pa.DataType]:
        """The type of each column of numbers, by index; of one without values ``int64``."""
        return {
            index: _narrowest(*self._bounds[index], scale) if index in self._bounds else pa.int64()
            for index, scale in self._scales.items()
        }


def unscaled(array: Any, scale: int) -> Any:
    """Numbers as the integers that hold all their digits (``1.50`` at scale 2 is 150)."""
    if pa.types.is_integer(array.type) and not scale:
        return array
    if pa.types.is_floating(array.type):
        array = pc.round(array, scale)
    exact = array.cast(pa.decimal128(38, scale))
    # The same 128-bit integers under scale 0; no value is touched.
    return pa.Array.from_buffers(pa.decimal128(38, 0), len(exact), exact.buffers(), exact.null_count, exact.offset)


def _narrowest(low: int, high: int, scale: int) -> pa.DataType:
    for kind in _INTEGERS:
        beyond = 2 ** (kind.bit_width - 1)
        if -beyond <= low and high < beyond:
            return kind
    return pa.decimal128(38, scale)
