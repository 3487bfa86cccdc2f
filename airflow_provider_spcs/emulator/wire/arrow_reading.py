"""Arrow from the wire's types back to plain ones: what :mod:`arrow` made, for those who read a result again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_spcs.emulator.result import Column
from airflow_provider_spcs.emulator.wire.arrow import UTC_OFFSET, rescaled, scale_of

_MICROSECONDS = 6


def plain(batch: pa.RecordBatch, columns: Sequence[Column], schema: pa.Schema) -> pa.RecordBatch:
    """A batch of the wire's types in the plain ones that it was made of; same rows, same order.

    Args:
        batch: As :func:`arrow.write` wrote it.
        columns: What it is to the client.
        schema: The plain types.
    """
    read = [_read(batch.column(index), column) for index, column in enumerate(columns)]
    arrays = [_as(array, wanted) for array, wanted in zip(read, schema.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=schema.names)


def _as(array: Any, wanted: pa.DataType) -> Any:
    if isinstance(wanted, pa.BaseExtensionType):
        return wanted.wrap_array(array.cast(wanted.storage_type))
    if pa.types.is_struct(array.type) and pa.types.is_timestamp(wanted):
        array = pc.struct_field(array, 0)
    return array if array.type == wanted else array.cast(wanted)


def _read(array: Any, column: Column) -> Any:
    readers: dict[str, Callable[[Any, Column], Any]] = {
        "FIXED": _number,
        "TIME": _time,
        "TIMESTAMP_NTZ": lambda values, known: _count(values, known).view(pa.timestamp("us")),
        "TIMESTAMP_LTZ": lambda values, known: _count(values, known).view(pa.timestamp("us", "UTC")),
        "TIMESTAMP_TZ": _timestamp_tz,
    }
    reader = readers.get(column.type)
    return reader(array, column) if reader is not None else array


def _number(array: Any, column: Column) -> Any:
    scale = scale_of(column)
    if pa.types.is_decimal(array.type):
        return array
    if not scale:
        return array.cast(pa.int64())
    exact = array.cast(pa.decimal128(38, 0))
    # The same 128-bit integers under the column's scale; no value is touched.
    return pa.Array.from_buffers(pa.decimal128(38, scale), len(exact), exact.buffers(), exact.null_count, exact.offset)


def _time(array: Any, column: Column) -> Any:
    return rescaled(array, scale_of(column), _MICROSECONDS).view(pa.time64("us"))


def _timestamp_tz(array: Any, column: Column) -> Any:
    parts = {
        "moment": _count(array, column).view(pa.timestamp("us", "UTC")),
        "offset": pc.subtract(_part(array, "timezone"), pa.scalar(UTC_OFFSET, pa.int32())),
    }
    fields = [pa.field(name, values.type) for name, values in parts.items()]
    return pa.StructArray.from_arrays(list(parts.values()), fields=fields, mask=pc.is_null(array))


def _count(array: Any, column: Column) -> Any:
    """Microseconds since 1970, from one count or from seconds with a fraction in nanoseconds."""
    if not pa.types.is_struct(array.type):
        return rescaled(array, scale_of(column), _MICROSECONDS)
    if array.type.get_field_index("fraction") < 0:
        return rescaled(_part(array, "epoch"), scale_of(column), _MICROSECONDS)
    seconds = rescaled(_part(array, "epoch"), 0, _MICROSECONDS)
    return pc.add(seconds, rescaled(_part(array, "fraction").cast(pa.int64()), 9, _MICROSECONDS))


def _part(array: Any, name: str) -> Any:
    """A field of a struct, NULL where the struct is."""
    return pc.struct_field(array, array.type.get_field_index(name))
