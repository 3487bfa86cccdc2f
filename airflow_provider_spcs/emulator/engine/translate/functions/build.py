"""Small pieces of DuckDB trees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.types import Declared


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


def known_type(node: Any) -> Declared | None:
    """What a rewritten node says of its type; None when it says nothing."""
    said: Declared | None = node.meta.get("declared") or node.meta.get("kind")
    return said


def is_of(node: Any, *names: str) -> bool:
    """Whether a rewritten node says that it is of one of these types."""
    kind = known_type(node)
    return kind is not None and kind.name in names


def as_json(node: Any) -> exp.Expr:
    """The node cast to JSON, unless it is JSON by its making."""
    if isinstance(node, exp.Anonymous) and str(node.this).startswith(
        ("json_extract", "json_array", "json_object", "sf_get")
    ):
        return node
    return exp.Cast(this=node, to=exp.DataType.build("JSON", dialect="duckdb"))
