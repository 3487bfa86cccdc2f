"""Regular expressions: DuckDB's own for a text and a pattern, ours with more arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate.functions.build import function, sql
from airflow_provider_spcs.emulator.engine.types import Declared

_COUNTS = {"position", "occurrence", "option", "group"}
_DEFAULTS: dict[str, exp.Expr] = {
    "position": exp.Literal.number(1),
    "occurrence": exp.Literal.number(1),
    "option": exp.Literal.number(0),
    "parameters": exp.Literal.string("c"),
    "flag": exp.Literal.string("c"),
    "group": exp.Literal.number(0),
    "replacement": exp.Literal.string(""),
    "modifiers": exp.Literal.string(""),
}


def _with(name: str, *keys: str, plain: bool = True) -> Callable[[Any], exp.Expr]:
    """A call of our function with these arguments; without any of them DuckDB's own where that is ``plain``."""

    def rule(node: Any) -> exp.Expr:
        if plain and not any(node.args.get(key) for key in keys if key != "group"):
            kept: exp.Expr = node
            return kept
        items = [_item(node.args.get(key) or _DEFAULTS[key].copy(), key) for key in keys]
        return function(name, function("sf_text", node.this), node.expression, *items)

    return rule


def _item(value: Any, key: str) -> exp.Expr:
    plain = isinstance(value, exp.Literal) or key not in _COUNTS
    return value if plain else sql(f"CAST({value.sql('duckdb')} AS BIGINT)")


def _replaced(node: Any) -> exp.Expr:
    if not node.args.get("occurrence") and not node.args.get("position"):
        kept: exp.Expr = node
        return kept
    if not node.args.get("occurrence"):
        node.set("occurrence", exp.Literal.number(0))
    return _with("sf_regexp_replaced", "replacement", "position", "occurrence", "modifiers")(node)


def _parts(node: Any) -> exp.Expr:
    made = _with("sf_regexp_parts", "position", "occurrence", "parameters", "group", plain=False)(node)
    found = sql(f"CAST({made.sql('duckdb')} AS JSON)")
    found.meta["declared"] = Declared("ARRAY")
    return found


CLASSES: dict[type, Callable[[Any], exp.Expr]] = {
    exp.RegexpReplace: _replaced,
    exp.RegexpExtract: _with("sf_regexp_part", "position", "occurrence", "parameters", "group"),
    exp.RegexpExtractAll: _parts,
    exp.RegexpInstr: _with(
        "sf_regexp_position", "position", "occurrence", "option", "parameters", "group", plain=False
    ),
    exp.RegexpCount: _with("sf_regexp_count", "position", "parameters"),
    exp.RegexpLike: _with("sf_regexp_like", "flag"),
}
NAMES: dict[str, Callable[[Any], exp.Expr]] = {}
