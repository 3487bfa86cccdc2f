"""Arithmetic by Snowflake's rules: division, averages, shares, hashes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate.functions.build import function, sql
from airflow_provider_spcs.emulator.engine.types import Declared


def exact(kinds: Any, node: exp.Expr) -> exp.Expr:
    """A result that is a number on Snowflake and a float in DuckDB: quotients, means, variances, medians.

    Source: Snowflake's documentation, "Arithmetic operators": scale of a division; examples of the functions.
    """
    if isinstance(node, exp.Window | exp.WithinGroup | exp.Filter):
        return _wrapped(kinds, node)
    made: exp.Expr = node
    if isinstance(node, exp.Div):
        plain = isinstance(node.expression, exp.Literal) and float(node.expression.this or 0) != 0
        made = node if plain else function("sf_divide", node.this, node.expression)
    elif not isinstance(node, _INEXACT):
        return node
    kind = kinds.of(node)
    if isinstance(node.parent, exp.Window | exp.WithinGroup | exp.Filter | exp.Order):
        return made  # the whole call is cast, by its own turn
    return _scaled(made, kind)


def _scaled(made: exp.Expr, kind: Declared | None) -> exp.Expr:
    if kind is None or kind.name != "NUMBER":
        return made
    cast = exp.Cast(this=made.copy(), to=exp.DataType.build(f"DECIMAL(38, {kind.second or 0})"))
    cast.meta["declared"] = Declared("NUMBER", kind.first, kind.second or 0)
    return cast


_INEXACT = (exp.Avg, exp.Median, exp.Variance, exp.VariancePop, exp.Kurtosis)
_WITHIN = (*_INEXACT, exp.PercentileCont)


def _wrapped(kinds: Any, node: exp.Expr) -> exp.Expr:
    """``AVG(x) OVER (...)``, ``PERCENTILE_CONT(p) WITHIN GROUP (...)``: the number of the function inside."""
    inner: Any = node.this
    while isinstance(inner, exp.WithinGroup | exp.Filter | exp.IgnoreNulls | exp.RespectNulls | exp.Order):
        inner = inner.this
    if not isinstance(inner, _WITHIN) or isinstance(node.parent, exp.Window | exp.Filter):
        return node
    return _scaled(node, kinds.of(inner))


def _modulo(node: exp.Expr) -> exp.Expr:
    if isinstance(node.expression, exp.Literal):
        return node
    return function("sf_modulo", node.this, node.expression)


def _hash(node: exp.Expr) -> exp.Expr:
    if node.meta.get("duckdb"):
        return node
    items = ", ".join(item.sql("duckdb") for item in node.expressions)
    return sql(f"CAST(CAST(hash({items}) AS HUGEINT) - 9223372036854775808 AS BIGINT)")


def _ratio(node: exp.Expr) -> exp.Expr:
    window = node.parent
    inner = node.expressions[0].sql("duckdb")
    if not isinstance(window, exp.Window):
        return node
    node.meta["ratio"] = inner
    return node


def _window(node: exp.Expr) -> exp.Expr:
    changes = node.this.meta.get("changes") if isinstance(node.this, exp.Expr) else None
    if changes is not None:
        listed = node.copy()
        listed.set("this", sql(f"list({changes})"))
        return function("sf_changes", listed)
    inner = node.this.meta.get("ratio") if isinstance(node.this, exp.Expr) else None
    if inner is None:
        return node
    total = node.copy()
    total.set("this", sql(f"sum({inner})"))
    return sql(f"(CAST({inner} AS DOUBLE) / nullif({total.sql('duckdb')}, 0))")


def _sample(node: exp.Expr) -> exp.Expr:
    if node.args.get("size") is not None:
        node.set("method", None)  # a number of rows: DuckDB has one method for that
    return node


CLASSES: dict[type, Callable[[Any], exp.Expr]] = {exp.Mod: _modulo, exp.TableSample: _sample, exp.Window: _window}
NAMES: dict[str, Callable[[Any], exp.Expr]] = {"HASH": _hash, "RATIO_TO_REPORT": _ratio}
