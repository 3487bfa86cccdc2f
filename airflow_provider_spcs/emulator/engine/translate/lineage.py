"""Types of output columns that DuckDB does not keep: OBJECT and ARRAY, lengths, precisions, TIMESTAMP_TZ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate import Translation
    from airflow_provider_spcs.emulator.engine.types import Declared


def refine(translation: Translation, columns: Sequence[str], found: list[Declared]) -> list[Declared]:
    """For each column DuckDB's type, or what the tree said of it where both are stored alike."""
    outputs = translation.kinds.outputs if translation.kinds is not None else []
    if len(outputs) != len(columns):
        return found
    return [
        said if said is not None and _alike(said, kind) else kind
        for (_, said), kind in zip(outputs, found, strict=True)
    ]


def _alike(said: Declared, kind: Declared) -> bool:
    if said.name == "NUMBER":
        return kind.name == "NUMBER" and (said.second or 0) == (kind.second or 0)
    return said.duckdb == kind.duckdb
