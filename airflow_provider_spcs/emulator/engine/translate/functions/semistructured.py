"""Functions of VARIANT, OBJECT and ARRAY, which DuckDB holds as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

CLASSES: dict[type, Callable[[Any], exp.Expression]] = {}
NAMES: dict[str, Callable[[Any], exp.Expression]] = {}
