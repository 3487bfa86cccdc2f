"""Arithmetic by Snowflake's rules: division, averages, shares, hashes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate.functions.build import function, sql
from airflow_provider_spcs.emulator.engine.types import Declared


def divide(kinds: Any, node: exp.Div) -> exp.Expr:
    """``a / b``: an error for zero; numbers give a number of at least six fraction digits.

    Source: Snowflake's documentation, "Arithmetic operators": scale of a division.
    """
    left, right = kinds.of(node.this), kinds.of(node.expression)
    literal = isinstance(node.expression, exp.Literal) and float(node.expression.this or 0) != 0
    made: exp.Expr = node if literal else function("sf_divide", node.this, node.expression)
    return _scaled(made, left, right)


def average(kinds: Any, node: exp.Avg) -> exp.Expr:
    """AVG of numbers is a number of six more fraction digits."""
    return _scaled(node, kinds.of(node.this), Declared("NUMBER", 38, 0))


def _scaled(made: exp.Expr, left: Declared | None, right: Declared | None) -> exp.Expr:
    if left is None or right is None or left.name != "NUMBER" or right.name != "NUMBER":
        return made
    first = left.second or 0
    scale = max(first, min(first + 6, 12))
    cast = exp.Cast(this=made.copy(), to=exp.DataType.build(f"DECIMAL(38, {scale})"))
    cast.meta["declared"] = Declared("NUMBER", 38, scale)
    return cast


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
