"""Types of output columns that DuckDB does not keep: OBJECT and ARRAY, lengths, precisions, TIMESTAMP_TZ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate import Translation
    from airflow_provider_spcs.emulator.engine.types import Declared


def refine(translation: Translation, columns: Sequence[str], found: list[Declared]) -> list[Declared]:
    """For each column DuckDB's type, or what the tree says of it where both are stored alike."""
    kinds = translation.kinds
    if kinds is None:
        return found
    tree: Any = translation.tree
    while isinstance(inner := _within(tree), exp.Query):
        tree = inner
    shown = tree.expressions if isinstance(tree, exp.Select) else []
    exact = len(shown) == len(found) and not any(item.is_star for item in shown)
    refined = []
    for index, (name, kind) in enumerate(zip(columns, found, strict=True)):
        said = kinds.of(shown[index]) if exact else kinds.named(name)
        refined.append(said if said is not None and _alike(said, kind) else kind)
    return refined


def _within(tree: Any) -> Any:
    """The query that decides a query's columns: of a set operation the first, of ``SELECT *`` its only source."""
    if isinstance(tree, exp.SetOperation | exp.Subquery):
        return tree.this
    if not isinstance(tree, exp.Select) or tree.args.get("joins") or tree.args.get("laterals"):
        return None
    source = tree.args.get("from_")
    star = len(tree.expressions) == 1 and isinstance(tree.expressions[0], exp.Star)
    plain = star and not tree.expressions[0].args.get("except_") and not tree.expressions[0].args.get("replace")
    if plain and source is not None and isinstance(source.this, exp.Subquery) and not source.this.args.get("pivots"):
        return source.this.this
    return None


def _alike(said: Declared, kind: Declared) -> bool:
    if said.name == "NUMBER":
        return kind.name == "NUMBER" and (said.second or 0) == (kind.second or 0) and not said.integer
    if said.duckdb != kind.duckdb:
        return False
    return said.name != "VARIANT"
