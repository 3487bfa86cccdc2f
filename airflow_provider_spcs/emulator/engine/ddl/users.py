"""Users: made with a password, changed, shown; what they may do is not enforced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine.ddl import user_tokens
from airflow_provider_spcs.emulator.engine.ddl.options import modifiers, options
from airflow_provider_spcs.emulator.errors import already_exists, unsupported
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.wire.key_pair import public_key

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_OPTIONS = {"PASSWORD", "LOGIN_NAME", "DISPLAY_NAME", "FIRST_NAME", "LAST_NAME", "EMAIL", "MUST_CHANGE_PASSWORD",
            "DISABLED", "DEFAULT_WAREHOUSE", "DEFAULT_NAMESPACE", "DEFAULT_ROLE", "DEFAULT_SECONDARY_ROLES", "COMMENT",
            "TYPE", "RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2"}  # fmt: skip


@command("CREATE USER", "CREATE OR REPLACE USER")
def create_user(session: Session, statement: Statement) -> Result:
    """CREATE [OR REPLACE] USER; the password is kept hashed, never in the user's properties."""
    replace = statement.at == 4
    missing_only = modifiers(statement)
    name = Name.account_level(statement.identifier())
    said = options(statement, _OPTIONS)
    objects = session.account.objects
    if objects.find("USER", name) is not None:
        if missing_only:
            return status(f"{name.name} already exists, statement succeeded.")
        if not replace:
            raise already_exists(name)
        objects.drop("USER", name)
    now = session.account.clock.now().isoformat()
    objects.create("USER", name, {"created_on": now, "owner": session.role, "comment": ""} | _kept(session, name, said))
    return status(f"User {name.name} successfully created.")


@command("ALTER USER")
def alter_user(session: Session, statement: Statement) -> Result:
    """ALTER USER ... SET properties, the password among them."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = Name.account_level(statement.identifier())
    if missing_ok and session.account.objects.find("USER", name) is None:
        return status("Statement executed successfully.")
    session.account.objects.get("USER", name)
    changed = user_tokens.change(session, statement, name.name)
    if changed is not None:
        return changed
    if statement.accept("UNSET"):
        session.account.objects.update(
            "USER", name, **{_unset(statement): "" for _ in iter(lambda: statement.done, True)}
        )
        return status("Statement executed successfully.")
    if not statement.accept("SET"):
        raise unsupported("ALTER USER other than SET, UNSET, ADD and REMOVE PROGRAMMATIC ACCESS TOKEN")
    session.account.objects.update("USER", name, **_kept(session, name, options(statement, _OPTIONS)))
    return status("Statement executed successfully.")


def _unset(statement: Statement) -> str:
    statement.accept(",")
    option = statement.identifier()
    if option not in _OPTIONS - {"PASSWORD"}:
        raise unsupported(f"ALTER USER ... UNSET {option}")
    return option.lower()


def _kept(session: Session, name: Name, said: dict[str, Any]) -> dict[str, Any]:
    password = said.pop("PASSWORD", None)
    if password is not None:
        session.account.credentials.set_password(name.name, str(password))
    for option in ("RSA_PUBLIC_KEY", "RSA_PUBLIC_KEY_2"):
        if said.get(option):
            public_key(str(said[option]))
    return {option.lower(): value for option, value in said.items()}
