"""DESCRIBE USER: a user's properties, the fingerprints of its keys among them, never a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, text
from airflow_provider_spcs.emulator.wire.key_pair import KEYS, fingerprint, public_key

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_SHOWN = ("LOGIN_NAME", "DISPLAY_NAME", "FIRST_NAME", "LAST_NAME", "EMAIL", "MUST_CHANGE_PASSWORD", "DISABLED",
          "DEFAULT_WAREHOUSE", "DEFAULT_NAMESPACE", "DEFAULT_ROLE", "DEFAULT_SECONDARY_ROLES", "TYPE")  # fmt: skip


@command("DESCRIBE USER", "DESC USER")
def describe_user(session: Session, statement: Statement) -> Result:
    """DESCRIBE USER."""
    name = Name.account_level(statement.identifier())
    statement.end()
    known = session.account.objects.get("USER", name)
    rows = [("NAME", name.name), ("COMMENT", known.get("comment") or "null")]
    rows += [(option, _said(known.get(option.lower()))) for option in _SHOWN]
    for key in KEYS:
        content = known.get(key)
        rows.append((key.upper(), content or "null"))
        rows.append((f"{key.upper()}_FP", fingerprint(public_key(content)) if content else "null"))
    columns = [text("property"), text("value"), text("default"), text("description")]
    return Result(columns, [(name, value, "null", "") for name, value in rows], kind=Kind.DESCRIBE)


def _said(value: object) -> str:
    return "null" if value in (None, "") else str(value).lower() if isinstance(value, bool) else str(value)
