"""Arrow as Snowflake puts it on the wire: scaled integers, times as counts, types in field metadata.

``Source:`` the readers of snowflake-connector-python (``nanoarrow_cpp/ArrowIterator``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from airflow_provider_spcs.emulator.result import MAX_TEXT, Column
from airflow_provider_spcs.emulator.wire.number_types import unscaled

_UNIT_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
_SEMI_STRUCTURED = {"VARIANT", "OBJECT", "ARRAY"}
_DAY = 86_400 * 10**9
UTC_OFFSET = 1440
"""Offsets travel as minutes plus 1440, so that they are never negative."""
_ONE_COUNT_SCALE = 3
"""Up to this many fraction digits a TIMESTAMP_TZ is one count, as the connector's arithmetic for it expects."""


def encode(
    batches: Sequence[pa.RecordBatch], columns: Sequence[Column], numbers: Mapping[int, pa.DataType]
) -> memoryview:
    """Batches of plain Arrow types as an IPC stream in the wire's types; same rows, same order.

    Args:
        batches: At least one.
        columns: What they are to the client.
        numbers: The type of each column of numbers, by index; see :class:`NumberTypes`.
    """
    wire = _wired(batches, columns, numbers)
    measured = pa.MockOutputStream()
    _stream(wire, measured)
    # A buffer of the right size: one that grows copies all that it has, more than once.
    buffer = pa.allocate_buffer(measured.size())
    _stream(wire, pa.FixedSizeBufferWriter(buffer))
    return memoryview(buffer)


def write(
    path: Path, batches: Sequence[pa.RecordBatch], columns: Sequence[Column], numbers: Mapping[int, pa.DataType]
) -> None:
    """What :func:`encode` makes, into a new file."""
    with pa.OSFile(str(path), "wb") as sink:
        _stream(_wired(batches, columns, numbers), sink)


def _wired(
    batches: Sequence[pa.RecordBatch], columns: Sequence[Column], numbers: Mapping[int, pa.DataType]
) -> list[pa.RecordBatch]:
    encoded = [
        [_encoded(batch.column(index), column, numbers.get(index)) for index, column in enumerate(columns)]
        for batch in batches
    ]
    fields = [
        pa.field(column.name, arrays[0].type, column.nullable or any(a.null_count for a in arrays), _metadata(column))
        for column, arrays in zip(columns, zip(*encoded, strict=True), strict=True)
    ]
    schema = pa.schema(fields)
    return [pa.RecordBatch.from_arrays(arrays, schema=schema) for arrays in encoded]


def _stream(batches: Sequence[pa.RecordBatch], sink: Any) -> None:
    with pa.ipc.new_stream(sink, batches[0].schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _metadata(column: Column) -> dict[str, str]:
    length = column.length if column.length is not None else MAX_TEXT if column.type == "TEXT" else 0
    return {
        "logicalType": column.type,
        "precision": str(38 if column.precision is None else column.precision),
        "scale": str(scale_of(column)),
        "charLength": str(length if column.type in {"TEXT", *_SEMI_STRUCTURED} else 0),
        "byteLength": str(_byte_length(column, length)),
        "finalType": "T",
    }


def _byte_length(column: Column, characters: int) -> int:
    if column.type == "TIMESTAMP_TZ":
        return 8 if scale_of(column) <= _ONE_COUNT_SCALE else 16
    return min(characters * 4, MAX_TEXT) if characters else 0


def scale_of(column: Column) -> int:
    """Digits after the point: as declared, else 0 for numbers and 9 for times."""
    if column.scale is not None:
        return column.scale
    return 9 if column.type.startswith("TIME") else 0


def _encoded(array: Any, column: Column, number: pa.DataType | None) -> Any:
    if number is not None:
        return _number(array, scale_of(column), number)
    special: dict[str, Callable[[Any, Column], Any]] = {
        "TIME": _time,
        "TIMESTAMP_NTZ": _timestamp,
        "TIMESTAMP_LTZ": _timestamp,
        "TIMESTAMP_TZ": _timestamp_tz,
        "INTERVAL_DAY_TIME": _interval,
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


def _number(array: Any, scale: int, wanted: pa.DataType) -> Any:
    # Whether every value fits was seen when the type was chosen.
    return array.cast(wanted) if pa.types.is_decimal(wanted) else unscaled(array, scale).cast(wanted, safe=False)


def _time(array: Any, column: Column) -> Any:
    return rescaled(*_counted(array), scale_of(column))


def _timestamp(array: Any, column: Column) -> Any:
    scale = scale_of(column)
    count, digits = _counted(array)
    if scale <= 6:
        return rescaled(count, digits, scale)
    return _struct(array, _epoch_and_fraction(count, digits, scale))


def _timestamp_tz(array: Any, column: Column) -> Any:
    if pa.types.is_struct(array.type):
        moment, offset = pc.struct_field(array, 0), pc.struct_field(array, 1).cast(pa.int32())
    else:
        moment, offset = array, pa.array([0] * len(array), pa.int32())
    count, digits = _counted(moment)
    if scale_of(column) <= _ONE_COUNT_SCALE:
        parts = {"epoch": rescaled(count, digits, scale_of(column))}
    else:
        parts = _epoch_and_fraction(count, digits, scale_of(column))
    parts["timezone"] = pc.add(offset, pa.scalar(UTC_OFFSET, pa.int32()))
    return _struct(array, parts)


def _interval(array: Any, column: Column) -> Any:
    del column
    return pa.array([None if value is None else nanoseconds(value) for value in array.to_pylist()], pa.decimal128(38))


def nanoseconds(interval: Any) -> int:
    """What Arrow keeps as days and nanoseconds, as one count."""
    return int(interval.days) * _DAY + int(interval.nanoseconds)


def _struct(source: Any, parts: dict[str, Any]) -> Any:
    fields = [pa.field(name, values.type) for name, values in parts.items()]
    return pa.StructArray.from_arrays(list(parts.values()), fields=fields, mask=pc.is_null(source))


def _epoch_and_fraction(count: Any, digits: int, scale: int) -> dict[str, Any]:
    epoch = rescaled(count, digits, 0)
    rest = rescaled(pc.subtract(count, pc.multiply(epoch, 10**digits)), digits, scale)
    return {"epoch": epoch, "fraction": rescaled(rest, scale, 9).cast(pa.int32())}


def _counted(array: Any) -> tuple[Any, int]:
    """Times as whole counts, and the decimal digits of their unit (6 for microseconds)."""
    digits = _UNIT_DIGITS[array.type.unit]
    if array.type.bit_width == 32:
        return array.view(pa.int32()).cast(pa.int64()), digits
    return array.view(pa.int64()), digits


def rescaled(count: Any, digits: int, wanted: int) -> Any:
    """Counts of a unit with so many decimal digits as counts of another, rounded down."""
    if wanted >= digits:
        return count if wanted == digits else pc.multiply_checked(count, 10 ** (wanted - digits))
    divisor = 10 ** (digits - wanted)
    quotient = pc.divide(count, divisor)
    # Arrow divides towards zero; the fraction of a time before 1970 counts up from the second below it.
    if (pc.min(count).as_py() or 0) >= 0:
        return quotient
    short = pc.less(count, pc.multiply(quotient, divisor)).cast(pa.int64())
    return pc.subtract(quotient, short)
