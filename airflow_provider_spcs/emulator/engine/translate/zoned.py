"""TIMESTAMP_TZ: a moment with the offset that it was given in, in tables and between queries a pair of both.

Inside an expression a value is its moment, which compares as Snowflake compares; what a query shows or stores is the
pair again. What reads the clock of a value (its hour, its date, its text) reads it in its own offset.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.literals import sql_text
from airflow_provider_spcs.emulator.engine.translate.functions.build import function, is_of, sql
from airflow_provider_spcs.emulator.engine.types import Declared

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call
    from airflow_provider_spcs.emulator.engine.translate.kinds import Kinds

_KIND = "TIMESTAMP_TZ"
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?\s*\Z")
_CLOCK = (exp.Year, exp.Quarter, exp.Month, exp.Week, exp.WeekOfYear, exp.Day, exp.DayOfMonth, exp.DayOfWeek,
          exp.DayOfWeekIso, exp.DayOfYear, exp.Hour, exp.Minute, exp.Second, exp.Dayname, exp.Monthname, exp.YearOfWeek,
          exp.YearOfWeekIso, exp.LastDay, exp.NextDay, exp.PreviousDay)  # fmt: skip
_NAMED = {"TO_DATE", "DATE", "TO_TIME", "TIME", "TO_TIMESTAMP", "TO_TIMESTAMP_NTZ", "TRY_TO_DATE", "TRY_TO_TIME",
          "TRY_TO_TIMESTAMP", "TRY_TO_TIMESTAMP_NTZ"}  # fmt: skip
_PLAIN = {exp.DType.DATE, exp.DType.TIME, exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.DATETIME}
_SHIFTED = (exp.DateAdd, exp.DateSub, exp.TimestampAdd, exp.TsOrDsAdd, exp.AddMonths, exp.DateTrunc, exp.TimestampTrunc,
            exp.TimeSlice)  # fmt: skip
_CHOSEN = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue, exp.AnyValue, exp.IgnoreNulls,
           exp.RespectNulls)  # fmt: skip
_DEFAULT = "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM"


def moments(kinds: Kinds, root: exp.Expr) -> None:
    """Let columns and subqueries be moments where an expression uses them."""
    for node in reversed(list(root.find_all(exp.Column, exp.Subquery, bfs=False))):
        kind = kinds.of(node) if _used(node) else None
        if kind is None or kind.name != _KIND:
            continue
        made = _part(node, "moment")
        made.meta["kind"] = kind
        node.replace(made)


def _part(node: Any, name: str) -> exp.Expr:
    """One half of a pair; DuckDB knows no type of another column's alias yet when it chooses a macro."""
    select = node.find_ancestor(exp.Select)
    given = {item.alias for item in select.expressions if isinstance(item, exp.Alias)} if select is not None else set()
    if isinstance(node, exp.Column) and not node.table and node.name in given:
        return function("struct_extract", node.copy(), exp.Literal.string(name))
    return function(f"sf_{name}", node.copy())


def _used(node: Any) -> bool:
    """Whether a column or subquery is part of an expression, rather than a whole one of a query."""
    place, key = node.parent, node.arg_key
    if isinstance(place, exp.Distinct):
        return isinstance(place.parent, exp.Func)
    if isinstance(place, exp.Paren):
        return _used(place)
    if node.is_star or not isinstance(place, exp.Condition | exp.Func | exp.Predicate | exp.Interval | exp.Window):
        return False
    if isinstance(place, exp.Alias | exp.Star | exp.Tuple | exp.Dot | exp.Column | exp.Subquery):
        return False
    if isinstance(place, exp.In) and (place.args.get("query") is not None or place.find_ancestor(exp.Pivot)):
        return False
    return not (isinstance(place, exp.EQ) and key == "this" and isinstance(place.parent, exp.Update))


