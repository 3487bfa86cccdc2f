"""VARIANT values where text or numbers are wanted: comparisons, arithmetic, text functions."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate.functions.build import function
from airflow_provider_spcs.emulator.engine.types import INTERVAL
from airflow_provider_spcs.emulator.errors import SnowflakeError

_CHOICES = (exp.Coalesce, exp.Greatest, exp.Least, exp.Case, exp.If, exp.Nvl2, exp.DecodeCase)
_COMPARE = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
_TEXT = (exp.Upper, exp.Lower, exp.DPipe, exp.Concat, exp.Like, exp.ILike, exp.RegexpLike, exp.Trim, exp.Length,
         exp.Replace, exp.Substring, exp.StartsWith, exp.EndsWith, exp.Contains, exp.SplitPart, exp.RegexpReplace,
         exp.Left, exp.Right, exp.Initcap, exp.GroupConcat, exp.RegexpExtract)  # fmt: skip
_SHAPED = (exp.Pad, exp.Repeat, exp.Reverse, exp.Translate, exp.Stuff, exp.Strtok, exp.MD5, exp.SHA, exp.Ascii,
           exp.Unicode, exp.ConcatWs, exp.RegexpInstr, exp.RegexpCount, exp.StrPosition, exp.Soundex)  # fmt: skip
_COUNTED = (exp.Left, exp.Right, exp.Pad, exp.Repeat, exp.Substring, exp.Stuff, exp.Strtok, exp.SplitPart)
"""Text functions whose further arguments may be numbers."""
_TEXTUAL = (exp.Left, exp.Right, exp.Pad, exp.Repeat, exp.Stuff, exp.Strtok, exp.SplitPart, exp.Translate)
"""Text functions whose first argument is text, and never bytes."""
_WORDED = {"NUMBER", "FLOAT", "BOOLEAN", "DATE", "TIME", "TIMESTAMP_NTZ", "TIMESTAMP_LTZ", INTERVAL}
_SPACED_OFFSET = re.compile(r"(?<=\d)\s+([+-]\d\d:?\d\d)\Z")
_SUMMED = {"NUMBER", "FLOAT", "VARCHAR"}
_COERCED = {"NUMBER": "DOUBLE", "FLOAT": "DOUBLE", "DATE": "DATE", "BOOLEAN": "BOOLEAN", "TIME": "TIME",
            "TIMESTAMP_NTZ": "TIMESTAMP", "TIMESTAMP_LTZ": "TIMESTAMPTZ", "TIMESTAMP_TZ": "TIMESTAMPTZ"}  # fmt: skip
_NUMBERS = (exp.Sum, exp.Avg, exp.Abs, exp.Round, exp.Median, exp.Stddev, exp.StddevPop, exp.StddevSamp, exp.Variance,
            exp.VariancePop, exp.Corr, exp.CovarSamp, exp.CovarPop)  # fmt: skip


def rewrite(kinds: Any, node: exp.Expr) -> None:  # noqa: C901 - one branch a family of nodes
    """Cast the semi-structured operands of one node in place."""
    if isinstance(node, _COMPARE) and not _assigned(node):
        _comparison(kinds, node)
    elif isinstance(node, exp.In) and kinds.variant(node.this):
        _cast(node, "this", _by_example(node.expressions[0] if node.expressions else None))
    elif isinstance(node, exp.Between) and kinds.variant(node.this):
        _cast(node, "this", _by_example(node.args["low"]))
    elif isinstance(node, exp.In | exp.Between):
        _close_offsets(kinds, node)
    elif isinstance(node, exp.Ordered):
        _ordered(kinds, node)
    elif isinstance(node, _CHOICES):
        _choice(kinds, node)
    elif isinstance(node, _ARITHMETIC + _NUMBERS):
        _each(kinds, node, "DOUBLE")
        if isinstance(node, _ARITHMETIC):
            _operands(kinds, node)
        for key in ("this", "expression") if isinstance(node, _NUMBERS) else ():
            found = kinds.of(node.args.get(key))
            if found is not None and found.name == "VARCHAR" and not isinstance(node.args[key], exp.Literal):
                _cast(node, key, "DOUBLE")
    elif isinstance(node, _TEXT):
        _each(kinds, node, "TEXT")
        _plain(kinds, node)
    elif isinstance(node, _SHAPED):
        _plain(kinds, node)


def _assigned(node: exp.Expr) -> bool:
    """Whether it is ``SET column = value``, which compares nothing."""
    return isinstance(node.parent, exp.Update) and node.arg_key == "expressions"


def _plain(kinds: Any, node: Any) -> None:
    """Numbers, truth values and times where a function of texts wants text, as Snowflake coerces them."""
    given = [node.this] if isinstance(node, _COUNTED) else [node.this, node.args.get("expression")]
    given += [] if isinstance(node, _COUNTED) else [node.args.get("substr"), *(node.expressions or [])]
    for item in given:
        kind = kinds.of(item) if isinstance(item, exp.Expr) else None
        unknown = kind is None and item is node.this and isinstance(node, _TEXTUAL)
        if unknown or (kind is not None and kind.name in _WORDED):
            item.replace(function("sf_varchar", item.copy()))


def _comparison(kinds: Any, node: exp.Expr) -> None:
    left, right = kinds.variant(node.this), kinds.variant(node.expression)
    if left and right:
        for key in ("this", "expression"):
            node.set(key, function("sf_order", node.args[key].copy()))
        return
    if left:
        _cast(node, "this", _by_example(node.expression))
    elif right:
        _cast(node, "expression", _by_example(node.this))
    else:
        _texts(kinds, node)
        _fraction(kinds, node)


_ROUNDED: dict[type, Any] = {exp.LT: math.ceil, exp.GTE: math.ceil, exp.LTE: math.floor, exp.GT: math.floor}


def _fraction(kinds: Any, node: exp.Expr) -> None:
    """An integer beside a literal with a fraction is compared with the integer next to it, in integers."""
    rounded, limit = _ROUNDED.get(type(node)), node.expression
    if rounded is None or not isinstance(limit, exp.Literal) or limit.is_string or "." not in limit.this:
        return
    kind = kinds.of(node.this)
    drawn = isinstance(node.this, exp.Cast) and node.this.to.this is exp.DType.BIGINT
    if drawn or (kind is not None and kind.name == "NUMBER" and not kind.second):
        node.set("expression", exp.Literal.number(rounded(Decimal(limit.this))))


def _texts(kinds: Any, node: exp.Expr) -> None:
    """Text beside a number, a date or a truth value becomes one, as Snowflake coerces it."""
    left, right = kinds.of(node.this), kinds.of(node.expression)
    for key, own, other in (("this", left, right), ("expression", right, left)):
        if own is not None and other is not None and own.name == "VARCHAR" and other.name in _COERCED:
            if isinstance(node.args[key], exp.Literal) and other.name not in {"NUMBER", "FLOAT"}:
                node.args[key].set("this", _SPACED_OFFSET.sub(r"\1", node.args[key].this))
                continue  # DuckDB reads a literal as what it is compared with
            _cast(node, key, _COERCED[other.name])


def _close_offsets(kinds: Any, node: exp.Expr) -> None:
    """Let DuckDB read the literals beside a time with a zone: it takes no space before an offset."""
    kind = kinds.of(node.this)
    if kind is not None and kind.name in {"TIMESTAMP_TZ", "TIMESTAMP_LTZ"}:
        for item in [*node.expressions, node.args.get("low"), node.args.get("high")]:
            if isinstance(item, exp.Literal):
                item.set("this", _SPACED_OFFSET.sub(r"\1", item.this))


def _ordered(kinds: Any, node: exp.Ordered) -> None:
    """VARIANT values in order by size, not by digits; texts as times where a frame is a length of time."""
    select = node.find_ancestor(exp.Select, exp.SetOperation)
    plain = isinstance(select, exp.Select) and not select.args.get("distinct")
    kind = kinds.of(node.this)
    if plain and kind is not None and kind.name == "VARIANT" and not isinstance(node.this, exp.Literal):
        node.set("this", function("sf_order", node.this.copy()))
    if kind is not None and kind.name == "VARCHAR" and _framed_by_time(node):
        node.set("this", _made(node.this.copy(), "TIMESTAMP"))


def _framed_by_time(node: exp.Ordered) -> bool:
    """Whether it orders a window whose frame is a length of time: text is a time there."""
    window = node.parent.parent if node.parent is not None else None
    spec = window.args.get("spec") if isinstance(window, exp.Window) else None
    return spec is not None and any(isinstance(spec.args.get(side), exp.Interval) for side in ("start", "end"))


def _choice(kinds: Any, node: exp.Expr) -> None:
    """Texts among the numbers of which one is chosen become numbers, as Snowflake coerces them."""
    from airflow_provider_spcs.emulator.engine.translate.kinds import branches

    items = branches(node) or []
    names = {kind.name for item in items if (kind := kinds.of(item)) is not None}
    if "VARCHAR" not in names or not names & {"NUMBER", "FLOAT"}:
        return
    for item in items:
        kind = kinds.of(item)
        if kind is not None and kind.name == "VARCHAR":
            item.replace(_number(item))


def _operands(kinds: Any, node: exp.Expr) -> None:
    """A text in arithmetic is a number; less a date, or a date less it, it is a date.

    Raises:
        SnowflakeError: A date and a timestamp, which do not subtract.
    """
    for key, other in (("this", "expression"), ("expression", "this")):
        kind, beside = kinds.of(node.args[key]), kinds.of(node.args[other])
        dated = isinstance(node, exp.Sub) and kind is not None and kind.name == "DATE"
        if dated and beside is not None and beside.name.startswith("TIMESTAMP"):
            given = f"{kinds.of(node.this)}, {kinds.of(node.expression)}"
            said = f"Invalid argument types for function '-': ({given})"
            raise SnowflakeError(f"SQL compilation error: error line 1 at position 0\n{said}", 1044, "42P13")
        if kind is None or kind.name != "VARCHAR" or beside is None:
            continue
        if beside.name in _SUMMED:
            node.set(key, _number(node.args[key]))
        elif beside.name == "DATE" and isinstance(node, exp.Sub):
            node.set(key, function("sf_date", node.args[key].copy()))


def _number(item: Any) -> exp.Expr:
    """A literal as the number that it says, anything else as a float."""
    if isinstance(item, exp.Literal) and re.fullmatch(r"-?\d+(\.\d+)?", item.this):
        return exp.Literal.number(item.this)
    return _made(item.copy(), "DOUBLE")


def _by_example(other: Any) -> str:
    if isinstance(other, exp.Boolean):
        return "BOOLEAN"
    number = isinstance(other, exp.Neg) or (isinstance(other, exp.Literal) and not other.is_string)
    return "DOUBLE" if number else "TEXT"


def _each(kinds: Any, node: exp.Expr, wanted: str) -> None:
    for key in ("this", "expression"):
        if isinstance(node.args.get(key), exp.Expr) and kinds.variant(node.args[key]):
            _cast(node, key, wanted)
    for item in list(node.expressions or []):
        if kinds.variant(item):
            item.replace(_made(item.copy(), wanted))


def _cast(node: exp.Expr, key: str, wanted: str) -> None:
    node.set(key, _made(node.args[key].copy(), wanted))


def _made(inner: exp.Expr, wanted: str) -> exp.Expr:
    if wanted == "TEXT":
        return function("sf_text", inner)
    return exp.Cast(this=inner, to=exp.DataType.build(wanted))
