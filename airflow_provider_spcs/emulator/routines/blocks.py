"""Blocks of Snowflake Scripting as statements of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result
from airflow_provider_spcs.emulator.routines.scripting import run_script

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_SEMI_STRUCTURED = {"VARIANT", "OBJECT", "ARRAY"}


@command("DECLARE")
def block(session: Session, statement: Statement) -> Result:
    """A block of Snowflake Scripting: variables, IF, CASE, loops, cursors, RESULTSET, exceptions, RETURN."""
    found = run_script(session, statement.text)
    if isinstance(found, Result):
        return found
    source = "PARSE_JSON(?)" if found.type in _SEMI_STRUCTURED else "?"
    return session.execute(f'SELECT {source} AS "anonymous block"', [found.content])
