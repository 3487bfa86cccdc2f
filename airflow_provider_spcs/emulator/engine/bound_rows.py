"""Rows of bound values as an Arrow table, each column in the form that the table's column takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import inserted, time_formats
from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    import pyarrow as pa

    from airflow_provider_spcs.emulator.engine.types import Declared


def arrow(rows: Sequence[Sequence[object]], kinds: Sequence[Declared | None], zone: str) -> pa.Table:
    """The rows under the names C0, C1 and so on.

    Args:
        rows: As many values each as there are kinds.
        kinds: What the table's columns are declared as.
        zone: The session's time zone, in which a TIMESTAMP_TZ without an offset is read.

    Raises:
        SnowflakeError: 100035 when a text is no moment.
    """
    import pyarrow as pa

    columns = [_column(values, kind, zone) for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    return pa.Table.from_arrays(columns, names=[f"C{index}" for index in range(len(kinds))])


def _column(values: Sequence[Any], kind: Declared | None, zone: str) -> pa.Array:
    name = kind.name if kind is not None else ""
    if name == "TIMESTAMP_TZ":
        return _pairs(values, zone)
    if name == "TIMESTAMP_NTZ":
        values = [each.replace(tzinfo=None) if isinstance(each, datetime) else each for each in values]
    if any(isinstance(each, str) for each in values):
        values = [inserted.mended(each, name) if isinstance(each, str) else each for each in values]
    return _of_one_class(values)


def _of_one_class(values: Sequence[Any]) -> pa.Array:
    """DuckDB casts a column of any class to the table's; values of several classes go as text."""
    import pyarrow as pa

    types = {
        bool: pa.bool_(), int: pa.int64(), float: pa.float64(), bytes: pa.binary(), date: pa.date32(),
        time: pa.time64("us"), str: pa.string(),
    }  # fmt: skip
    classes = {type(each) for each in values if each is not None}
    if classes == {datetime}:
        zones = {each.tzinfo is not None for each in values if each is not None}
        if len(zones) == 1:
            return pa.array(values, pa.timestamp("us", "UTC" if zones.pop() else None))
    if len(classes) == 1 and (known := types.get(classes.pop())) is not None:
        try:
            return pa.array(values, known)
        except OverflowError:  # an integer of more than 64 bits
            pass
    return pa.array([None if each is None else _as_text(each) for each in values], pa.string())


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat(sep=" ") if isinstance(value, datetime) else str(value)


def _pairs(values: Sequence[Any], zone: str) -> pa.Array:
    """Moments with the offsets that they were given in, as tables keep TIMESTAMP_TZ."""
    import pyarrow as pa

    found = [None if each is None else _moment(each, zone) for each in values]
    return pa.array(
        [None if each is None else {"moment": each, "offset": _minutes(each)} for each in found],
        pa.struct([("moment", pa.timestamp("us", "UTC")), ("offset", pa.int32())]),
    )


def _moment(value: Any, zone: str) -> datetime:
    from zoneinfo import ZoneInfo

    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day)
    else:
        text = inserted.mended(str(value), "TIMESTAMP_TZ")
        said = time_formats.automatic(text)
        if said is None:
            raise SnowflakeError(f"Timestamp '{text}' is not recognized", 100035, "22007")
        moment = datetime.fromisoformat(said)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZoneInfo(zone))


def _minutes(moment: datetime) -> int:
    return int((moment.utcoffset() or timedelta()).total_seconds()) // 60
