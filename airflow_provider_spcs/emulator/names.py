"""Names of objects: identifiers, qualified names, how they are written."""

from __future__ import annotations

import re
from typing import NamedTuple

_PLAIN = re.compile(r"[A-Z_][A-Z0-9_$]*\Z")


def quoted(identifier: str) -> str:
    """The identifier in double quotes, safe in any SQL text."""
    return '"' + identifier.replace('"', '""') + '"'


def written(identifier: str) -> str:
    """The identifier as Snowflake shows it: bare when upper-case and plain, else quoted."""
    return identifier if _PLAIN.match(identifier) else quoted(identifier)


class Name(NamedTuple):
    """A resolved object name; account-level objects have an empty ``database`` and ``schema``.

    Parts are as stored: unquoted identifiers are already in upper case.
    """

    database: str
    schema: str
    name: str

    @classmethod
    def account_level(cls, name: str) -> Name:
        """The name of an object that lives in no schema (database, warehouse, pool, integration)."""
        return cls("", "", name)

    def __str__(self) -> str:
        return ".".join(written(part) for part in self if part)
