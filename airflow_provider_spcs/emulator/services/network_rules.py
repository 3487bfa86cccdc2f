"""CREATE, ALTER, DROP, SHOW and DESCRIBE NETWORK RULE."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import invalid_value, unsupported
from airflow_provider_spcs.emulator.objects import StoredObject
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, number, status, text, timestamp_ltz
from airflow_provider_spcs.emulator.services import clauses, ddl

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

KIND = "NETWORK RULE"
# Source: https://docs.snowflake.com/en/sql-reference/sql/create-network-rule
_HOST = re.compile(r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9])?(:\d{1,5})?\Z")
_TYPES = ("HOST_PORT", "IPV4", "AWSVPCEID", "AZURELINKID", "PRIVATE_HOST_PORT", "GCPPSCID")
_MODES = ("EGRESS", "INGRESS", "INTERNAL_STAGE", "SNOWFLAKE_MANAGED_STORAGE_VOLUME", "POSTGRES_INGRESS")
_READERS: dict[str, clauses.Reader] = {
    "MODE": clauses.word,
    "TYPE": clauses.word,
    "VALUE_LIST": clauses.parenthesised(clauses.string),
    "COMMENT": clauses.string,
}
_COLUMNS = [
    timestamp_ltz("created_on"), text("name"), text("database_name"), text("schema_name"), text("owner"),
    text("comment"), text("type"), text("mode"), number("entries_in_valuelist"), text("owner_role_type"),
]  # fmt: skip
_DESCRIBED = [*_COLUMNS[:8], text("value_list")]


@command(*ddl.starts(KIND))
def create_rule(session: Session, statement: Statement) -> Result:
    """Egress rules of type HOST_PORT take effect; other modes and types are refused."""
    unless_exists = clauses.if_not_exists(statement)
    name = ddl.schema_name(session, clauses.name(statement))
    given = clauses.read(statement, _READERS)
    for needed in ("MODE", "TYPE", "VALUE_LIST"):
        if needed not in given:
            raise ddl.missing_property(needed)
    _check(given)
    document = ddl.created(
        session, comment=given.get("COMMENT"), type=given["TYPE"], mode=given["MODE"], values=given["VALUE_LIST"]
    )
    return ddl.create(session, KIND, name, document, replace=ddl.replaces(statement), unless_exists=unless_exists)


@command("ALTER NETWORK RULE")
def alter_rule(session: Session, statement: Statement) -> Result:
    """SET VALUE_LIST and COMMENT; containers that start later see the change."""
    missing_is_fine = clauses.if_exists(statement)
    name = session.qualify(clauses.name(statement))
    if missing_is_fine and session.account.objects.find(KIND, name) is None:
        return status("Statement executed successfully.")
    session.account.objects.get(KIND, name)
    readers = {key: _READERS[key] for key in ("VALUE_LIST", "COMMENT")}
    given = ddl.set_or_unset(statement, readers, {"COMMENT": None, "VALUE_LIST": []})
    _check_values(given.get("VALUE_LIST", []))
    renamed = {"values" if key == "VALUE_LIST" else "comment": value for key, value in given.items()}
    session.account.objects.update(KIND, name, **renamed)
    return status("Statement executed successfully.")


@command("DROP NETWORK RULE")
def drop_rule(session: Session, statement: Statement) -> Result:
    """An integration that used it grants that much less."""
    if_exists = clauses.if_exists(statement)
    name = session.qualify(clauses.name(statement))
    statement.end()
    return ddl.drop(session, KIND, name, if_exists=if_exists)


@command("SHOW NETWORK RULES")
def show_rules(session: Session, statement: Statement) -> Result:
    """Columns and filters as documented."""
    return ddl.show(session, statement, KIND, _COLUMNS, _row)


@command("DESCRIBE NETWORK RULE", "DESC NETWORK RULE")
def describe_rule(session: Session, statement: Statement) -> Result:
    """With the list of values."""
    name = session.qualify(clauses.name(statement))
    statement.end()
    rule = StoredObject(KIND, name, session.account.objects.get(KIND, name))
    return Result(_DESCRIBED, [(*_row(rule)[:8], ",".join(rule.document["values"]))], kind=Kind.DESCRIBE)


def _check(given: dict[str, Any]) -> None:
    for key, allowed in (("TYPE", _TYPES), ("MODE", _MODES)):
        if given[key] not in allowed:
            raise invalid_value(given[key], key, f"It must be one of {', '.join(allowed)}.")
    if given["MODE"] != "EGRESS" or given["TYPE"] != "HOST_PORT":
        raise unsupported(f"CREATE NETWORK RULE MODE = {given['MODE']} TYPE = {given['TYPE']}")
    _check_values(given["VALUE_LIST"])


def _check_values(values: list[str]) -> None:
    for item in values:
        port = item.rpartition(":")[2]
        if not _HOST.match(item) or (port.isdigit() and ":" in item and not 0 <= int(port) <= 65535):
            raise invalid_value(item, "VALUE_LIST", "It must be a host, with :port or without, and no scheme or path.")


def _row(rule: StoredObject) -> tuple[Any, ...]:
    values = rule.document
    return (
        ddl.moment(values["created_on"]), rule.name.name, rule.name.database, rule.name.schema, values["owner"],
        values["comment"], values["type"], values["mode"], len(values["values"]), "ROLE",
    )  # fmt: skip
