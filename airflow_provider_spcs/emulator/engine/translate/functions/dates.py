"""Dates: results that stay DATE where Snowflake keeps them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate.functions.build import function, known_type, sql
from airflow_provider_spcs.emulator.engine.translate.functions.strings import strftime
from airflow_provider_spcs.emulator.engine.types import Declared
from airflow_provider_spcs.emulator.errors import SnowflakeError

_ADD = (exp.DateAdd, exp.DateSub, exp.TimestampAdd, exp.TsOrDsAdd, exp.AddMonths)
_DIFF = (exp.DateDiff, exp.TimestampDiff)
_TRUNC = (exp.DateTrunc, exp.TimestampTrunc)
_PARTS = (*_ADD, *_TRUNC, exp.Extract, exp.Year, exp.Quarter, exp.Month, exp.Week, exp.WeekOfYear, exp.Day,
          exp.DayOfMonth, exp.DayOfWeek, exp.DayOfWeekIso, exp.DayOfYear, exp.Hour, exp.Minute, exp.Second, exp.Dayname,
          exp.Monthname, exp.YearOfWeek, exp.YearOfWeekIso, exp.LastDay, exp.NextDay, exp.PreviousDay,
          exp.TimeSlice)  # fmt: skip
_NANO = {"NANOSECOND", "NS", "NSEC", "NANOSEC", "NSECOND", "NANOSECONDS", "NANOSECS", "NSECONDS"}
_SMALL = _NANO | {"HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND", "H", "M", "S", "MS", "US"}


def keep_date(kinds: Any, node: exp.Expr) -> exp.Expr:  # noqa: PLR0911 - one return a case
    """DATEADD by days or more, ADD_MONTHS and DATE_TRUNC of a DATE are a DATE; DuckDB makes a timestamp."""
    if isinstance(node, _PARTS):
        _read_text(kinds, node)
    if isinstance(node, _ADD + _TRUNC + _DIFF):
        _check_unit(node)
    if isinstance(node, _DIFF):
        return _between(kinds, node)
    if not isinstance(node, _ADD + _TRUNC) and not _by_days(node):
        return node
    kind = kinds.of(node.this)
    unit = node.args.get("unit")
    word = unit.name.upper() if unit is not None else ""
    if isinstance(node, _TRUNC) and kind is not None and kind.name == "TIME":
        return _of_day(node, word)
    if isinstance(node, _TRUNC) and (word in _NANO or (word in _SMALL and kind is not None and kind.name == "DATE")):
        kept: exp.Expr = node.this  # nothing is smaller
        return kept
    if isinstance(node, _ADD) and word in _NANO:
        return _nanoseconds(node, kind)
    if isinstance(node, exp.DateAdd | exp.TimestampAdd) and word in _MADE:
        return _added(kinds, node, _MADE[word])
    if kind is None or kind.name != "DATE" or word in _SMALL:
        return node
    cast = exp.Cast(this=node.copy(), to=exp.DataType.build("DATE"))
    cast.meta["declared"] = Declared("DATE")
    return cast


def _read_text(kinds: Any, node: Any) -> None:
    """A text whose part is asked for, or that is moved or cut off, is a time."""
    key = "expression" if isinstance(node, exp.Extract) else "this"
    kind = kinds.of(node.args.get(key))
    if kind is not None and kind.name == "VARCHAR":
        made = function("sf_timestamp", node.args[key].copy())
        made.meta["kind"] = Declared("TIMESTAMP_NTZ")
        node.set(key, made)


def _between(kinds: Any, node: Any) -> exp.Expr:
    """DATEDIFF takes texts, too: they are times."""
    for key in ("this", "expression"):
        kind = kinds.of(node.args[key])
        if kind is not None and kind.name == "VARCHAR":
            node.set(key, function("sf_timestamp", node.args[key].copy()))
    kept: exp.Expr = node
    return kept


def _of_day(node: Any, word: str) -> exp.Expr:
    """DATE_TRUNC of a time of day, which DuckDB has for moments only."""
    made = sql(f"CAST(date_trunc('{word}', DATE '1970-01-01' + {node.this.sql('duckdb')}) AS TIME)")
    made.meta["declared"] = Declared("TIME")
    return made


_MADE = {"HOUR": "to_hours", "MINUTE": "to_minutes", "SECOND": "to_seconds"}


def _added(kinds: Any, node: Any, made: str) -> exp.Expr:
    """Whole hours, minutes or seconds, many times faster than by an interval of a float."""
    count, moment = kinds.of(node.expression), kinds.of(node.this)
    whole = isinstance(node.expression, exp.Column) and node.expression.name == "%ROW"
    whole = whole or (count is not None and count.name == "NUMBER" and not count.second)
    if not whole or moment is None or not moment.name.startswith("TIME"):
        kept: exp.Expr = node
        return kept
    source = f"CAST({node.this.sql('duckdb')} AS {moment.duckdb})"
    added = sql(f"({source} + {made}(CAST({node.expression.sql('duckdb')} AS BIGINT)))")
    added.meta["declared"] = moment
    return added


def _nanoseconds(node: Any, kind: Declared | None) -> exp.Expr:
    """Times keep microseconds here; the type stays what it was."""
    moment = node.this.sql("duckdb")
    if kind is None or kind.name == "DATE":
        moment = f"CAST({moment} AS TIMESTAMP)"
    sign = "-" if isinstance(node, exp.DateSub) else "+"
    made = sql(f"({moment} {sign} to_microseconds(CAST(({node.expression.sql('duckdb')}) // 1000 AS BIGINT)))")
    made.meta["declared"] = kind if kind is not None and kind.name != "DATE" else Declared("TIMESTAMP_NTZ")
    return made


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
        if wanted is None or (isinstance(wanted, exp.Literal) and wanted.this.upper() == "AUTO"):
            made = moment_of(source, zoned=zone != "NTZ")
        elif is_format(wanted):
            made = formatted(source, wanted, zoned=zone != "NTZ")
        else:
            scaled = f"CAST(({source.sql('duckdb')}) * power(10, 6 - {wanted.sql('duckdb')}) AS BIGINT)"
            made = sql(f"make_timestamp({scaled})" if zone == "NTZ" else f"timezone('UTC', make_timestamp({scaled}))")
        cast = exp.Cast(this=function("TRY", made) if attempt else made, to=exp.DataType.build(kind))
        cast.meta["declared"] = Declared(f"TIMESTAMP_{zone}")
        return cast

    return rule


def moment_of(source: Any, *, zoned: bool) -> exp.Expr:
    """Any value as a moment; a moment directly: DuckDB unfolds a macro at each use of its argument."""
    kind = known_type(source)
    moment = isinstance(source, exp.Cast) and source.is_type(exp.DType.TIMESTAMP, exp.DType.TIMESTAMPTZ)
    if not zoned and kind is not None and kind.name == "TIMESTAMP_NTZ":
        moment = True
    if moment and (zoned or source.meta.get("zone") is None):
        made: exp.Expr = source
        return made
    return function("sf_timestamp_tz" if zoned else "sf_timestamp", source)


def is_format(wanted: Any) -> bool:
    """Whether a second argument is a format, and no scale."""
    if isinstance(wanted, exp.Literal):
        return bool(wanted.is_string)
    kind = wanted.meta.get("kind")
    return kind is not None and kind.name == "VARCHAR"


def formatted(source: Any, wanted: Any, *, zoned: bool = False) -> exp.Expr:
    """The moment that a text says in a format: DuckDB's own reading of plain literals, ours of the rest."""
    if isinstance(wanted, exp.Literal) and _PLAIN.fullmatch(wanted.this):
        return function("strptime", function("sf_text", source), exp.Literal.string(strftime(wanted.this)))
    text = f"sf_time_in(sf_text({source.sql('duckdb')}), {wanted.sql('duckdb')})"
    return sql(text if zoned else f"CAST(left({text}, 26) AS TIMESTAMP)")


