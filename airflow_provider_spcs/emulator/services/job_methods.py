"""Methods of a job service that act on it: SPCS_WAIT_FOR and SPCS_CANCEL_JOB."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value
from airflow_provider_spcs.emulator.lifecycle import TERMINAL, JobStatus
from airflow_provider_spcs.emulator.registry import method
from airflow_provider_spcs.emulator.services import waiting
from airflow_provider_spcs.emulator.services.store import JobRow

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

NOT_REACHED = 395022
NOT_A_JOB = 395024


@method("SPCS_WAIT_FOR")
def wait_for(session: Session, parts: tuple[str, ...], status: str, timeout: object = 86400) -> str:
    """Blocks until the job has the status; an error when it cannot get there or time is up.

    Source: https://docs.snowflake.com/en/sql-reference/sql/spcs_wait_for; neither answer's wording is documented.
    """
    wanted = str(status).upper()
    if wanted not in set(JobStatus):
        raise invalid_value(status, "status", f"It must be one of {', '.join(sorted(JobStatus))}.")
    try:
        seconds = float(str(timeout))
    except ValueError:
        raise invalid_value(timeout, "timeout", "It must be a number of seconds.") from None
    job = session.account.services.find(session.qualify(parts))

    def reached(row: JobRow) -> bool:
        passed_by = wanted == JobStatus.RUNNING and row.status == JobStatus.DONE
        return row.status == wanted or passed_by or row.status in TERMINAL

    row = waiting.until(session, job.id, reached, seconds)
    if row.status == wanted or (wanted == JobStatus.RUNNING and row.status == JobStatus.DONE):
        return f"Service {job.name.name} reached status {wanted}."
    reason = "cannot reach" if row.status in TERMINAL else f"did not reach within {seconds:g} seconds"
    raise SnowflakeError(
        f"Service {job.name.name} {reason} status {wanted}. Its current status is {row.status}.", NOT_REACHED, "57014"
    )


@method("SPCS_CANCEL_JOB")
def cancel_job(session: Session, parts: tuple[str, ...]) -> str:
    """The job becomes CANCELLING, then CANCELLED; its record stays. A job that has ended stays as it is."""
    job = session.account.services.find(session.qualify(parts))
    if job.details.get("service") is not None:
        raise SnowflakeError(f"Service '{job.name}' is not a job service and cannot be cancelled.", NOT_A_JOB, "0A000")
    session.account.services.cancel(job.id)
    return f"Job {job.name.name} is being cancelled."
