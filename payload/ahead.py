"""What is needed next, made ready in a thread meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from typing import TypeVar

_Value = TypeVar("_Value")


def ahead(values: Iterator[_Value]) -> Generator[_Value, None, None]:
    """Give the same values in the same order, one of them made ahead in a thread.

    Gains where both sides leave Python's lock free, as Arrow, XGBoost and numpy do. At most two values are kept at a
    time. What ``values`` raises is raised in the place of its value. Closing waits for the value that is being made.

    Args:
        values: None of them None, which marks the end.
    """
    with ThreadPoolExecutor(1, "ahead") as thread:
        coming = thread.submit(next, values, None)
        while (value := coming.result()) is not None:
            coming = thread.submit(next, values, None)
            yield value


def import_ahead(module: str) -> None:
    """Begin to import what takes long; whoever needs it imports it as ever, and says so where it is missing."""

    def importing() -> None:
        with suppress(ImportError):
            import_module(module)

    threading.Thread(target=importing, name=f"import-{module}", daemon=True).start()
