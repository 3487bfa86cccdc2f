"""Cases of Snowpark: a name, what to compute in a session, and what Snowflake answers."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from cases import Place, case, same
from snowflake.snowpark import DataFrame, Session

_SESSIONS: list[Session] = []
PEOPLE = [
    (1, "ann", "a", 1.5, datetime.date(2024, 1, 31)),
    (2, "bob", "b", None, datetime.date(2024, 2, 29)),
    (3, "cid", "b", 4.0, datetime.date(2023, 12, 1)),
    (4, None, "a", 2.5, None),
]


def session(place: Place) -> Session:
    """One Snowpark session for all cases, with the table PEOPLE(ID, NAME, TEAM, X, DAY)."""
    if not _SESSIONS:
        made = Session.builder.configs({**place.kwargs, "schema": "PUBLIC"}).create()
        made.sql("create or replace schema SNOWPARK_CASES").collect()
        made.sql("create table PEOPLE (id int, name varchar(10), team varchar, x float, day date)").collect()
        made.create_dataframe(PEOPLE, schema=["id", "name", "team", "x", "day"]).write.save_as_table(
            "PEOPLE", mode="append", column_order="name"
        )
        _SESSIONS.append(made)
    return _SESSIONS[0]


def plain(value: Any) -> Any:
    """Rows as tuples, JSON as values, decimals and floats alike."""
    if isinstance(value, DataFrame):
        value = value.collect()
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, tuple):
        return tuple(plain(item) for item in value)
    if isinstance(value, Decimal | float):
        return round(float(value), 6)
    if isinstance(value, str) and value[:1] in "[{":
        with contextlib.suppress(ValueError):
            return json.loads(value)
    return value


def expect(name: str, compute: Callable[[Session], Any], expected: Any) -> None:
    """Register a case: what ``compute`` gives is ``expected``, or ``expected(...)`` is true of it."""

    def run(place: Place) -> None:
        found = plain(compute(session(place)))
        if callable(expected):
            same((found, bool(expected(found))), (found, True))
        else:
            same(found, plain(expected))

    run.__name__ = name
    case(run)


@contextlib.contextmanager
def refused(*words: str) -> Iterator[None]:
    """The block raises an error that says these words."""
    try:
        yield
    except Exception as error:
        missing = [word for word in words if word.lower() not in str(error).lower()]
        if missing:
            raise AssertionError(f"{error} has no {missing}") from error
    else:
        raise AssertionError("no error")
