"""Weeks by the session's WEEK_START and WEEK_OF_YEAR_POLICY.

Source: Snowflake's documentation, "Calendar weeks and weekdays".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate.functions.build import sql

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call

_WEEK = {"WEEK", "W", "WK", "WEEKOFYEAR", "WOY", "WY"}
_WEEKDAY = {"DAYOFWEEK", "WEEKDAY", "DOW", "DW"}


def rewrite(call: Call, node: Any) -> exp.Expr:
    """The node by the session's parameters; itself where their defaults hold."""
    start = int(str(call.session.parameters.get("WEEK_START") or 0))
    first = int(str(call.session.parameters.get("WEEK_OF_YEAR_POLICY") or 0)) == 1
    if not start and not first:
        kept: exp.Expr = node
        return kept
    part, source = _part(node)
    day = _day(source) if source is not None else ""
    begin = start or 1
    if part == "WEEK":
        return sql(_number(day, begin) if first else _iso_number(day, begin))
    if part == "YEAROFWEEK":
        return sql(f"CAST(year({day if first else _middle(day, begin)}) AS BIGINT)")
    return _by_start(call, node, part, begin) if start else node


def _by_start(call: Call, node: Any, part: str, start: int) -> exp.Expr:
    if part == "DAYOFWEEK":
        source = node.expression if isinstance(node, exp.Extract) else node.this
        return sql(f"CAST((isodow({source.sql('duckdb')}) - {start} + 7) % 7 + 1 AS BIGINT)")
    if part == "TRUNC":
        return _truncated(call, node, start)
    if part == "LAST":
        return sql(f"({_begin(_day(node.this), start)} + 6)")
    if part == "DIFF":
        last, begun = (_begin(_day(item), start) for item in (node.this, node.expression))
        return sql(f"CAST(({last} - {begun}) // 7 AS BIGINT)")
    kept: exp.Expr = node
    return kept


def _part(node: Any) -> tuple[str, Any]:
    """Which of our parts a node computes, and of what; empty for any other."""
    if isinstance(node, exp.Extract):
        name = node.name.upper()
        known = {**dict.fromkeys(_WEEK, "WEEK"), **dict.fromkeys(_WEEKDAY, "DAYOFWEEK"), "YEAROFWEEK": "YEAROFWEEK"}
        return known.get(name, ""), node.expression
    for kind, part in ((exp.Week, "WEEK"), (exp.YearOfWeek, "YEAROFWEEK"), (exp.DayOfWeek, "DAYOFWEEK")):
        if isinstance(node, kind):
            return part, node.this
    unit = node.args.get("unit")
    weekly = unit is not None and unit.name.upper() in _WEEK
    for kinds, part in (((exp.DateTrunc, exp.TimestampTrunc), "TRUNC"), (exp.LastDay, "LAST"), (exp.DateDiff, "DIFF")):
        if weekly and isinstance(node, kinds):
            return part, node.this
    return "", None


def _day(node: exp.Expr) -> str:
    return f"CAST({node.sql('duckdb')} AS DATE)"


def _begin(day: str, start: int) -> str:
    """The first day of a day's week."""
    return f"({day} - CAST((isodow({day}) - {start} + 7) % 7 AS INTEGER))"


def _middle(day: str, start: int) -> str:
    """The fourth day of a day's week: its year is the week's."""
    return f"({_begin(day, start)} + 3)"


def _iso_number(day: str, start: int) -> str:
    return f"CAST((dayofyear({_middle(day, start)}) - 1) // 7 + 1 AS BIGINT)"


def _number(day: str, start: int) -> str:
    """The number of a week where the first of January is always in the first one."""
    before = f"((isodow(date_trunc('year', {day})) - {start} + 7) % 7)"
    return f"CAST((dayofyear({day}) - 1 + {before}) // 7 + 1 AS BIGINT)"


def _truncated(call: Call, node: Any, start: int) -> exp.Expr:
    kind = call.translation.kinds.of(node.this) if call.translation.kinds is not None else None
    day = _begin(_day(node.this), start)
    stays = kind is None or kind.name == "DATE"
    made = sql(day if stays else f"CAST({day} AS {kind.duckdb if kind is not None else 'TIMESTAMP'})")
    if kind is not None:
        made.meta["declared"] = kind
    return made
