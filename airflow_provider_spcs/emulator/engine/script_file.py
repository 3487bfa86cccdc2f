"""EXECUTE IMMEDIATE FROM: the statements of a file on a stage, one after another.

``Source:`` https://docs.snowflake.com/en/sql-reference/sql/execute-immediate-from
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.statement import split

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.result import Result
    from airflow_provider_spcs.emulator.statement import Statement


@command("EXECUTE IMMEDIATE FROM")
def execute_immediate_from(session: Session, statement: Statement) -> Result:
    """EXECUTE IMMEDIATE FROM a file on a stage; the last statement's result. Templates (USING) are refused."""
    from airflow_provider_spcs.emulator.stages.moving import Places

    place = Places(statement).next()
    if "USING" in {token.text.upper() for token in statement.tokens}:
        raise unsupported("EXECUTE IMMEDIATE FROM ... USING")
    location = session.account.stages.locate(session, place)
    path = location.file(location.prefix)
    if not path.is_file():
        raise SnowflakeError(f"Cannot perform operation. File '{place}' does not exist.", 1503, "02000")
    last: Result | None = None
    for number, sql in enumerate(split(path.read_text()), start=1):
        try:
            last = session.execute(sql)
        except SnowflakeError as error:
            raise SnowflakeError(
                f"Uncaught exception of type 'STATEMENT_ERROR' in file {place}, statement {number}: {error.message}",
                error.errno,
                error.sqlstate,
            ) from error
    if last is None:
        raise SnowflakeError(f"Cannot perform operation. File '{place}' holds no statement.", 1503, "02000")
    return last
