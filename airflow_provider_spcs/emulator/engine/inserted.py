"""Texts in INSERT ... VALUES that Snowflake takes for times or bytes and DuckDB does not."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_spcs.emulator.engine.types import Declared

_WHOLE = re.compile(r"-?\d+\Z")
_SPACED_OFFSET = re.compile(r"\A(\d.*\S)\s+([+-]\d\d:?\d\d)\Z", re.DOTALL)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_SECONDS = 86_400
_UNITS = [(31_536_000_000, 1), (31_536_000_000_000, 1_000), (31_536_000_000_000_000, 1_000_000)]


def mend(tree: exp.Insert, table: Sequence[tuple[str, Declared]]) -> None:
    """Rewrite the literals of a VALUES insert that stand for dates and timestamps, by the target's columns.

    Source: Snowflake's documentation of TO_DATE and TO_TIMESTAMP: a text of digits counts seconds, milliseconds,
    microseconds or nanoseconds since 1970, by its size.
    """
    values = tree.expression
    if not isinstance(values, exp.Values):
        return
    named = tree.this.expressions if isinstance(tree.this, exp.Schema) else []
    known = dict(table)
    kinds = [known.get(column.name) for column in named] if named else [kind for _, kind in table]
    for row in values.expressions:
        cells = row.expressions if isinstance(row, exp.Tuple) else [row]
        for cell, kind in zip(cells, kinds, strict=False):
            if kind is not None and isinstance(cell, exp.Literal) and cell.is_string:
                if kind.name == "BINARY":
                    cell.replace(exp.Anonymous(this="sf_unhex", expressions=[cell.copy()]))
                else:
                    cell.set("this", mended(cell.this, kind.name))


def mended(text: str, kind: str) -> str:
    """The text that DuckDB takes for the same value of a column of this kind."""
    if kind != "DATE" and not kind.startswith("TIME"):
        return text
    if kind == "TIME":
        return _time(int(text)) if _WHOLE.match(text) else text
    if _WHOLE.match(text):
        number = int(text)
        divisor = next((unit for limit, unit in _UNITS if abs(number) < limit), 1_000_000_000)
        moment = _EPOCH + timedelta(microseconds=number * 1_000_000 // divisor)
        return moment.strftime("%Y-%m-%d" if kind == "DATE" else "%Y-%m-%d %H:%M:%S.%f") + (
            "+00" if kind.endswith(("LTZ", "_TZ")) else ""
        )
    return _SPACED_OFFSET.sub(r"\1\2", text)


def _time(count: int) -> str:
    """Seconds of the day, or what clients bind: nanoseconds."""
    microseconds = count * 1_000_000 if count < _DAY_SECONDS else count // 1000
    return (_EPOCH + timedelta(microseconds=microseconds)).strftime("%H:%M:%S.%f")
