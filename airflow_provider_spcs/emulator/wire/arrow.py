"""Arrow as Snowflake puts it on the wire: scaled integers, times as counts, types in field metadata.

``Source:`` the readers of snowflake-connector-python (``nanoarrow_cpp/ArrowIterator``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_spcs.emulator.result import MAX_TEXT, Column

_UNIT_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_SEMI_STRUCTURED = {"VARIANT", "OBJECT", "ARRAY"}
_INT64_DIGITS = 18
_UTC_OFFSET = 1440
"""Offsets travel as minutes plus 1440, so that they are never negative."""


def encode(batches: Sequence[pa.RecordBatch], columns: Sequence[Column], wide: Collection[int] = ()) -> memoryview:
    """Batches of plain Arrow types as an IPC stream in the wire's types; same rows, same order.

    Args:
        batches: At least one.
        columns: What they are to the client.
        wide: Indexes of columns with numbers that do not fit into 64 bits, anywhere in the result.
    """
    # One batch, since what a column needs is decided once for all its rows.
    table = pa.Table.from_batches(batches).combine_chunks()
    arrays = [_encoded(_whole(table.column(index)), column, index in wide) for index, column in enumerate(columns)]
    fields = [
        pa.field(column.name, array.type, column.nullable or array.null_count > 0, metadata=_metadata(column))
        for column, array in zip(columns, arrays, strict=True)
    ]
    schema = pa.schema(fields)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return memoryview(sink.getvalue())


def widest(batch: pa.RecordBatch, columns: Sequence[Column]) -> set[int]:
    """Indexes of the columns with numbers that do not fit into 64 bits, in this batch."""
    found = set()
    for index, column in enumerate(columns):
        kind = batch.schema.field(index).type
        if column.type != "FIXED" or not pa.types.is_decimal(kind) or kind.precision <= _INT64_DIGITS:
            continue
        try:
            _unscaled(batch.column(index), scale_of(column)).cast(pa.int64())
        except pa.ArrowInvalid:
            found.add(index)
    return found


def _whole(column: Any) -> Any:
    return column.chunk(0) if column.num_chunks == 1 else pa.array([], column.type)


def _metadata(column: Column) -> dict[str, str]:
    length = column.length if column.length is not None else MAX_TEXT if column.type == "TEXT" else 0
    return {
        "logicalType": column.type,
        "precision": str(38 if column.precision is None else column.precision),
        "scale": str(scale_of(column)),
        "charLength": str(length if column.type in {"TEXT", *_SEMI_STRUCTURED} else 0),
        "byteLength": str(16 if column.type == "TIMESTAMP_TZ" else min(length * 4, MAX_TEXT) if length else 0),
        "finalType": "T",
    }


def scale_of(column: Column) -> int:
    """Digits after the point: as declared, else 0 for numbers and 9 for times."""
    if column.scale is not None:
        return column.scale
    return 9 if column.type.startswith("TIME") else 0


def _encoded(array: Any, column: Column, wide: bool) -> Any:
    if column.type == "FIXED":
        return _fixed(array, column, wide)
    special: dict[str, Callable[[Any, Column], Any]] = {
        "TIME": _time,
        "TIMESTAMP_NTZ": _timestamp,
        "TIMESTAMP_LTZ": _timestamp,
        "TIMESTAMP_TZ": _timestamp_tz,
    }
    return special.get(column.type, _plain)(array, column)


def _plain(array: Any, column: Column) -> Any:
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    types = {"REAL": pa.float64(), "BOOLEAN": pa.bool_(), "DATE": pa.date32(), "BINARY": pa.binary()}
    wanted = types.get(column.type, pa.string())
    return array if array.type == wanted else array.cast(wanted)


def _fixed(array: Any, column: Column, wide: bool) -> Any:
    scale = scale_of(column)
    if wide:
        return array.cast(pa.decimal128(38, scale))
    if not pa.types.is_integer(array.type) or scale:
        array = _unscaled(array, scale)
    try:
        return array.cast(_integer(column.precision))
    except pa.ArrowInvalid:
        return array.cast(pa.int64())


def _integer(precision: int | None) -> pa.DataType:
    digits = 38 if precision is None else precision
    return pa.int8() if digits <= 2 else pa.int16() if digits <= 4 else pa.int32() if digits <= 9 else pa.int64()


def _unscaled(array: Any, scale: int) -> Any:
    """Decimals as the integers that hold all their digits (``1.50`` at scale 2 is 150)."""
    if pa.types.is_floating(array.type):
        array = pc.round(array, scale)
    exact = array.cast(pa.decimal128(38, scale))
    # The same 128-bit integers under scale 0; no value is touched.
    return pa.Array.from_buffers(pa.decimal128(38, 0), len(exact), exact.buffers(), exact.null_count, exact.offset)


def _time(array: Any, column: Column) -> Any:
    return _rescaled(*_counted(array), scale_of(column))


def _timestamp(array: Any, column: Column) -> Any:
    scale = scale_of(column)
    count, digits = _counted(array)
    if scale <= 6:
        return _rescaled(count, digits, scale)
    return _struct(array, _epoch_and_fraction(count, digits))


def _timestamp_tz(array: Any, _column: Column) -> Any:
    if pa.types.is_struct(array.type):
        moment, offset = pc.struct_field(array, 0), pc.struct_field(array, 1).cast(pa.int32())
    else:
        moment, offset = array, pa.array([0] * len(array), pa.int32())
    parts = _epoch_and_fraction(*_counted(moment))
    parts["timezone"] = pc.add(offset, pa.scalar(_UTC_OFFSET, pa.int32()))
    return _struct(array, parts)


def _struct(source: Any, parts: dict[str, Any]) -> Any:
    fields = [pa.field(name, values.type) for name, values in parts.items()]
    return pa.StructArray.from_arrays(list(parts.values()), fields=fields, mask=pc.is_null(source))


def _epoch_and_fraction(count: Any, digits: int) -> dict[str, Any]:
    epoch = _rescaled(count, digits, 0)
    rest = pc.subtract(count, pc.multiply(epoch, 10**digits))
    return {"epoch": epoch, "fraction": _rescaled(rest, digits, 9).cast(pa.int32())}


def _counted(array: Any) -> tuple[Any, int]:
    """Times as whole counts, and the decimal digits of their unit (6 for microseconds)."""
    digits = _UNIT_DIGITS[array.type.unit]
    if array.type.bit_width == 32:
        return array.view(pa.int32()).cast(pa.int64()), digits
    return array.view(pa.int64()), digits


def _rescaled(count: Any, digits: int, wanted: int) -> Any:
    if wanted >= digits:
        return count if wanted == digits else pc.multiply_checked(count, 10 ** (wanted - digits))
    divisor = 10 ** (digits - wanted)
    quotient = pc.divide(count, divisor)
    # Arrow divides towards zero; the fraction of a time before 1970 counts up from the second below it.
    short = pc.less(count, pc.multiply(quotient, divisor)).cast(pa.int64())
    return pc.subtract(quotient, short)
