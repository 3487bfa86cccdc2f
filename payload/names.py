"""Names of tables and columns, checked before they reach a statement."""

from __future__ import annotations

import re
from collections.abc import Iterable

from problems import InputError

_IDENTIFIER = r'(?:[A-Za-z_][A-Za-z0-9_$]{0,254}|"(?:[^"\x00]|""){1,255}")'
_NAME = re.compile(rf"{_IDENTIFIER}(?:\.{_IDENTIFIER}){{0,2}}\Z")
_PART = re.compile(_IDENTIFIER)


def parts(name: str, argument: str) -> tuple[str, ...]:
    """The one to three parts of an object's name, as Snowflake stores them.

    Args:
        name: ``table``, ``schema.table`` or ``database.schema.table``; unquoted parts are folded to upper case.
        argument: The argument it came from, for the message.

    Raises:
        InputError: If it is not a name.
    """
    if not _NAME.match(name):
        raise InputError(
            f"{argument}={name!r}",
            "it is not a name",
            "A name is [database.][schema.]name; a part has letters, digits, _ and $, or stands in double quotes",
            "Correct the name",
        )
    return tuple(_stored(part) for part in _PART.findall(name))


def quoted(stored: Iterable[str]) -> str:
    """Stored parts as SQL: ``"DB"."SCHEMA"."TABLE"``."""
    return ".".join(quote(part) for part in stored)


def quote(stored: str) -> str:
    """One stored identifier as SQL, quoted so that no content can end it early."""
    return '"' + stored.replace('"', '""') + '"'


def find(wanted: str, available: Iterable[str], argument: str, table: str) -> str:
    """The stored name of the column that a user calls ``wanted``, in double quotes or not.

    Raises:
        InputError: If the table has no such column.
    """
    columns = list(available)
    for candidate in (wanted, _stored(wanted)):
        if candidate in columns:
            return candidate
    raise InputError(
        f"{argument}={wanted}",
        f"table {table} has no such column",
        f"Its columns are {', '.join(columns) or 'none'}",
        f"Name one of them with {argument}",
    )


def _stored(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part.upper()
