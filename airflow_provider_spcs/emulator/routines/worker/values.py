"""Values between SQL and Python: Arrow columns in, JSON texts out."""

from __future__ import annotations

import datetime
import decimal
import json
import math
from typing import Any

_PARSED = {"VARIANT", "OBJECT", "ARRAY"}


def rows(table: Any, kinds: list[str]) -> list[tuple[Any, ...]]:
    """The arguments of each call as Python values; VARIANT, OBJECT and ARRAY come as JSON text.

    The first column of the table is no argument: it counts the calls of a function without any.
    """
    if not kinds:
        return [()] * table.num_rows
    columns = [_column(table.column(index), kind) for index, kind in enumerate(kinds, start=1)]
    return list(zip(*columns, strict=True))


def _column(column: Any, kind: str) -> list[Any]:
    values: list[Any] = column.to_pylist()
    if kind in _PARSED:
        return [None if text is None else json.loads(text) for text in values]
    return values


def frame(table: Any, kinds: list[str], names: list[str] | None = None) -> Any:
    """The arguments of all calls as a pandas DataFrame; without names its columns are numbered."""
    read = table.drop_columns([table.column_names[0]]).to_pandas()
    read.columns = list(range(len(kinds))) if names is None else names
    for name, kind in zip(list(read.columns), kinds, strict=True):
        if kind in _PARSED:
            read[name] = [None if text is None else json.loads(text) for text in read[name]]
    return read


def written(value: Any) -> str:
    """One returned value as JSON text; a number or time as the text that it is cast from."""
    if isinstance(value, decimal.Decimal):
        return json.dumps(str(value))
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps({math.inf: "inf", -math.inf: "-inf"}.get(value, "nan"))
    return json.dumps(plain(value), allow_nan=False)


def plain(value: Any) -> Any:  # noqa: PLR0911 - one return a family of types
    """A value as JSON knows it."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime):
        return None if value != value else value.isoformat(sep=" ")  # noqa: PLR0124  (pandas' NaT)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes | bytearray):
        return value.hex().upper()
    if hasattr(value, "tolist"):  # numpy's arrays and scalars
        return plain(value.tolist())
    return None if type(value).__name__ in {"NAType", "NaTType"} else str(value)
