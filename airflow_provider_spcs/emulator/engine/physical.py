"""Where a Snowflake name lives in the DuckDB file.

A Snowflake schema is one DuckDB schema. DuckDB compares names without regard to case, Snowflake with: a name that is
not all upper case carries the mask of its lower-case letters after ``%``, so that ``"a"`` and ``"A"`` are two tables,
or two columns.
"""

from __future__ import annotations

import re

from airflow_provider_spcs.emulator.names import Name, quoted

MASK = "%~[0-9a-f]+"
"""What a name that is not all upper case carries, as a regular expression."""
_LAST_MASK = re.compile(rf"{MASK}(?=(?:_\d+)?\Z)")


def encode(part: str) -> str:
    """The physical form of one part of a name."""
    return column(part.replace("%", "%25").replace(".", "%2E"))


def column(name: str) -> str:
    """The physical form of a column's or an alias's name."""
    mask = sum(1 << index for index, char in enumerate(name) if char != char.upper())
    return f"{name}%~{mask:x}" if mask else name


def column_name(physical: str) -> str:
    """The name that :func:`column` wrote, be it numbered by DuckDB or not."""
    return _LAST_MASK.sub("", physical)


def decode(physical: str) -> str:
    """The part of a name that :func:`encode` wrote."""
    return re.split("%[~#!]", physical, maxsplit=1)[0].replace("%2E", ".").replace("%25", "%")


def schema_of(database: str, schema: str) -> str:
    """The DuckDB schema of a Snowflake schema."""
    return f"{encode(database)}.{encode(schema)}"


def split_schema(physical: str) -> tuple[str, str]:
    """The database and schema that :func:`schema_of` wrote."""
    database, _, schema = physical.partition(".")
    return decode(database), decode(schema)


def temporary(name: str, session_id: int) -> str:
    """The physical name of a session's temporary table or view."""
    return f"{encode(name)}%#{session_id}"


DROPPED = "%!"
"""What the physical name of a dropped table has after its own; a number follows."""


def dropped(name: str, number: int) -> str:
    """The physical name that a table has after DROP."""
    return f"{encode(name)}{DROPPED}{number}"


def relation(name: Name, physical: str | None = None) -> str:
    """SQL text of a table or view; ``physical`` when its own name is hidden (temporary objects)."""
    return f"{quoted(schema_of(name.database, name.schema))}.{quoted(physical or encode(name.name))}"
