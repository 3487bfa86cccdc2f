"""The ``NAME = value`` options at the end of CREATE statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine.ddl.columns import skip_parenthesis
from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.statement import Statement


def options(statement: Statement, allowed: set[str], stops: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment]
    """Read options up to the end or a stop word.

    Raises:
        SnowflakeError: 1008 for an option that the statement does not have.
    """
    found: dict[str, Any] = {}
    while not statement.done and statement.word() not in stops:
        if statement.accept("WITH") or statement.accept(","):
            continue
        if statement.accept("COPY", "GRANTS"):
            continue
        if statement.accept("CLUSTER", "BY") or statement.accept("CLUSTER BY"):
            found["CLUSTER_BY"] = skip_parenthesis(statement)
            continue
        if statement.looking_at("TAG"):
            statement.expect("TAG")
            found["TAG"] = skip_parenthesis(statement)
            continue
        name = statement.identifier()
        if name not in allowed:
            raise SnowflakeError(f"SQL compilation error:\ninvalid property '{name}'.", 1008, "22023")
        statement.accept("=")
        found[name] = skip_parenthesis(statement) if statement.looking_at("(") else statement.literal()
    return found


def modifiers(statement: Statement) -> bool:
    """Read ``IF NOT EXISTS``; whether it was there."""
    return statement.accept("IF", "NOT", "EXISTS")
