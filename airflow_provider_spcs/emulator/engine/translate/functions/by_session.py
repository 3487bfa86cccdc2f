"""What a session's parameters change: the first day of the week, and how dates and times become text.

Source: Snowflake's documentation, "Calendar weeks and weekdays" and "Date and time input and output formats".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.parameters import DEFAULTS
from airflow_provider_spcs.emulator.engine.translate.functions.build import function, sql
from airflow_provider_spcs.emulator.engine.translate.functions.strings import strftime
from airflow_provider_spcs.emulator.engine.types import Declared

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call

_WEEK = {"WEEK", "W", "WK", "WEEKOFYEAR", "WOY", "WY"}
_WEEKDAY = {"DAYOFWEEK", "WEEKDAY", "DOW", "DW"}


def rewrite(call: Call, node: Any) -> exp.Expr:
    """The node by the session's parameters; itself where their defaults hold."""
    start = int(str(call.session.parameters.get("WEEK_START") or 0))
    if start:
        if isinstance(node, exp.DayOfWeek):
            return _weekday(node.this, start)
        if isinstance(node, exp.Extract) and node.name.upper() in _WEEKDAY:
            return _weekday(node.expression, start)
        if isinstance(node, exp.DateTrunc | exp.TimestampTrunc) and node.args["unit"].name.upper() in _WEEK:
            return _week(call, node, start)
    source = _made_text(node)
    return _text(call, node, source) if source is not None else node


def _weekday(source: exp.Expr, start: int) -> exp.Expr:
    return sql(f"CAST((isodow({source.sql('duckdb')}) - {start} + 7) % 7 + 1 AS BIGINT)")


def _week(call: Call, node: Any, start: int) -> exp.Expr:
    kind = call.translation.kinds.of(node.this) if call.translation.kinds is not None else None
    text = node.this.sql("duckdb")
    day = f"(CAST({text} AS DATE) - CAST((isodow({text}) - {start} + 7) % 7 AS INTEGER))"
    stays = kind is None or kind.name == "DATE"
    made = sql(day if stays else f"CAST({day} AS {kind.duckdb if kind is not None else 'TIMESTAMP'})")
    if kind is not None:
        made.meta["declared"] = kind
    return made


def _made_text(node: Any) -> exp.Expr | None:
    """What a cast to VARCHAR, or TO_CHAR without a format, makes text of."""
    if isinstance(node, exp.Cast) and node.to.this in exp.DataType.TEXT_TYPES and not node.meta.get("duckdb"):
        inner: exp.Expr = node.this
        return inner
    if isinstance(node, exp.Anonymous) and str(node.this).upper() in {"TO_CHAR", "TO_VARCHAR"}:
        return node.expressions[0] if len(node.expressions) == 1 else None
    return None


def _text(call: Call, node: exp.Expr, source: exp.Expr) -> exp.Expr:
    kind = call.translation.kinds.of(source) if call.translation.kinds is not None else None
    if kind is None or not (kind.name == "DATE" or kind.name.startswith("TIME")):
        return node
    parameters = call.session.parameters
    name = f"{kind.name}_OUTPUT_FORMAT"
    said = str(parameters.get(name) or "")
    if not said and kind.name.startswith("TIMESTAMP"):
        name = "TIMESTAMP_OUTPUT_FORMAT"
        said = str(parameters.get(name) or "")
    if not said or said == DEFAULTS[name].value or said.upper() == "AUTO":
        return node
    moment = source if kind.name != "TIME" else sql(f"(DATE '1970-01-01' + {source.sql('duckdb')})")
    made = function("strftime", moment, exp.Literal.string(strftime(said)))
    made.meta["declared"] = Declared("VARCHAR")
    return made
