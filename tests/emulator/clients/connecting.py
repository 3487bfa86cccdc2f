"""Connections for the cases of the connector, closed when a case ends."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import snowflake.connector
from cases import Place

MAJOR = int(snowflake.connector.__version__.partition(".")[0])


def connect(place: Place, **changes: Any) -> Any:
    """A connection; a change to None leaves an argument out."""
    wanted = {**place.kwargs, **changes}
    return snowflake.connector.connect(**{name: value for name, value in wanted.items() if value is not None})


@contextlib.contextmanager
def cursor(place: Place, **changes: Any) -> Iterator[Any]:
    """A cursor on a connection of its own."""
    connection = connect(place, **changes)
    try:
        yield connection.cursor()
    finally:
        connection.close()


def rows(place: Place, sql: str, *args: Any, **changes: Any) -> list[Any]:
    """The rows of one statement on a connection of its own."""
    with cursor(place, **changes) as opened:
        return list(opened.execute(sql, *args).fetchall())


@contextlib.contextmanager
def fails(errno: int | None = None, word: str = "") -> Iterator[Any]:
    """The block raises the connector's error with this number and word."""
    try:
        yield
    except snowflake.connector.errors.Error as error:
        if errno is not None and error.errno != errno:
            raise AssertionError(f"errno {error.errno}, expected {errno}: {error}") from error
        if word not in str(error):
            raise AssertionError(f"{error} has no {word!r}") from error
    else:
        raise AssertionError(f"no error {errno or word}")
