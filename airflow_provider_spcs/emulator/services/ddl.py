"""What the statements on account objects of job services have in common: CREATE's head, DROP, SHOW, DESCRIBE."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import SnowflakeError, already_exists, does_not_exist, syntax_error
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.objects import StoredObject
from airflow_provider_spcs.emulator.result import Column, Kind, Result, status
from airflow_provider_spcs.emulator.services import clauses
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session


def starts(kind: str) -> tuple[str, str]:
    """The two beginnings of CREATE for a kind."""
    return f"CREATE {kind}", f"CREATE OR REPLACE {kind}"


def replaces(statement: Statement) -> bool:
    """Whether the statement began with CREATE OR REPLACE."""
    return [token.text.upper() for token in statement.tokens[1:3]] == ["OR", "REPLACE"]


def account_name(parts: tuple[str, ...]) -> Name:
    """The name of an object of the account.

    Raises:
        SnowflakeError: 1003 for a name of several parts.
    """
    if len(parts) != 1:
        raise syntax_error(".")
    return Name.account_level(parts[0])


def schema_name(session: Session, parts: tuple[str, ...]) -> Name:
    """The full name of an object of a schema that exists.

    Raises:
        SnowflakeError: 2003 when its database or schema is missing; 90105, 90106 without a current one.
    """
    name = session.qualify(parts)
    check_schema(session, name)
    return name


def check_schema(session: Session, name: Name) -> None:
    """Check that a name's database and schema exist.

    Raises:
        SnowflakeError: 2003 when one does not.
    """
    objects = session.account.objects
    if objects.find("DATABASE", Name.account_level(name.database)) is None:
        raise does_not_exist("Database", Name.account_level(name.database))
    if objects.find("SCHEMA", Name(name.database, "", name.schema)) is None:
        raise does_not_exist("Schema", Name(name.database, name.schema, ""))


def created(session: Session, **properties: Any) -> dict[str, Any]:
    """A new object's document: when and by whom it was made, and its properties."""
    now = session.account.clock.now().isoformat()
    return {"created_on": now, "updated_on": now, "owner": session.role, "comment": None} | properties


def create(
    session: Session, kind: str, name: Name, document: dict[str, Any], *, replace: bool, unless_exists: bool
) -> Result:
    """Store a new object and answer as Snowflake does.

    Raises:
        SnowflakeError: 2002 when it exists and may not be replaced.
    """
    objects = session.account.objects
    if objects.find(kind, name) is not None:
        if unless_exists:
            return status(f"{name.name} already exists, statement succeeded.")
        if not replace:
            raise already_exists(name)
        objects.drop(kind, name)
    objects.create(kind, name, document)
    return status(f"{kind.capitalize()} {name.name} successfully created.")


def drop(session: Session, kind: str, name: Name, *, if_exists: bool) -> Result:
    """Remove an object and answer as Snowflake does.

    Raises:
        SnowflakeError: 2003 when it is missing.
    """
    if session.account.objects.find(kind, name) is None:
        if if_exists:
            return status("Drop statement executed successfully (" + name.name + " already dropped).")
        raise does_not_exist(kind, name)
    session.account.objects.drop(kind, name)
    return status(f"{name.name} successfully dropped.")


def show(
    session: Session,
    statement: Statement,
    kind: str,
    columns: list[Column],
    row: Callable[[StoredObject], tuple[Any, ...]],
) -> Result:
    """The rows of SHOW with its shared clauses."""
    chosen = Filter.parse(session, statement)
    store = session.account.objects
    objects = store.list(kind) if kind in ACCOUNT_KINDS else store.list(kind, chosen.database, chosen.schema)
    return Result(columns, [row(item) for item in chosen.apply(objects)], kind=Kind.SHOW)


ACCOUNT_KINDS = frozenset({"COMPUTE POOL", "INTEGRATION"})


def properties(rows: Iterable[tuple[Any, ...]], columns: list[Column]) -> Result:
    """A DESCRIBE that lists properties line by line."""
    return Result(columns, list(rows), kind=Kind.DESCRIBE)


def moment(value: str | None) -> datetime | None:
    """An ISO text of a document as a time."""
    return datetime.fromisoformat(value) if value else None


def flag(value: object) -> str:
    """A boolean as SHOW writes it."""
    return "true" if value else "false"


def set_or_unset(statement: Statement, readers: dict[str, clauses.Reader], defaults: dict[str, Any]) -> dict[str, Any]:
    """What ALTER ... SET key = value ... or UNSET key, ... changes.

    Raises:
        SnowflakeError: 1003 when it is neither.
    """
    if statement.accept("SET"):
        found = clauses.read(statement, readers)
        if not found:
            raise statement.unexpected()
        return found
    if not statement.accept("UNSET"):
        raise statement.unexpected()
    changes: dict[str, Any] = {}
    while True:
        keyword = statement.word()
        if keyword not in defaults:
            raise statement.unexpected()
        statement.accept(keyword)
        changes[keyword] = defaults[keyword]
        if not statement.accept(","):
            break
    statement.end()
    return changes


def missing_property(name: str) -> SnowflakeError:
    """A clause that CREATE needs is not there."""
    return SnowflakeError(f"SQL compilation error:\nMissing option(s): [{name}]", 2029, "42601")
