"""RESULT_SCAN: an earlier statement's rows as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.registry import table
from airflow_provider_spcs.emulator.result import Result

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session


@table("RESULT_SCAN")
def result_scan(session: Session, query_id: str | None = None) -> Result:
    """The rows of the statement with this id, of any session."""
    results = getattr(session.account, "results", None)
    if results is None or not query_id:
        raise SnowflakeError(f"SQL compilation error:\nThe result of query '{query_id}' is not kept.", 709, "02000")
    columns, batches = results.get(query_id)
    return Result(columns, batches=batches)
