"""Types of output columns that DuckDB does not keep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.translate import Translation
    from airflow_provider_spcs.emulator.engine.types import Declared


def refine(session: Session, translation: Translation, columns: Sequence[str], found: list[Declared]) -> list[Declared]:
    """Placeholder order: DuckDB's own types."""
    del session, translation, columns
    return found
