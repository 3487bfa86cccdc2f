"""Types of output columns that DuckDB does not keep: OBJECT and ARRAY, lengths, precisions, TIMESTAMP_TZ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate import Translation
    from airflow_provider_spcs.emulator.engine.types import Declared


def refine(translation: Translation, columns: Sequence[str], found: list[Declared]) -> list[Declared]:
    """For each column DuckDB's type, or what the tree says of it where both are stored alike."""
    kinds = translation.kinds
    if kinds is None:
        return found
    tree = translation.tree
    while isinstance(tree, exp.SetOperation | exp.Subquery):
        tree = tree.this
    shown = tree.expressions if isinstance(tree, exp.Select) else []
    exact = len(shown) == len(found) and not any(item.is_star for item in shown)
    refined = []
    for index, (name, kind) in enumerate(zip(columns, found, strict=True)):
        said = kinds.of(shown[index]) if exact else kinds.named(name)
        refined.append(said if said is not None and _alike(said, kind) else kind)
    return refined


def _alike(said: Declared, kind: Declared) -> bool:
    if said.name == "NUMBER":
        return kind.name == "NUMBER" and (said.second or 0) == (kind.second or 0) and not said.integer
    if said.duckdb != kind.duckdb:
        return False
    return said.name != "VARIANT"
