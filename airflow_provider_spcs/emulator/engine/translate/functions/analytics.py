"""Estimates, lambdas over arrays, and the odd functions of analysis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.deviations import deviates
from airflow_provider_spcs.emulator.engine.translate.functions.build import function, sql
from airflow_provider_spcs.emulator.engine.types import Declared
from airflow_provider_spcs.emulator.errors import unsupported

_ELEMENTS = "CAST(CAST({} AS JSON) AS JSON[])"


def _text(node: Any) -> str:
    return str(node.sql("duckdb"))


def _percentile(node: Any) -> exp.Expr:
    """APPROX_PERCENTILE: exact here, which no estimate contradicts."""
    return function("quantile_cont", exp.cast(node.this, "DOUBLE"), node.args["quantile"])


def _made(name: str, kind: str | None = None) -> Callable[[Any], exp.Expr]:
    def rule(node: Any) -> exp.Expr:
        items = [value for key in ("this", "expression") if isinstance(value := node.args.get(key), exp.Expr)]
        listed = [value for value in node.args.get("expressions") or [] if isinstance(value, exp.Expr)]
        made = function(name, *items, *listed, *([node.args["percentile"]] if node.args.get("percentile") else []))
        if kind:
            made.meta["declared"] = Declared(kind)
        return made

    return rule


def _filter(node: Any) -> exp.Expr:
    return _array(function("list_filter", sql(_ELEMENTS.format(_text(node.this))), node.expression))


def _transform(node: Any) -> exp.Expr:
    node.expression.set("this", function("sf_element", node.expression.this.copy()))
    return _array(function("list_transform", sql(_ELEMENTS.format(_text(node.this))), node.expression))


def _reduce(node: Any) -> exp.Expr:
    merge = node.args["merge"]
    merge.set("this", function("sf_element", merge.this.copy()))
    source = sql(f"list_prepend(to_json({_text(node.args['initial'])}), {_ELEMENTS.format(_text(node.this))})")
    made = function("list_reduce", source, merge)
    kind = node.meta.get("kind")
    return function("sf_text", made) if kind is not None and kind.name == "VARCHAR" else made


def _array(made: exp.Expr) -> exp.Expr:
    whole = function("to_json", made)
    whole.meta["declared"] = Declared("ARRAY")
    return whole


def _bits(node: exp.Expr) -> exp.Expr:
    """BITAND(a, b) is a call, ``a & b`` would bind looser than what stands around it."""
    return node if isinstance(node.parent, exp.Paren) else exp.Paren(this=node.copy())


def _change_event(node: exp.Expr) -> exp.Expr:
    node.meta["changes"] = node.expressions[0].sql("duckdb")
    return node


def _extreme(name: str) -> Callable[[Any], exp.Expr]:
    """MIN and MAX of VARIANT values, by what they are compared by."""

    def rule(node: Any) -> exp.Expr:
        kind = node.this.meta.get("kind")
        if kind is None or kind.name != "VARIANT" or node.expressions:
            kept: exp.Expr = node
            return kept
        made = function(name, node.this, function("sf_order", node.this.copy()))
        made.meta["declared"] = Declared("VARIANT")
        return made

    return rule


def _regression(node: Any) -> exp.Expr:
    """NULL, not NaN, where the independent values do not vary."""
    if isinstance(node.parent, exp.Window | exp.Filter):
        kept: exp.Expr = node
        return kept
    return function("nullif", node.copy(), sql("CAST('nan' AS DOUBLE)"))


def _parse_url(node: Any) -> exp.Expr:
    made = function(
        "sf_parse_url", function("sf_text", node.this), node.args.get("permissive") or exp.Literal.number(0)
    )
    made.meta["declared"] = Declared("OBJECT")
    return made


def _refused(node: Any) -> exp.Expr:
    raise unsupported(f"{node.sql_name()}: the states kept here hold no weights")


CLASSES: dict[type, Callable[[Any], exp.Expr]] = {
    exp.ApproxQuantile: _percentile,
    exp.Min: _extreme("arg_min"),
    exp.Max: _extreme("arg_max"),
    **dict.fromkeys([exp.RegrSlope, exp.RegrIntercept, exp.RegrR2], _regression),
    exp.Hll: _made("approx_count_distinct"),
    exp.ApproxTopK: _made("sf_approx_top_k", "ARRAY"),
    exp.ApproxPercentileAccumulate: _made("sf_percentile_state", "OBJECT"),
    exp.ApproxPercentileCombine: _refused,
    exp.ApproxPercentileEstimate: _made("sf_percentile_estimate", "FLOAT"),
    exp.ArrayFilter: _filter,
    exp.Transform: _transform,
    exp.Reduce: _reduce,
    exp.ByteLength: _made("strlen"),
    exp.ParseUrl: _parse_url,
    exp.BitwiseAnd: _bits,
    exp.BitwiseOr: _bits,
    exp.BitwiseXor: _bits,
    exp.BitwiseLeftShift: _bits,
    exp.BitwiseRightShift: _bits,
}
NAMES: dict[str, Callable[[Any], exp.Expr]] = {
    "CONDITIONAL_TRUE_EVENT": lambda node: function("count_if", exp.cast(node.expressions[0], "BOOLEAN")),
    "CONDITIONAL_CHANGE_EVENT": _change_event,
}

deviates(
    "functions",
    "APPROX_PERCENTILE is exact; the state of APPROX_PERCENTILE_ACCUMULATE holds 1,001 quantiles.",
    "HASH, HASH_AGG and the values of RANDOM, UNIFORM and NORMAL for a seed differ from Snowflake's.",
    "CONDITIONAL_CHANGE_EVENT takes time that grows with the square of a partition.",
    "An array holds JSON null where Snowflake shows undefined.",
    "Inside an array or object a date, a time or bytes are text to TYPEOF, and a float is a decimal number.",
    "JAROWINKLER_SIMILARITY can differ by 1.",
)
