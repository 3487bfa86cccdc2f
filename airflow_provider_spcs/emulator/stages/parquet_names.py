"""Names of a Parquet file's columns that differ only in case: DuckDB reads the second one under a number."""

from __future__ import annotations

import re
from typing import Any

_NUMBERED = re.compile(r"(.+)_\d+")


def given(cursor: Any, paths: str, read: list[str]) -> dict[str, str]:
    """The files' own name of each column, by the name that DuckDB reads it under.

    Args:
        cursor: A cursor of the account.
        paths: The files, as DuckDB's list of texts.
        read: The names of DuckDB's DESCRIBE.
    """
    found = {name: name for name in read}
    lowered = {name.lower() for name in read}
    for name in read:
        base = _NUMBERED.fullmatch(name)
        if base is None or base[1].lower() not in lowered:
            continue
        own = [row[0] for row in cursor.execute(f"SELECT DISTINCT name FROM parquet_schema([{paths}])").fetchall()]
        others = [item for item in own if item.lower() == base[1].lower() and item not in found.values()]
        if name not in own and others:
            found[name] = others[0]
    return found
