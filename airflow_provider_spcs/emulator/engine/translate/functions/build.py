"""Small pieces of DuckDB trees."""

from __future__ import annotations

from typing import Any

from sqlglot import exp


def function(name: str, *items: Any) -> exp.Expr:
    """A call by name."""
    return exp.Anonymous(this=name, expressions=list(items))


def sql(text: str) -> exp.Expr:
    """The tree of DuckDB text."""
    tree: exp.Expr = exp.maybe_parse(text, dialect="duckdb")
    return tree


def own(text: str) -> exp.Expr:
    """The tree of DuckDB text whose tables are the engine's own, not Snowflake's to be looked up."""
    tree = sql(text)
    for table in tree.find_all(exp.Table):
        table.meta["ours"] = True
    return tree


def as_json(node: Any) -> exp.Expr:
    """The node cast to JSON, unless it is JSON by its making."""
    if isinstance(node, exp.Anonymous) and str(node.this).startswith(
        ("json_extract", "json_array", "json_object", "sf_get")
    ):
        return node
    return exp.Cast(this=node, to=exp.DataType.build("JSON", dialect="duckdb"))
