"""Handlers of a package, imported once and called with rows as Snowflake calls them."""

from __future__ import annotations

import datetime
import decimal
import importlib
import json
import math
import sys
import types
from collections.abc import Callable
from typing import Any

_PARSED = {"VARIANT", "OBJECT", "ARRAY"}


class Handlers:
    """The handlers that were asked for so far."""

    def __init__(self) -> None:
        self._pending: list[Callable[[], object]] = []
        self._found: dict[str, Callable[[Any], list[Any]]] = {}
        sys.modules["_snowflake"] = self._module()

    def call(self, handler: str, kinds: list[str], table: Any) -> list[str]:
        """One JSON text for each row; a partition's handler gives one for each row of its answer.

        Args:
            handler: ``package.module.name`` of a function or class.
            kinds: The arguments' Snowflake types; values of VARIANT, OBJECT and ARRAY come as JSON text.
            table: The arguments, one column each, as an Arrow table.
        """
        if handler not in self._found:
            self._found[handler] = _caller(self._imported(handler))
        frame = table.to_pandas()
        for name, kind in zip(list(frame.columns), kinds, strict=True):
            if kind in _PARSED:
                frame[name] = [None if text is None else json.loads(text) for text in frame[name]]
        return [json.dumps(_plain(value), allow_nan=False) for value in self._found[handler](frame)]

    def _imported(self, handler: str) -> Any:
        module, _, name = handler.rpartition(".")
        found = getattr(importlib.import_module(module), name)
        while self._pending:
            self._pending.pop(0)()
        return found

    def _module(self) -> types.ModuleType:
        """What ``import _snowflake`` gives inside a Python function of Snowflake."""

        def vectorized(
            input: Any = None,  # noqa: A002, ARG001  (Snowflake's name; frames are all there is)
            max_batch_size: int | None = None,
            flatten_object_input: bool = False,
        ) -> Callable[[Any], Any]:
            def mark(function: Any) -> Any:
                function.takes_frames, function.batch_rows = True, max_batch_size
                function.flattens = flatten_object_input
                return function

            return mark

        def udf_init_once(function: Any) -> Any:
            self._pending.append(function)
            return function

        module = types.ModuleType("_snowflake")
        module.__dict__.update(vectorized=vectorized, udf_init_once=udf_init_once)
        return module


def _caller(found: Any) -> Callable[[Any], list[Any]]:
    """How to call a handler with a frame; the answers as a list, each a value or (of a class) a row."""
    if isinstance(found, type):
        if hasattr(found, "end_partition"):
            return lambda frame: _rows(found().end_partition(_shaped(found.end_partition, frame)))
        process = found().process
        return lambda frame: _rows(_batched(process, _shaped(process, frame)))
    if getattr(found, "takes_frames", False):
        return lambda frame: _listed(_batched(found, _shaped(found, frame)))
    return lambda frame: [found(*row) for row in frame.itertuples(index=False, name=None)]


def _shaped(function: Any, frame: Any) -> Any:
    """The frame with the columns that the handler names; many arguments come as one object of them."""
    import pandas as pd

    if getattr(function, "flattens", False):
        return pd.DataFrame.from_records(list(frame.iloc[:, 0]))
    return frame


def _batched(function: Any, frame: Any) -> Any:
    import pandas as pd

    size = getattr(function, "batch_rows", None)
    if not size or len(frame) <= size:
        return function(frame)
    parts = [function(frame.iloc[start : start + size].reset_index(drop=True)) for start in range(0, len(frame), size)]
    if isinstance(parts[0], list):
        return [item for part in parts for item in part]
    return pd.concat([pd.DataFrame(part) for part in parts], ignore_index=True)


def _listed(answer: Any) -> list[Any]:
    import pandas as pd

    if isinstance(answer, pd.DataFrame):
        return list(answer.iloc[:, 0])
    return list(answer)


def _rows(answer: Any) -> list[Any]:
    return [list(row) for row in answer.itertuples(index=False, name=None)]


def _plain(value: Any) -> Any:  # noqa: PLR0911 - one return a family of types
    """A value as JSON knows it; numbers that are none become null."""
    import numpy as np
    import pandas as pd

    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex().upper()
    return value if isinstance(value, str | int | bool) else str(value)
