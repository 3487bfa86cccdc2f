"""WITH name AS PROCEDURE ... CALL name(...): a procedure that lives for one call.

Source: Snowflake's documentation, "CALL (with anonymous procedure)".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.result import Result
from airflow_provider_spcs.emulator.routines.store import PROCEDURE

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


def called(statement: Statement) -> bool:
    """Whether a statement is one."""
    return [statement.word(index) for index in (0, 2, 3)] == ["WITH", "AS", PROCEDURE]


def run(session: Session, statement: Statement) -> Result:
    """Make the procedure for the session alone, call it, and drop it again."""
    statement.expect("WITH")
    name = statement.identifier()
    statement.expect("AS", PROCEDURE)
    head = statement.peek()
    depth = 0
    while not statement.done and (depth or not statement.looking_at("CALL")):
        depth += (statement.word() == "(") - (statement.word() == ")")
        statement.at += 1
    call = statement.peek()
    if head is None or call is None:
        raise statement.unexpected()
    shown = quoted(name)
    before = set(session.routines)
    session.execute(f"CREATE OR REPLACE TEMPORARY PROCEDURE {shown} {statement.text[head.start : call.start]}")
    try:
        return session.execute(statement.text[call.start :], statement.unread())
    finally:
        for made in set(session.routines) - before:
            del session.routines[made]
