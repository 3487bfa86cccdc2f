"""CREATE, ALTER, DROP, SHOW and DESCRIBE of external access integrations; other integrations are refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import does_not_exist, invalid_value, unsupported
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.objects import StoredObject
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status, text, timestamp_ltz
from airflow_provider_spcs.emulator.services import clauses, ddl

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

KIND = "INTEGRATION"


def _secrets(statement: Statement) -> list[tuple[str, ...]] | str:
    if statement.looking_at("(") or statement.is_string():
        return list(clauses.parenthesised(clauses.name)(statement))
    word = clauses.word(statement)
    if word not in {"ALL", "NONE"}:
        raise invalid_value(word, "ALLOWED_AUTHENTICATION_SECRETS", "It must be a list, ALL or NONE.")
    return word


_READERS: dict[str, clauses.Reader] = {
    "ALLOWED_NETWORK_RULES": clauses.parenthesised(clauses.name),
    "ALLOWED_AUTHENTICATION_SECRETS": _secrets,
    "ALLOWED_API_AUTHENTICATION_INTEGRATIONS": clauses.parenthesised(clauses.name),
    "ENABLED": clauses.boolean,
    "COMMENT": clauses.string,
}
_COLUMNS = [
    text("name"), text("type"), text("category"), text("enabled"), text("comment"), timestamp_ltz("created_on")
]  # fmt: skip
_DESCRIBED = [text("property"), text("property_type"), text("property_value"), text("property_default")]


@command(*ddl.starts("EXTERNAL ACCESS INTEGRATION"))
def create_integration(session: Session, statement: Statement) -> Result:
    """Its network rules say which hosts a job's containers reach."""
    unless_exists = clauses.if_not_exists(statement)
    name = ddl.account_name(clauses.name(statement))
    given = clauses.read(statement, _READERS)
    for needed in ("ALLOWED_NETWORK_RULES", "ENABLED"):
        if needed not in given:
            raise ddl.missing_property(needed)
    document = ddl.created(session, comment=None, secrets="NONE", type="EXTERNAL_ACCESS") | _checked(session, given)
    return ddl.create(session, KIND, name, document, replace=ddl.replaces(statement), unless_exists=unless_exists)


@command("CREATE API INTEGRATION", "CREATE OR REPLACE API INTEGRATION")
def create_api_integration(_session: Session, _statement: Statement) -> Result:
    """Refused: nothing of a job service uses one."""
    raise unsupported("CREATE API INTEGRATION")


@command("ALTER EXTERNAL ACCESS INTEGRATION", "ALTER INTEGRATION")
def alter_integration(session: Session, statement: Statement) -> Result:
    """SET of any property; containers that start later see the change."""
    missing_is_fine = clauses.if_exists(statement)
    name = ddl.account_name(clauses.name(statement))
    if missing_is_fine and session.account.objects.find(KIND, name) is None:
        return status("Statement executed successfully.")
    session.account.objects.get(KIND, name)
    given = ddl.set_or_unset(statement, _READERS, {"COMMENT": None, "ALLOWED_AUTHENTICATION_SECRETS": "NONE"})
    session.account.objects.update(KIND, name, **_checked(session, given))
    return status("Statement executed successfully.")


@command("DROP EXTERNAL ACCESS INTEGRATION", "DROP INTEGRATION")
def drop_integration(session: Session, statement: Statement) -> Result:
    """Jobs that run keep what they were granted."""
    if_exists = clauses.if_exists(statement)
    name = ddl.account_name(clauses.name(statement))
    statement.end()
    return ddl.drop(session, KIND, name, if_exists=if_exists)


@command("SHOW EXTERNAL ACCESS INTEGRATIONS", "SHOW INTEGRATIONS")
def show_integrations(session: Session, statement: Statement) -> Result:
    """Columns and filters as documented."""
    return ddl.show(session, statement, KIND, _COLUMNS, _row)


@command(
    "DESCRIBE EXTERNAL ACCESS INTEGRATION",
    "DESC EXTERNAL ACCESS INTEGRATION",
    "DESCRIBE INTEGRATION",
    "DESC INTEGRATION",
)
def describe_integration(session: Session, statement: Statement) -> Result:
    """One line a property."""
    name = ddl.account_name(clauses.name(statement))
    statement.end()
    document = session.account.objects.get(KIND, name)
    secrets = document["secrets"]
    shown = secrets if isinstance(secrets, str) else json.dumps([str(Name(*item)) for item in secrets])
    rows = [
        ("ENABLED", "Boolean", ddl.flag(document["enabled"]), "false"),
        ("ALLOWED_NETWORK_RULES", "List", json.dumps([str(Name(*item)) for item in document["rules"]]), "[]"),
        ("ALLOWED_AUTHENTICATION_SECRETS", "List", shown, "NONE"),
        ("COMMENT", "String", document["comment"] or "", ""),
    ]
    return ddl.properties(rows, _DESCRIBED)


def allowed_hosts(account: Account, names: list[str]) -> list[str]:
    """``host:port`` that the enabled ones among some integrations grant now."""
    hosts: list[str] = []
    for name in names:
        document = account.objects.find(KIND, Name.account_level(name))
        if document is None or not document["enabled"]:
            continue
        for rule in document["rules"]:
            found = account.objects.find("NETWORK RULE", Name(*rule))
            hosts += found["values"] if found else []
    return list(dict.fromkeys(hosts))


def _checked(session: Session, given: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if "ALLOWED_API_AUTHENTICATION_INTEGRATIONS" in given:
        raise unsupported("ALLOWED_API_AUTHENTICATION_INTEGRATIONS")
    if "ALLOWED_NETWORK_RULES" in given:
        changes["rules"] = _existing(session, "NETWORK RULE", given["ALLOWED_NETWORK_RULES"])
    secrets = given.get("ALLOWED_AUTHENTICATION_SECRETS")
    if secrets is not None:
        changes["secrets"] = secrets if isinstance(secrets, str) else _existing(session, "SECRET", secrets)
    if "ENABLED" in given:
        changes["enabled"] = given["ENABLED"]
    if "COMMENT" in given:
        changes["comment"] = given["COMMENT"]
    return changes


def _existing(session: Session, kind: str, names: list[tuple[str, ...]]) -> list[Name]:
    found = [session.qualify(parts) for parts in names]
    for name in found:
        if session.account.objects.find(kind, name) is None:
            raise does_not_exist(kind, name)
    return found


def _row(integration: StoredObject) -> tuple[Any, ...]:
    values = integration.document
    return (
        integration.name.name, values["type"], "EXTERNAL_ACCESS", ddl.flag(values["enabled"]), values["comment"],
        ddl.moment(values["created_on"]),
    )  # fmt: skip