def clock(call: Call, node: Any) -> tuple[exp.Expr, str]:
    """Let a node read its argument's clock in its offset.

    Returns:
        What stands for the node, and the offset in which its own result is still to be read; empty when it is none.
    """
    key = _argument(node)
    source = node.expressions[0] if key == "expressions" else node.args.get(key) if key else None
    if source is None or not _zoned(source):
        return node, ""
    offset = offset_of(source)
    if _makes_text(node):
        return _text(call, node, source, offset), ""
    if isinstance(node, exp.Extract) and node.name.upper().startswith("TIMEZONE"):
        part = "// 60" if node.name.upper().startswith("TIMEZONE_H") else "% 60"
        return sql(f"CAST(trunc({offset} {part.replace('//', '/')}) AS BIGINT)"), ""
    local = sql(f"sf_local({source.sql('duckdb')}, {offset})")
    local.meta["kind"] = Declared("TIMESTAMP_NTZ")
    source.replace(local)
    return node, offset if isinstance(node, (*_SHIFTED, exp.Add, exp.Sub)) else ""


def _argument(node: Any) -> str:
    """Under which key a node has the value whose clock it reads; empty when it reads none."""
    if isinstance(node, exp.Anonymous):
        name = str(node.this).upper()
        return "expressions" if name in _NAMED or _makes_text(node) else ""
    if isinstance(node, exp.Extract):
        return "" if node.name.upper().startswith("EPOCH") else "expression"
    if isinstance(node, exp.Cast):
        plain = node.to.this in _PLAIN and not node.meta.get("duckdb")
        return "this" if plain or _makes_text(node) else ""
    if isinstance(node, exp.Add | exp.Sub):
        return "this" if isinstance(node.args.get("expression"), exp.Interval) else ""
    return "this" if isinstance(node, _CLOCK + _SHIFTED) else ""


def _makes_text(node: Any) -> bool:
    if isinstance(node, exp.Cast):
        return node.to.this in exp.DataType.TEXT_TYPES and not node.meta.get("duckdb")
    named = isinstance(node, exp.Anonymous) and str(node.this).upper() in {"TO_CHAR", "TO_VARCHAR"}
    return named and bool(node.expressions)


def _text(call: Call, node: Any, source: exp.Expr, offset: str) -> exp.Expr:
    said = call.session.parameters
    given = node.expressions[1].sql("duckdb") if isinstance(node, exp.Anonymous) and node.expressions[1:] else ""
    formats = [str(said.get(f"{name}_OUTPUT_FORMAT") or "") for name in (_KIND, "TIMESTAMP")]
    chosen = next((text for text in formats if text and text.upper() != "AUTO"), _DEFAULT)
    wanted = given or sql_text(chosen if chosen != "YYYY-MM-DD HH24:MI:SS.FF3" else _DEFAULT)
    made = f"sf_time_out(sf_zoned_text({source.sql('duckdb')}, {offset}), {wanted})"
    sizes = (
        [int(item.name) for item in node.to.expressions if item.name.isdigit()] if isinstance(node, exp.Cast) else []
    )
    found = sql(f"left({made}, {sizes[0]})" if sizes else made)
    found.meta["declared"] = Declared("VARCHAR", sizes[0] if sizes else None)
    return found


def absolute(made: exp.Expr, offset: str) -> exp.Expr:
    """The moment of a clock time in an offset."""
    found = sql(f"sf_absolute({made.sql('duckdb')}, {offset})")
    found.meta.update(kind=Declared(_KIND), offset=offset)
    return found


def pairs(root: exp.Expr) -> None:
    """Let every query of a rewritten tree show pairs."""
    for select in root.find_all(exp.Select):
        for item in select.expressions:
            _pair(item.this if isinstance(item, exp.Alias) else item)
    for values in root.find_all(exp.Values):
        if not isinstance(values.parent, exp.Insert):
            for row in values.expressions:
                for cell in row.expressions if isinstance(row, exp.Tuple) else [row]:
                    _pair(cell)


def _pair(node: Any) -> None:
    if _moment(node):
        node.replace(_paired(node))


def _moment(node: Any) -> bool:
    """Whether a rewritten expression is a moment that stands for a TIMESTAMP_TZ."""
    paired = isinstance(node, exp.Anonymous) and node.this == "sf_moment_at"
    return _zoned(node) and not paired and not isinstance(node, exp.Column | exp.Subquery | exp.Null)


def _zoned(node: Any) -> bool:
    return is_of(node, _KIND)


def _paired(node: Any) -> exp.Expr:
    moment = f"CAST({node.sql('duckdb')} AS TIMESTAMPTZ)"
    made = sql(f"sf_moment_at({moment}, {offset_of(node)})")
    made.meta["kind"] = Declared(_KIND)
    return made


