"""Handlers that take pandas frames, by the marks that Snowflake's decorators leave on them."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

MARK = "_sf_vectorized_input"
"""Source: the code that Snowpark generates for pandas functions."""
SIZE = "_sf_max_batch_size"


def snowflake_module() -> types.ModuleType:
    """What ``import _snowflake`` gives inside Python code on Snowflake."""

    def vectorized(
        input: Any = None,  # noqa: A002  (Snowflake's name)
        max_batch_size: int | None = None,
        **_: Any,
    ) -> Callable[[Any], Any]:
        def mark(function: Any) -> Any:
            setattr(function, MARK, input or object)
            setattr(function, SIZE, max_batch_size)
            return function

        return mark

    module = types.ModuleType("_snowflake")
    module.__dict__["vectorized"] = vectorized
    module.__dict__["udf_init_once"] = lambda function: (function(), function)[1]
    return module


def takes_frames(function: Any) -> bool:
    """Whether a handler is called with a frame and not with a row's values."""
    return getattr(function, MARK, None) is not None


def batches(function: Any, frame: Any) -> list[Any]:
    """A frame in parts of the size that the handler bears."""
    size = getattr(function, SIZE, None)
    if not size or len(frame) <= size:
        return [frame]
    return [frame.iloc[start : start + size].reset_index(drop=True) for start in range(0, len(frame), size)]


def listed(answer: Any) -> list[Any]:
    """A returned Series, array or one-column frame as values."""
    if hasattr(answer, "iloc") and hasattr(answer, "columns"):
        return list(answer.iloc[:, 0])
    return answer.tolist() if hasattr(answer, "tolist") else list(answer)


def tuples(answer: Any) -> list[tuple[Any, ...]]:
    """A returned frame, or tuple of columns, as rows."""
    if answer is None:
        return []
    if hasattr(answer, "itertuples"):
        return list(answer.itertuples(index=False, name=None))
    if isinstance(answer, tuple):
        return list(zip(*(listed(column) for column in answer), strict=True))
    return [tuple(row) for row in answer]
