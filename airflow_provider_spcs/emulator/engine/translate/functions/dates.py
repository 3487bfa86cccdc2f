"""Dates: results that stay DATE where Snowflake keeps them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate.functions.build import function, sql
from airflow_provider_spcs.emulator.engine.translate.functions.strings import strftime
from airflow_provider_spcs.emulator.engine.types import Declared

_ADD = (exp.DateAdd, exp.DateSub, exp.TimestampAdd, exp.TsOrDsAdd, exp.AddMonths)
_TRUNC = (exp.DateTrunc, exp.TimestampTrunc)
_SMALL = {"HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND", "NANOSECOND", "H", "M", "S", "MS", "US", "NS"}


def keep_date(kinds: Any, node: exp.Expr) -> exp.Expr:
    """DATEADD by days or more, ADD_MONTHS and DATE_TRUNC of a DATE are a DATE; DuckDB makes a timestamp."""
    if not isinstance(node, _ADD + _TRUNC) and not _by_days(node):
        return node
    kind = kinds.of(node.this)
    unit = node.args.get("unit")
    if kind is None or kind.name != "DATE" or (unit is not None and unit.name.upper() in _SMALL):
        return node
    cast = exp.Cast(this=node.copy(), to=exp.DataType.build("DATE"))
    cast.meta["declared"] = Declared("DATE")
    return cast


def _by_days(node: exp.Expr) -> bool:
    """``date + INTERVAL '1 month, 2 days'``: nothing smaller than a day."""
    interval = node.args.get("expression") if isinstance(node, exp.Add | exp.Sub) else None
    if not isinstance(interval, exp.Interval):
        return False
    unit = interval.args.get("unit")
    said = f"{interval.this.name if interval.this else ''} {unit.name if unit is not None else ''}".upper()
    return not any(word in said for word in ("HOUR", "MINUTE", "SECOND", "HH", "NS"))


def _timestamp(zone: str, *, attempt: bool = False) -> Callable[[Any], exp.Expr]:
    kind = "TIMESTAMP" if zone == "NTZ" else "TIMESTAMPTZ"

    def rule(node: Any) -> exp.Expr:
        source = node.expressions[0]
        wanted = node.expressions[1] if len(node.expressions) > 1 else None
        if attempt and wanted is None:
            made: exp.Expr = exp.TryCast(this=source, to=exp.DataType.build(kind), requires_string=False)
        elif wanted is None:
            made = function("sf_timestamp" if zone == "NTZ" else "sf_timestamp_tz", source)
        elif isinstance(wanted, exp.Literal) and wanted.is_string:
            made = _formatted(source, wanted, attempt=attempt)
        else:
            made = sql(
                f"make_timestamp(CAST(({source.sql('duckdb')}) * power(10, 6 - {wanted.sql('duckdb')}) AS BIGINT))"
            )
        cast = exp.Cast(this=made, to=exp.DataType.build(kind))
        cast.meta["declared"] = Declared(f"TIMESTAMP_{zone}")
        return cast

    return rule


def _formatted(source: Any, wanted: exp.Literal, *, attempt: bool) -> exp.Expr:
    if wanted.this.upper() == "AUTO":
        return function("sf_timestamp", source)
    return function("try_strptime" if attempt else "strptime", source, exp.Literal.string(strftime(wanted.this)))


CLASSES: dict[type, Callable[[Any], exp.Expr]] = {}
NAMES: dict[str, Callable[[Any], exp.Expr]] = {
    "TO_TIMESTAMP": _timestamp("NTZ"),
    "TO_TIMESTAMP_LTZ": _timestamp("LTZ"),
    "TO_TIMESTAMP_NTZ": _timestamp("NTZ"),
    "TO_TIMESTAMP_TZ": _timestamp("TZ"),
    "TRY_TO_TIMESTAMP": _timestamp("NTZ", attempt=True),
    "TRY_TO_TIMESTAMP_LTZ": _timestamp("LTZ", attempt=True),
    "TRY_TO_TIMESTAMP_NTZ": _timestamp("NTZ", attempt=True),
    "TRY_TO_TIMESTAMP_TZ": _timestamp("TZ", attempt=True),
}
