"""Programmatic access tokens of users: added, shown, removed.

``Source:`` https://docs.snowflake.com/en/sql-reference/sql/alter-user-add-programmatic-access-token
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine.ddl.options import options
from airflow_provider_spcs.emulator.errors import already_exists, does_not_exist, invalid_value
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, status, text, timestamp_ltz
from airflow_provider_spcs.emulator.wire.credentials import PAT

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_OPTIONS = {"ROLE_RESTRICTION", "DAYS_TO_EXPIRY", "MINS_TO_BYPASS_NETWORK_POLICY_REQUIREMENT", "COMMENT"}
_DAY = 86_400.0


def change(session: Session, statement: Statement, user: str) -> Result | None:
    """ALTER USER ... ADD or REMOVE PROGRAMMATIC ACCESS TOKEN (or PAT); None when it is another ALTER USER."""
    for verb, act in (("ADD", _add), ("REMOVE", _remove)):
        if statement.accept(verb, "PROGRAMMATIC", "ACCESS", "TOKEN") or statement.accept(verb, "PAT"):
            return act(session, statement, user)
    return None


def _add(session: Session, statement: Statement, user: str) -> Result:
    name = statement.identifier()
    said = options(statement, _OPTIONS)
    days = said.get("DAYS_TO_EXPIRY", 15)
    if not isinstance(days, int) or not 1 <= days <= 365:
        raise invalid_value(days, "DAYS_TO_EXPIRY", "A whole number from 1 to 365.")
    role = str(said.get("ROLE_RESTRICTION", ""))
    if role:
        session.account.objects.get("ROLE", Name.account_level(role))
    credentials = session.account.credentials
    if any(token["name"] == name for token in credentials.named_tokens(user)):
        raise already_exists(name)
    secret = credentials.issue_token(user, role, seconds=days * _DAY, kind=PAT, holder=name)
    return Result([text("token_name"), text("token_secret")], [(name, secret)], kind=Kind.DDL)


def _remove(session: Session, statement: Statement, user: str) -> Result:
    name = statement.identifier()
    statement.end()
    if not session.account.credentials.revoke_named(user, name):
        raise does_not_exist("Programmatic access token", name)
    return status(f"Programmatic access token {name} successfully removed.")


@command("SHOW USER PROGRAMMATIC ACCESS TOKENS", "SHOW USER PATS")
def show_tokens(session: Session, statement: Statement) -> Result:
    """SHOW USER PATS [FOR USER name]; never the secrets."""
    user = session.user
    if statement.accept("FOR", "USER"):
        user = statement.identifier()
    statement.end()
    session.account.objects.get("USER", Name.account_level(user))
    now = session.account.clock.now()
    rows = [_row(user, token, now) for token in session.account.credentials.named_tokens(user)]
    columns = [text("name"), text("user_name"), text("role_restriction"), timestamp_ltz("expires_at"), text("status")]
    return Result(columns, rows, kind=Kind.SHOW)


def _row(user: str, token: dict[str, Any], now: Any) -> tuple[object, ...]:
    return (
        token["name"],
        user,
        token["role"] or None,
        token["expires"],
        "ACTIVE" if token["expires"] > now else "EXPIRED",
    )
