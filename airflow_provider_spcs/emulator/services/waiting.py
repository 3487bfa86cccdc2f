"""Waits for a job: a synchronous statement for its end, SPCS_WAIT_FOR for a status."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.lifecycle import TERMINAL, JobStatus
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.services.store import JobRow

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

# A statement is cancelled through an event of its session, a job's change comes through another; this bounds how
# late the first is seen while waiting for the second.
LOOK_SECONDS = 0.25
JOB_FAILED = 395021
CANCELED = 604


def finish_or_cancel(session: Session, job_id: str, name: Name) -> None:
    """Wait until a synchronous job ends; a cancelled, timed-out or lost statement cancels it.

    Raises:
        SnowflakeError: The job did not end as DONE, or the statement was cancelled (604) or took too long (630).
            The number and text for a failed job are not documented by Snowflake.
    """
    services = session.account.services
    limit = float(str(session.parameters.get("STATEMENT_TIMEOUT_IN_SECONDS") or 172800))
    try:
        row = until(session, job_id, lambda row: row.status in TERMINAL, limit)
    except SnowflakeError:
        services.cancel(job_id)
        raise
    if row.status not in TERMINAL:
        services.cancel(job_id)
        raise SnowflakeError(
            f"Statement reached its statement or warehouse timeout of {limit:g} second(s) and was canceled.",
            630,
            "57014",
        )
    if row.status != JobStatus.DONE:
        raise SnowflakeError(f"Job {name.name} failed with status: {row.status}. {row.message}", JOB_FAILED, "P0000")


def until(session: Session, job_id: str, reached: Callable[[JobRow], bool], seconds: float) -> JobRow:
    """The job's row once ``reached`` says so, or after ``seconds`` of the account's clock, whichever comes first.

    Raises:
        SnowflakeError: 604 when the session's statement is cancelled or its session closed, 2003 when the job is gone.
    """
    services, clock = session.account.services, session.account.clock
    end = clock.now() + timedelta(seconds=seconds)
    with services.supervisor.watch(job_id) as news:
        while True:
            news.clear()
            row = services.store.get(job_id)
            if row is None:
                raise SnowflakeError("SQL compilation error:\nService does not exist or not authorized.", 2003, "02000")
            left = (end - clock.now()).total_seconds()
            if reached(row) or left <= 0:
                return row
            if session.cancelled.is_set() or session.id not in session.account.engine.sessions:
                raise SnowflakeError("SQL execution canceled", CANCELED, "57014")
            news.wait(min(LOOK_SECONDS, max(left, 0.01)))
