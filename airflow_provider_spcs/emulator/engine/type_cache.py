"""Declared types of tables' columns, remembered until something is created, altered or dropped."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine import catalog, physical

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.core import Engine
    from airflow_provider_spcs.emulator.engine.types import Declared


class TypeCache:
    """Physical column names and types by physical schema and relation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._generation = 0
        self._known: dict[tuple[str, str], list[tuple[str, Declared]]] = {}

    def forget(self) -> None:
        """Something changed: look again."""
        with self._lock:
            self._generation += 1
            self._known.clear()

    def of(self, schema: str, stored: str) -> list[tuple[str, Declared]]:
        """The columns of a relation, in order; none when it does not exist."""
        with self._lock:
            found = self._known.get((schema, stored))
            generation = self._generation
        if found is None:
            found = [
                (physical.column(item.name), item.type.known(required=not item.nullable))
                for item in catalog.columns_of(self._engine, schema, stored)
            ]
            with self._lock:
                if found and generation == self._generation:
                    self._known[schema, stored] = found
        return found
