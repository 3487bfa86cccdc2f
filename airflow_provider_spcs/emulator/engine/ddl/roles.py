"""Roles and users: recorded, shown, switched between; what they may do is not enforced."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.deviations import deviates
from airflow_provider_spcs.emulator.engine.ddl.options import modifiers
from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import already_exists, unsupported
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, number, status, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


@command("CREATE ROLE", "CREATE OR REPLACE ROLE")
def create_role(session: Session, statement: Statement) -> Result:
    """CREATE ROLE; recorded, its privileges are not enforced."""
    replace = statement.at == 4
    missing_only = modifiers(statement)
    name = Name.account_level(statement.identifier())
    comment = _comment(statement)
    statement.end()
    objects = session.account.objects
    if objects.find("ROLE", name) is not None:
        if missing_only:
            return status(f"{name.name} already exists, statement succeeded.")
        if not replace:
            raise already_exists(name)
        objects.drop("ROLE", name)
    now = session.account.clock.now().isoformat()
    objects.create("ROLE", name, {"created_on": now, "owner": session.role, "comment": comment})
    return status(f"Role {name.name} successfully created.")


def _comment(statement: Statement) -> str:
    if not statement.accept("COMMENT"):
        return ""
    statement.accept("=")
    return statement.string()


@command("DROP ROLE", "DROP USER")
def drop_role(session: Session, statement: Statement) -> Result:
    """DROP ROLE or USER [IF EXISTS]."""
    kind = statement.word(-1)
    missing_ok = statement.accept("IF", "EXISTS")
    name = Name.account_level(statement.identifier())
    statement.end()
    if missing_ok and session.account.objects.find(kind, name) is None:
        return status(f"Drop statement executed successfully ({name.name} already dropped).")
    session.account.objects.drop(kind, name)
    return status(f"{name.name} successfully dropped.")


@command("ALTER ROLE")
def alter_role(session: Session, statement: Statement) -> Result:
    """ALTER ROLE ... SET or UNSET COMMENT, RENAME TO."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = Name.account_level(statement.identifier())
    objects = session.account.objects
    if missing_ok and objects.find("ROLE", name) is None:
        return status("Statement executed successfully.")
    objects.get("ROLE", name)
    if statement.accept("RENAME", "TO"):
        objects.rename("ROLE", name, Name.account_level(statement.identifier()))
    elif statement.accept("UNSET", "COMMENT"):
        objects.update("ROLE", name, comment="")
    elif statement.accept("SET") and statement.looking_at("COMMENT"):
        objects.update("ROLE", name, comment=_comment(statement))
    else:
        raise unsupported(f"ALTER ROLE ... {statement.rest()[:40]}")
    return status("Statement executed successfully.")


@command("SHOW ROLES")
def show_roles(session: Session, statement: Statement) -> Result:
    """SHOW ROLES."""
    rows = [
        (_moment(item.document), item.name.name, "N", "Y" if item.name.name == session.role else "N", "N", 0, 0, 0,
         item.document.get("owner", ""), item.document.get("comment", ""))
        for item in Filter.parse(session, statement).apply(session.account.objects.list("ROLE"))
    ]  # fmt: skip
    columns = [
        timestamp_ltz("created_on"),
        *map(text, ["name", "is_default", "is_current", "is_inherited"]),
        *map(number, ["assigned_to_users", "granted_to_roles", "granted_roles"]),
        *map(text, ["owner", "comment"]),
    ]
    return Result(columns, list(rows), kind=Kind.SHOW)


@command("SHOW USERS", "SHOW TERSE USERS")
def show_users(session: Session, statement: Statement) -> Result:
    """SHOW USERS."""
    rows = [
        (item.name.name, _moment(item.document), item.name.name, item.name.name, item.document.get("comment", ""),
         "false", item.document.get("default_warehouse", ""), item.document.get("default_namespace", ""),
         item.document.get("default_role", "ACCOUNTADMIN"), item.document.get("owner", ""))
        for item in Filter.parse(session, statement).apply(session.account.objects.list("USER"))
    ]  # fmt: skip
    names = ["login_name", "display_name", "comment", "disabled", "default_warehouse", "default_namespace",
             "default_role", "owner"]  # fmt: skip
    return Result([text("name"), timestamp_ltz("created_on"), *map(text, names)], list(rows), kind=Kind.SHOW)


def _moment(document: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(document["created_on"])


deviates("access", "Roles, grants and privileges are recorded and shown, and not enforced.")