_PLAIN = re.compile(r"(?:YYYY|MM(?!MM)|DD|HH24|MI|SS|[-/.,: T]|\"[^\"]*\")*", re.IGNORECASE)


_UNITS = {
    *("YEAR", "QUARTER", "MONTH", "WEEK", "WEEKISO", "DAY", "HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"),
    *("NANOSECOND", "YEARS", "MONTHS", "DAYS", "HOURS", "MINUTES", "SECONDS", "WEEKS", "QUARTERS"),
}
_DAYS = {"DAYOFWEEK", "DAYOFWEEKISO", "DAYOFYEAR", "YEAROFWEEK", "YEAROFWEEKISO"}
_SINCE = {
    **dict.fromkeys(["EPOCH", "EPOCH_SECOND", "EPOCH_SECONDS"], "// 1000000"),
    **dict.fromkeys(["EPOCH_MILLISECOND", "EPOCH_MILLISECONDS"], "// 1000"),
    **dict.fromkeys(["EPOCH_MICROSECOND", "EPOCH_MICROSECONDS"], ""),
    **dict.fromkeys(["EPOCH_NANOSECOND", "EPOCH_NANOSECONDS"], "* 1000"),
}


def _check_unit(node: Any) -> None:
    """DATEADD, DATEDIFF and DATE_TRUNC take only parts that lengths of time have."""
    unit = node.args.get("unit")
    if unit is None or isinstance(unit, exp.WeekStart):
        return
    known = _UNITS if isinstance(node, _TRUNC) else _UNITS | _DAYS
    if unit.name.upper() not in known:
        raise SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\n'{unit.name.lower()}' is not a valid date/time "
            f"component for function {node.sql_name()}.",
            1042,
            "22023",
        )


def _part(node: Any) -> exp.Expr:
    """Seconds and finer since the epoch are whole numbers; other parts are read in the session's zone."""
    counted = _SINCE.get(node.this.name.upper())
    kind = node.expression.meta.get("kind")
    if counted is None and node.expression.is_type(exp.DType.TIMESTAMPTZ):
        node.set("expression", exp.cast(node.expression.copy(), "TIMESTAMP"))
    if counted is None or (kind is not None and kind.name == "TIME"):
        kept: exp.Expr = node
        return kept
    return sql(f"CAST(epoch_us({node.expression.sql('duckdb')}) {counted} AS BIGINT)")


def _weekday(node: Any) -> exp.Expr:
    """NEXT_DAY and PREVIOUS_DAY know a day by its first two letters."""
    if isinstance(node.expression, exp.Literal):
        node.expression.set("this", node.expression.this.strip()[:2])
    kept: exp.Expr = node
    return kept


CLASSES: dict[type, Callable[[Any], exp.Expr]] = {
    exp.Extract: _part,
    exp.NextDay: _weekday,
    exp.PreviousDay: _weekday,
}
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
