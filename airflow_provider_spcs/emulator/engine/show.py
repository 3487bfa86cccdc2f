"""The clauses that every SHOW command shares: LIKE, IN, STARTS WITH, LIMIT."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import scope_missing
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.result import Result, text

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.objects import StoredObject
    from airflow_provider_spcs.emulator.statement import Statement


_TERSE = ("created_on", "name", "kind", "database_name", "schema_name")


def terse(result: Result, kind: str) -> Result:
    """The answer of SHOW TERSE: five columns, whatever the objects' other properties.

    Source: Snowflake's documentation of SHOW <objects>, "TERSE".
    """
    places = {column.name: index for index, column in enumerate(result.columns)}
    columns = [result.columns[places[name]] if name in places else text(name) for name in _TERSE]
    given = {"kind": kind}
    rows = [
        tuple(row[places[name]] if name in places else given.get(name) for name in _TERSE) for row in result.rows or []
    ]
    return Result(columns, rows, kind=result.kind)


@lru_cache(maxsize=64)
def like(pattern: str, *, ignore_case: bool = True) -> re.Pattern[str]:
    r"""A LIKE pattern as a regular expression: ``%`` any text, ``_`` one character, ``\`` takes the next as is."""
    out, escaped = [], False
    for char in pattern:
        if escaped or char not in "%_\\":
            out.append(re.escape(char))
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            out.append(".*" if char == "%" else ".")
    return re.compile("".join(out), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@dataclass
class Filter:
    """Which objects a SHOW command lists.

    Args:
        like: LIKE pattern on the name, any case; None for all.
        database: Only this database; None for the whole account.
        schema: Only this schema of ``database``; None for all its schemas.
        starts_with: Beginning of the name, exact case.
        limit: At most so many; None for all.
        after: Only names after this one (``LIMIT n FROM 'name'``).
    """

    like: str | None = None
    database: str | None = None
    schema: str | None = None
    starts_with: str | None = None
    limit: int | None = None
    after: str | None = None

    @classmethod
    def parse(cls, session: Session, statement: Statement) -> Filter:
        """Read the clauses up to the statement's end.

        Without ``IN`` the scope is the current schema, else the current database, else the account.

        Raises:
            SnowflakeError: 1003 for a clause that is none of these, 2043 for a scope that does not exist.
        """
        found = cls()
        scoped = False
        while not statement.done:
            if statement.accept("LIKE"):
                found.like = statement.string()
            elif statement.accept("IN"):
                found.database, found.schema = _scope(session, statement)
                scoped = True
            elif statement.accept("STARTS", "WITH"):
                found.starts_with = statement.string()
            elif statement.accept("LIMIT"):
                value = statement.literal()
                found.limit = None if value is None else int(value)
                if statement.accept("FROM"):
                    found.after = statement.string()
            else:
                raise statement.unexpected()
        if not scoped:
            found.database, found.schema = session.database, session.schema if session.database else None
        return found

    def matches(self, name: str) -> bool:
        """Whether a name passes LIKE, STARTS WITH and the ``FROM`` of LIMIT."""
        if self.like is not None and not like(self.like).fullmatch(name):
            return False
        if self.starts_with is not None and not name.startswith(self.starts_with):
            return False
        return self.after is None or name > self.after

    def within(self, name: Name) -> bool:
        """Whether a name lies in the scope; objects of the account lie in every scope."""
        if not name.database:
            return True
        if self.database is not None and name.database != self.database:
            return False
        return self.schema is None or not name.schema or name.schema == self.schema

    def passes(self, name: Name) -> bool:
        """Whether an object of that name is listed, as far as ``limit`` allows."""
        return self.within(name) and self.matches(name.name)

    def apply(self, objects: Iterable[StoredObject]) -> list[StoredObject]:
        """The objects that pass, at most ``limit``."""
        chosen = [item for item in objects if self.passes(item.name)]
        return chosen if self.limit is None else chosen[: self.limit]


def _scope(session: Session, statement: Statement) -> tuple[str | None, str | None]:
    """What follows IN: ACCOUNT, [DATABASE] d, [SCHEMA] [d.]s, APPLICATION excluded."""
    if statement.accept("ACCOUNT"):
        return None, None
    if statement.accept("DATABASE"):
        return _database(session, statement.name()[0] if _named(statement) else session.current_database()), None
    if statement.accept("SCHEMA") or statement.looking_at("SCHEMA"):
        parts = statement.name() if _named(statement) else (session.current_database(), session.current_schema())
        return _schema(session, parts)
    parts = statement.name()
    if len(parts) == 1:
        # Snowflake takes a lone name for a schema of the current database first; else for a database.
        if session.database and _has_schema(session, session.database, parts[0]):
            return session.database, parts[0]
        return _database(session, parts[0]), None
    return _schema(session, parts)


def _named(statement: Statement) -> bool:
    return not statement.done and statement.word() not in {"LIKE", "STARTS", "LIMIT"}


def _database(session: Session, database: str) -> str:
    if session.account.objects.find("DATABASE", Name.account_level(database)) is None:
        raise scope_missing()
    return database


def _schema(session: Session, parts: tuple[str, ...]) -> tuple[str, str]:
    database, schema = parts if len(parts) == 2 else (session.current_database(), parts[0])
    _database(session, database)
    if not _has_schema(session, database, schema):
        raise scope_missing()
    return database, schema


def _has_schema(session: Session, database: str, schema: str) -> bool:
    found = session.account.objects.find("SCHEMA", Name(database, "", schema))
    return schema == "INFORMATION_SCHEMA" or found is not None
