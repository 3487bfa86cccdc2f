"""USE, ALTER SESSION, SET and UNSET of variables, SHOW PARAMETERS and VARIABLES."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import parameters
from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist, invalid_value
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, status, text

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_DONE = "Statement executed successfully."


@command("USE DATABASE", "USE")
def use_database(session: Session, statement: Statement) -> Result:
    """USE [DATABASE] d; PUBLIC becomes the current schema when there is one."""
    parts = statement.name()
    statement.end()
    if len(parts) == 2:
        return _use_schema(session, parts)
    objects = session.account.objects
    if objects.find("DATABASE", Name.account_level(parts[0])) is None:
        raise _unusable("Database", parts)
    session.database = parts[0]
    session.schema = "PUBLIC" if objects.find("SCHEMA", Name(parts[0], "", "PUBLIC")) is not None else None
    return status(_DONE, Kind.USE)


@command("USE SCHEMA")
def use_schema(session: Session, statement: Statement) -> Result:
    """USE SCHEMA [d.]s."""
    parts = statement.name()
    statement.end()
    return _use_schema(session, parts)


def _use_schema(session: Session, parts: tuple[str, ...]) -> Result:
    database = parts[0] if len(parts) == 2 else session.current_database()
    if (
        parts[-1] != "INFORMATION_SCHEMA"
        and session.account.objects.find("SCHEMA", Name(database, "", parts[-1])) is None
    ):
        raise _unusable("Schema", parts)
    session.database, session.schema = database, parts[-1]
    return status(_DONE, Kind.USE)


@command("USE WAREHOUSE")
def use_warehouse(session: Session, statement: Statement) -> Result:
    """USE WAREHOUSE w."""
    name = statement.name()[0]
    statement.end()
    if session.account.objects.find("WAREHOUSE", Name.account_level(name)) is None:
        raise _unusable("Warehouse", (name,))
    session.warehouse = name
    return status(_DONE, Kind.USE)


@command("USE ROLE")
def use_role(session: Session, statement: Statement) -> Result:
    """USE ROLE r."""
    name = statement.name()[0]
    statement.end()
    if session.account.objects.find("ROLE", Name.account_level(name)) is None:
        raise does_not_exist("Role", Name.account_level(name))
    session.role = name
    return status(_DONE, Kind.USE)


@command("USE SECONDARY ROLES")
def use_secondary_roles(session: Session, statement: Statement) -> Result:
    """USE SECONDARY ROLES ALL or NONE: accepted, because privileges are not enforced."""
    del session
    statement.identifier()
    return status(_DONE, Kind.USE)


def _unusable(kind: str, parts: tuple[str, ...]) -> SnowflakeError:
    shown = ".".join(parts)
    return (
        SnowflakeError(f"SQL compilation error:\n{kind} '{shown}' does not exist or not authorized.", 2043, "02000")
        if kind != "Warehouse"
        else does_not_exist("Warehouse", shown)
    )


@command("ALTER SESSION SET")
def alter_session(session: Session, statement: Statement) -> Result:
    """ALTER SESSION SET parameter = value."""
    while not statement.done:
        name = statement.identifier()
        statement.expect("=")
        set_parameter(session, name, statement.literal())
        statement.accept(",")
    return status(_DONE, Kind.ALTER_SESSION)


def set_parameter(session: Session, name: str, value: Any) -> None:
    """Set a session parameter.

    Raises:
        SnowflakeError: 1006 for a parameter that no session has; 1008 for a value of the wrong type or an unknown
            time zone.
    """
    if not parameters.known(name):
        raise SnowflakeError(f"SQL compilation error:\ninvalid parameter '{name}'", 1006, "22023")
    known = parameters.DEFAULTS.get(name)
    if known is not None and known.type == "BOOLEAN" and not isinstance(value, bool):
        if str(value).upper() not in {"TRUE", "FALSE"}:
            raise invalid_value(value, name, "It is TRUE or FALSE.")
        value = str(value).upper() == "TRUE"
    if known is not None and known.type == "NUMBER" and not str(value).lstrip("-").isdigit():
        raise invalid_value(value, name, "It is a whole number.")
    if name == "TIMEZONE":
        _check_zone(str(value))
    if name == "AUTOCOMMIT" and value is True and session.transaction.begun:
        session.transaction.commit()
    session.parameters[name] = value
    if name == "TIMEZONE":
        session.transaction.in_zone(str(value))


def _check_zone(zone: str) -> None:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as error:
        raise invalid_value(zone, "TIMEZONE", "It is an IANA name, for example 'Europe/Berlin'.") from error


@command("ALTER SESSION UNSET")
def unset_parameter(session: Session, statement: Statement) -> Result:
    """ALTER SESSION UNSET parameter."""
    while not statement.done:
        name = statement.identifier()
        known = parameters.DEFAULTS.get(name)
        if known is None:
            session.parameters.pop(name, None)
        else:
            set_parameter(session, name, known.value)
        statement.accept(",")
    return status(_DONE, Kind.ALTER_SESSION)


@command("SET")
def set_variable(session: Session, statement: Statement) -> Result:
    """SET name = expression, or SET (a, b) = (1, 2)."""
    from airflow_provider_spcs.emulator.engine.translate.remainder import rest

    several = statement.accept("(")
    names = [statement.identifier()]
    while several and statement.accept(","):
        names.append(statement.identifier())
    if several:
        statement.expect(")")
    statement.expect("=")
    sql, binds = rest(statement)
    if several:
        sql = sql.strip()[1:-1]
    row = session.rows(f"SELECT {sql}", binds)[0]
    session.variables.update(zip(names, row, strict=False))
    return status(_DONE, Kind.SET)


@command("UNSET")
def unset_variable(session: Session, statement: Statement) -> Result:
    """UNSET name, or UNSET (a, b)."""
    several = statement.accept("(")
    session.variables.pop(statement.identifier(), None)
    while several and statement.accept(","):
        session.variables.pop(statement.identifier(), None)
    if several:
        statement.expect(")")
    statement.end()
    return status(_DONE, Kind.SET)


@command("SHOW VARIABLES")
def show_variables(session: Session, statement: Statement) -> Result:
    """SHOW VARIABLES [LIKE]."""
    chosen = Filter.parse(session, statement)
    rows = [
        (str(session.id), name, str(value), "fixed" if isinstance(value, int) else "text", "")
        for name, value in sorted(session.variables.items())
        if chosen.matches(name)
    ]
    return Result(
        [text(name) for name in ("session_id", "name", "value", "type", "comment")], list(rows), kind=Kind.SHOW
    )


@command("SHOW PARAMETERS")
def show_parameters(session: Session, statement: Statement) -> Result:
    """SHOW PARAMETERS [LIKE] [IN SESSION | ACCOUNT | USER | object]."""
    like, scope = None, "SESSION"
    while not statement.done:
        if statement.accept("LIKE"):
            like = statement.string()
        elif statement.accept("IN") or statement.accept("FOR"):
            scope = statement.identifier()
            if not statement.done and not statement.looking_at("LIKE"):
                statement.name()
        else:
            raise statement.unexpected()
    wanted = Filter(like=like)
    rows = []
    for name, known in sorted((parameters.DEFAULTS | (parameters.ACCOUNT if scope != "SESSION" else {})).items()):
        if wanted.matches(name):
            value = session.parameters.get(name, known.value) if scope == "SESSION" else known.value
            level = "SESSION" if value != known.value else ""
            rows.append((name, _shown(value), _shown(known.value), level, known.description, known.type))
    return Result(
        [text(name) for name in ("key", "value", "default", "level", "description", "type")], list(rows), kind=Kind.SHOW
    )


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
