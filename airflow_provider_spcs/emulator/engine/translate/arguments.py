"""The refusal of a function's arguments that no rule for it can read."""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.errors import SqlglotError

from airflow_provider_spcs.emulator.errors import SnowflakeError

UNREADABLE = (IndexError, ValueError, SqlglotError)
"""What a rule raises that finds too few arguments, a name where it needs a literal, or what it cannot say in SQL."""


def refused(node: Any) -> SnowflakeError:
    """Snowflake's error for arguments of the wrong number or kind."""
    name = node.sql_name() if isinstance(node, exp.Func) and not isinstance(node, exp.Anonymous) else str(node.this)
    return SnowflakeError(
        "SQL compilation error: error line 1 at position 0\n"
        f"Invalid number or types of arguments for function '{name.upper()}'.",
        1044,
        "42P13",
    )