def stored(node: Any) -> exp.Expr:
    """The pair to put into a column for a value of any type; ``node`` is rewritten already."""
    return _paired(node) if _moment(node) else function("sf_tz", node.copy())


def offset_of(node: Any) -> str:  # noqa: PLR0911 - one branch a kind of expression
    """DuckDB text of a value's offset in minutes; ``zone`` is the session's, for what was given none."""
    if node.meta.get("offset"):
        return str(node.meta["offset"])
    moment = f"CAST({node.sql('duckdb')} AS TIMESTAMPTZ)"
    if isinstance(node, exp.Paren):
        return offset_of(node.this)
    if _is_moment(node):
        extracted = "struct_extract({}, 'offset')" if node.this == "struct_extract" else "sf_offset({})"
        return extracted.format(node.expressions[0].sql("duckdb"))
    if isinstance(node, (exp.Window, *_CHOSEN)):
        return _inside(node)
    if isinstance(node, exp.Min | exp.Max):
        by = "arg_min" if isinstance(node, exp.Min) else "arg_max"
        return f"{by}({offset_of(node.this)}, {node.this.sql('duckdb')})"
    if isinstance(node, exp.Coalesce | exp.Case | exp.If | exp.Nullif | exp.Greatest | exp.Least):
        return _of_choice(node, moment)
    if not isinstance(node, exp.Cast):
        return f"sf_here({moment})"
    if node.meta.get("zone"):
        return f"sf_offset_in({node.meta['zone']}, {moment})"
    return _of_cast(node, moment)


def _is_moment(node: Any) -> bool:
    return isinstance(node, exp.Anonymous) and node.this in {"sf_moment", "struct_extract"}


def _inside(node: Any) -> str:
    """A window or a function that picks a row: the same of the offsets."""
    made = node.copy()
    inner = made
    while isinstance(inner, exp.Window | exp.IgnoreNulls | exp.RespectNulls):
        inner = inner.this
    if isinstance(inner, exp.Min | exp.Max):
        inner.replace(sql(offset_of(inner)))
    elif isinstance(inner, _CHOSEN):
        inner.this.replace(sql(offset_of(inner.this)))
    else:
        return f"sf_here(CAST({node.sql('duckdb')} AS TIMESTAMPTZ))"
    return str(made.sql("duckdb"))


def _of_choice(node: Any, moment: str) -> str:
    """A conditional: the offset of the branch whose moment it is."""
    from airflow_provider_spcs.emulator.engine.translate.kinds import branches

    chosen = [node.this] if isinstance(node, exp.Nullif) else branches(node) or []
    found = [item for item in chosen if not isinstance(item, exp.Null)]
    if isinstance(node, exp.Case | exp.If):
        made = node.copy()
        for item in [part for part in branches(made) or [] if not isinstance(part, exp.Null)]:
            item.replace(sql(offset_of(item)))
        return str(made.sql("duckdb"))
    whens = " ".join(
        f"WHEN CAST({item.sql('duckdb')} AS TIMESTAMPTZ) = {moment} THEN {offset_of(item)}" for item in found
    )
    return f"CASE {whens} END" if whens else f"sf_here({moment})"


def _of_cast(node: exp.Cast, moment: str) -> str:
    source = node.this
    while isinstance(source, exp.Cast | exp.Paren) or (
        isinstance(source, exp.Anonymous) and str(source.this) in {"sf_timestamp_tz", "sf_text", "TRY"}
    ):
        source = source.expressions[0] if isinstance(source, exp.Anonymous) else source.this
    if isinstance(source, exp.Literal) and source.is_string:
        return _written(source.this, moment)
    if _is_moment(source):
        return offset_of(source)
    kind = source.meta.get("kind")
    field = isinstance(source, exp.Column) and source.name[:1] == "$"
    read = field or (isinstance(source, exp.Anonymous) and source.this == "sf_time_in")
    if read or (kind and kind.name == "VARCHAR"):
        return f"coalesce(sf_text_offset(sf_text({source.sql('duckdb')})), sf_here({moment}))"
    return f"sf_here({moment})"


def _written(text: str, moment: str) -> str:
    if text.rstrip().endswith("Z"):
        return "0"
    found = _OFFSET.search(text) if ":" in text else None
    if found is None:
        return f"sf_here({moment})"
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return str(-minutes if found[1] == "-" else minutes)
