"""CREATE, ALTER, DROP, SHOW and DESCRIBE SECRET; values go to their own files and are never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value, unsupported
from airflow_provider_spcs.emulator.objects import StoredObject
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, status, text, timestamp_ltz
from airflow_provider_spcs.emulator.services import clauses, ddl, secret_values

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

KIND = "SECRET"
_VALUES = {
    "GENERIC_STRING": {"SECRET_STRING": "secret_string"},
    "PASSWORD": {"USERNAME": "username", "PASSWORD": "password"},
    "OAUTH2": {"OAUTH_REFRESH_TOKEN": "access_token"},
}
_READERS: dict[str, clauses.Reader] = {
    "TYPE": clauses.word,
    "SECRET_STRING": clauses.string,
    "USERNAME": clauses.string,
    "PASSWORD": clauses.string,
    "OAUTH_REFRESH_TOKEN": clauses.string,
    "OAUTH_REFRESH_TOKEN_EXPIRY_TIME": clauses.string,
    "OAUTH_SCOPES": clauses.parenthesised(clauses.string),
    "API_AUTHENTICATION": clauses.name,
    "COMMENT": clauses.string,
}
_COLUMNS = [
    timestamp_ltz("created_on"), text("name"), text("schema_name"), text("database_name"), text("owner"),
    text("comment"), text("secret_type"), text("oauth_scopes"), text("owner_role_type"),
]  # fmt: skip
_DESCRIBED = [
    timestamp_ltz("created_on"), text("name"), text("schema_name"), text("database_name"), text("owner"),
    text("comment"), text("secret_type"), text("username"), text("oauth_access_token_expiry_time"),
    text("oauth_refresh_token_expiry_time"), text("oauth_scopes"), text("integration_name"),
]  # fmt: skip


@command(*ddl.starts(KIND))
def create_secret(session: Session, statement: Statement) -> Result:
    """GENERIC_STRING, PASSWORD and OAUTH2 (the refresh token serves as the access token; nothing is refreshed)."""
    unless_exists = clauses.if_not_exists(statement)
    name = ddl.schema_name(session, clauses.name(statement))
    given = clauses.read(statement, _READERS)
    if "TYPE" not in given:
        raise ddl.missing_property("TYPE")
    kind = given["TYPE"]
    if kind in {"CLOUD_PROVIDER_TOKEN", "SYMMETRIC_KEY"}:
        raise unsupported(f"CREATE SECRET TYPE = {kind}")
    if kind not in _VALUES:
        raise invalid_value(kind, "TYPE", f"It must be one of {', '.join(_VALUES)}.")
    if "API_AUTHENTICATION" in given:
        session.account.objects.get("INTEGRATION", ddl.account_name(given["API_AUTHENTICATION"]))
    values = _values(kind, given)
    exists = session.account.objects.find(KIND, name) is not None
    document = ddl.created(
        session, comment=given.get("COMMENT"), type=kind, username=values.get("username"),
        scopes=given.get("OAUTH_SCOPES"), expires=given.get("OAUTH_REFRESH_TOKEN_EXPIRY_TIME"),
    )  # fmt: skip
    result = ddl.create(session, KIND, name, document, replace=ddl.replaces(statement), unless_exists=unless_exists)
    if not (exists and unless_exists):
        secret_values.write(session.account, name, values)
    return result


@command("ALTER SECRET")
def alter_secret(session: Session, statement: Statement) -> Result:
    """SET of its values and comment."""
    missing_is_fine = clauses.if_exists(statement)
    name = ddl.schema_name(session, clauses.name(statement))
    if missing_is_fine and session.account.objects.find(KIND, name) is None:
        return status("Statement executed successfully.")
    document = session.account.objects.get(KIND, name)
    given = ddl.set_or_unset(statement, {key: _READERS[key] for key in _READERS if key != "TYPE"}, {"COMMENT": None})
    fields = _VALUES[document["type"]]
    for key in set(given) - set(fields) - {"COMMENT"}:
        raise _wrong_property(key, document["type"])
    changed = {fields[key]: value for key, value in given.items() if key in fields}
    values = secret_values.read(session.account, name) | changed
    secret_values.write(session.account, name, values)
    changes = {"comment": given["COMMENT"]} if "COMMENT" in given else {}
    session.account.objects.update(KIND, name, **changes, username=values.get("username"))
    return status("Statement executed successfully.")


@command("DROP SECRET")
def drop_secret(session: Session, statement: Statement) -> Result:
    """The value's file goes with it."""
    if_exists = clauses.if_exists(statement)
    name = session.qualify(clauses.name(statement))
    statement.end()
    return ddl.drop(session, KIND, name, if_exists=if_exists)


@command("SHOW SECRETS")
def show_secrets(session: Session, statement: Statement) -> Result:
    """Without values."""
    return ddl.show(session, statement, KIND, _COLUMNS, _row)


@command("DESCRIBE SECRET", "DESC SECRET")
def describe_secret(session: Session, statement: Statement) -> Result:
    """Without values; a PASSWORD secret shows its user name, as on Snowflake."""
    name = session.qualify(clauses.name(statement))
    statement.end()
    document = session.account.objects.get(KIND, name)
    head = _row(StoredObject(KIND, name, document))[:7]
    row = (*head, document["username"], None, document["expires"], _scopes(document), None)
    return Result(_DESCRIBED, [row], kind=Kind.DESCRIBE)


def forget_with(account: Account) -> None:
    """Remove values with their secrets, also when a schema or database is dropped."""
    account.objects.on_drop(KIND, lambda gone: secret_values.remove(account, gone.name))


def _values(kind: str, given: dict[str, Any]) -> dict[str, str]:
    fields = _VALUES[kind]
    for key in given:
        if any(key in other and key not in fields for other in _VALUES.values()):
            raise _wrong_property(key, kind)
    for key in fields:
        # An OAuth secret may get its token later, by SYSTEM$FINISH_OAUTH_FLOW or ALTER.
        if key not in given and kind != "OAUTH2":
            raise ddl.missing_property(key)
    return {field: given[key] for key, field in fields.items() if key in given}


def _wrong_property(key: str, kind: str) -> SnowflakeError:
    message = f"SQL compilation error:\ninvalid property '{key}' for a secret of type {kind}"
    return SnowflakeError(message, 1422, "22023")


def _scopes(document: dict[str, Any]) -> str | None:
    return None if document["scopes"] is None else "[" + ", ".join(document["scopes"]) + "]"


def _row(secret: StoredObject) -> tuple[Any, ...]:
    values = secret.document
    return (
        ddl.moment(values["created_on"]), secret.name.name, secret.name.schema, secret.name.database,
        values["owner"], values["comment"], values["type"], _scopes(values), "ROLE",
    )  # fmt: skip
