"""Rows as Snowflake's JSON results carry them: every value as text, or null."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal
from typing import Any

import pyarrow as pa

from airflow_provider_spcs.emulator.result import MAX_TEXT, Column
from airflow_provider_spcs.emulator.wire.arrow import nanoseconds, scale_of

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = date(1970, 1, 1)
_DIGITS = Context(prec=38)
"""NUMBER's; Python's own default is 28."""


def rowtype(column: Column) -> dict[str, Any]:
    """The column's description in a reply."""
    text = column.type in {"TEXT", "BINARY"}
    length = column.length if column.length is not None else (MAX_TEXT if column.type == "TEXT" else 8_388_608)
    times = column.type.startswith("TIME")
    fixed = column.type == "FIXED"
    return {
        "name": column.name,
        "database": "",
        "schema": "",
        "table": "",
        "nullable": column.nullable,
        "type": column.type.lower(),
        "length": length if text else None,
        "byteLength": (min(length * 4, MAX_TEXT) if column.type == "TEXT" else length) if text else None,
        "precision": (38 if column.precision is None else column.precision) if fixed else 0 if times else None,
        "scale": scale_of(column) if fixed or times else None,
        "collation": None,
    }


def from_rows(rows: Sequence[Sequence[object]], columns: Sequence[Column]) -> pa.RecordBatch:
    """Plain Arrow from Python rows."""
    arrays = [_array([row[index] for row in rows], column) for index, column in enumerate(columns)]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])


def to_rows(batch: pa.RecordBatch, columns: Sequence[Column]) -> list[list[str | None]]:
    """A plain batch as rows of wire text."""
    texts = [_texts(batch.column(index), column) for index, column in enumerate(columns)]
    return [list(row) for row in zip(*texts, strict=True)] if texts else []


def _texts(array: Any, column: Column) -> list[str | None]:
    """A column's values as wire text; the common types without a look at each value."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if pa.types.is_string(array.type) and column.type != "FIXED":
        return list(array.to_pylist())
    if pa.types.is_date32(array.type):
        # Counted, since Python's dates end with the year 9999.
        return [None if days is None else str(days) for days in array.cast(pa.int32()).to_pylist()]
    if pa.types.is_integer(array.type) and column.type == "FIXED" and not scale_of(column):
        return list(array.cast(pa.string()).to_pylist())
    if column.type in {"TIMESTAMP_LTZ", "TIMESTAMP_NTZ"} and pa.types.is_timestamp(array.type):
        scale = scale_of(column)
        counts = array.cast(pa.timestamp("us", array.type.tz), safe=False).view(pa.int64()).to_pylist()
        return [None if count is None else _decimal(count, scale) for count in counts]
    if column.type == "TIMESTAMP_TZ" and pa.types.is_timestamp(array.type):
        # A moment alone is shown in UTC, whatever zone its Arrow type names.
        counts = array.cast(pa.timestamp("us", array.type.tz), safe=False).view(pa.int64()).to_pylist()
        return [None if count is None else f"{_decimal(count, scale_of(column))} 1440" for count in counts]
    return [None if value is None else text_of(value, column) for value in array.to_pylist()]


def text_of(value: Any, column: Column) -> str:
    """One value as the wire writes it."""
    for kind, writer in _WRITERS:
        if isinstance(value, kind):
            return writer(value, column)
    return f"{Decimal(value):.{scale_of(column)}f}" if column.type == "FIXED" else str(value)


def _moment(value: datetime, column: Column) -> str:
    stamp = _seconds(value, scale_of(column))
    return f"{stamp} {_offset(value) + 1440}" if column.type == "TIMESTAMP_TZ" else stamp


def _pair(value: dict[str, Any], column: Column) -> str:
    moment, offset = value.values()
    return f"{_seconds(moment, scale_of(column))} {offset + 1440}"


# In this order: a bool is an int to Python, and a datetime is a date.
_WRITERS: list[tuple[type, Callable[[Any, Column], str]]] = [
    (bool, lambda value, _: "1" if value else "0"),
    (datetime, _moment),
    (date, lambda value, _: str((value - _EPOCH_DAY).days)),
    (time, lambda value, column: _decimal(_microseconds(value), scale_of(column))),
    (bytes, lambda value, _: value.hex().upper()),
    (dict, _pair),
    (pa.MonthDayNano, lambda value, _: str(nanoseconds(value))),
]


def _seconds(moment: datetime, scale: int) -> str:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _decimal((aware - _EPOCH) // timedelta(microseconds=1), scale)


def _decimal(microseconds: int, scale: int) -> str:
    microseconds -= microseconds % 10 ** max(6 - scale, 0)  # also a moment before 1970 is cut to the earlier one
    sign, rest = ("-", -microseconds) if microseconds < 0 else ("", microseconds)
    whole, fraction = divmod(rest, 1_000_000)
    return f"{sign}{whole}" + (f".{fraction * 1000:09d}"[: scale + 1] if scale else "")


def _microseconds(value: time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond


def _offset(moment: datetime) -> int:
    return int((moment.utcoffset() or timedelta()).total_seconds() // 60)


def _array(values: Sequence[Any], column: Column) -> Any:
    if column.type == "FIXED":
        return _numbers(list(values), scale_of(column))
    if column.type == "TIMESTAMP_TZ":
        pairs = [None if v is None else {"moment": _utc(v), "offset": _offset(v)} for v in values]
        return pa.array(pairs, pa.struct([("moment", pa.timestamp("us", "UTC")), ("offset", pa.int32())]))
    if column.type == "TIMESTAMP_LTZ":
        return pa.array([None if v is None else _utc(v) for v in values], pa.timestamp("us", "UTC"))
    if column.type == "TIMESTAMP_NTZ":
        return pa.array(values, pa.timestamp("us"))
    types = {
        "REAL": pa.float64(), "BOOLEAN": pa.bool_(), "DATE": pa.date32(), "TIME": pa.time64("us"),
        "BINARY": pa.binary(),
        "INTERVAL_DAY_TIME": pa.month_day_nano_interval(),
    }  # fmt: skip
    if column.type in types:
        return pa.array(values, types[column.type])
    return _strings(values)


def _strings(values: Sequence[Any]) -> Any:
    # Tried first: most columns are text already, and a look at each value costs more than the conversion.
    with contextlib.suppress(pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array(values, pa.string())
    return pa.array([None if v is None else str(v) for v in values], pa.string())


def _numbers(values: list[Any], scale: int) -> Any:
    if not scale:
        with contextlib.suppress(pa.ArrowInvalid, pa.ArrowTypeError, OverflowError):
            return pa.array(values, pa.int64())
    if not scale and all(v is None or -(2**63) <= v < 2**63 for v in values):
        return pa.array([None if v is None else int(v) for v in values], pa.int64())
    exact = [
        None if v is None else Decimal(str(v)).quantize(Decimal(1).scaleb(-scale), context=_DIGITS) for v in values
    ]
    return pa.array(exact, pa.decimal128(38, scale))


def _utc(moment: Any) -> Any:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
