"""The entry point of ``snowflake.core`` on a connection of a case's own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import snowflake.connector
from cases import Place
from snowflake.core import Root
from snowflake.core.exceptions import NotFoundError


@contextlib.contextmanager
def root(place: Place) -> Iterator[Any]:
    """The entry point on a connection of its own."""
    with snowflake.connector.connect(**{**place.kwargs, "schema": "CORE"}) as connection:
        yield Root(connection)


def schema(opened: Any) -> Any:
    """The schema of the cases."""
    return opened.databases["EMULATOR"].schemas["CORE"]


def missing(action: Callable[[], object]) -> None:
    """What is asked for does not exist."""
    try:
        action()
    except NotFoundError:
        return
    raise AssertionError("no NotFoundError")
