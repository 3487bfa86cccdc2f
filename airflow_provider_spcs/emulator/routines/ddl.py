"""CREATE and DROP of functions and procedures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine import types
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.routines.definition import read
from airflow_provider_spcs.emulator.routines.store import FUNCTION, PROCEDURE, stored_kind

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.engine.types import Declared
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.statement import Statement

_TEMPORARY = ("", "TEMPORARY ", "TEMP ", "SCOPED TEMPORARY ")
_KINDS = ("FUNCTION", "SECURE FUNCTION", "AGGREGATE FUNCTION", "PROCEDURE", "SECURE PROCEDURE")


_PREFIXES = [f"CREATE {replace}{hidden}" for replace in ("", "OR REPLACE ") for hidden in _TEMPORARY]


@command(*[f"{prefix}{kind}" for prefix in _PREFIXES for kind in _KINDS])
def create_routine(session: Session, statement: Statement) -> Result:
    """CREATE [TEMPORARY] FUNCTION, AGGREGATE FUNCTION or PROCEDURE, in SQL (Snowflake Scripting too) or Python."""
    words = {statement.word(index - statement.at) for index in range(statement.at)}
    kind = "AGGREGATE FUNCTION" if "AGGREGATE" in words else FUNCTION if FUNCTION in words else PROCEDURE
    missing_only = statement.accept("IF", "NOT", "EXISTS")
    name = session.qualify(statement.name())
    session.check_schema(name)
    routine = read(session, statement, kind)
    routines = session.account.routines
    try:
        routines.create(
            session, name, routine, temporary=bool(words & {"TEMPORARY", "TEMP"}), replace="REPLACE" in words
        )
    except SnowflakeError as error:
        if not missing_only:
            raise
        del error
        return status(f"{name.name} already exists, statement succeeded.")
    shown = PROCEDURE if stored_kind(routine) == PROCEDURE else FUNCTION
    return status(f"{shown.title()} {name.name} successfully created.")


@command("DROP FUNCTION", "DROP PROCEDURE")
def drop_routine(session: Session, statement: Statement) -> Result:
    """DROP FUNCTION or PROCEDURE [IF EXISTS] name (types)."""
    kind = statement.word(-1)
    missing_ok = statement.accept("IF", "EXISTS")
    name, kinds = signature(session, statement)
    statement.end()
    if session.account.routines.drop(session, kind, name, kinds):
        return status(f"{name.name} successfully dropped.")
    if missing_ok:
        return status(f"Drop statement executed successfully ({name.name} already dropped).")
    raise missing(kind, name)


def missing(kind: str, name: Name) -> SnowflakeError:
    """No routine of that name and signature (2003)."""
    return SnowflakeError(
        f"SQL compilation error:\n{kind.title()} '{name}' does not exist or not authorized.", 2003, "02000"
    )


def signature(session: Session, statement: Statement) -> tuple[Name, list[Declared]]:
    """Read ``name(type, ...)``."""
    name, kinds = session.qualify(statement.name()), []
    statement.expect("(")
    while not statement.accept(")"):
        kinds.append(types.read(statement, str(session.parameters["TIMESTAMP_TYPE_MAPPING"])))
        statement.accept(",")
    return name, kinds
