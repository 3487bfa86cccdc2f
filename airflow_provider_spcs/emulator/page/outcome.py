"""How a job ended, also when it was dropped since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.lifecycle import JOB_MESSAGES, JobStatus, job_status

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.services.store import JobRow

_BY_MESSAGE = {JOB_MESSAGES[status]: status for status in (JobStatus.CANCELLED, JobStatus.INTERNAL_ERROR)}


def outcome(row: JobRow) -> str:
    """A job's status; of one that had ended before it was dropped, the status it ended with."""
    if row.status not in {JobStatus.DELETING, JobStatus.DELETED} or not row.completed:
        return row.status
    # Only its message and its instances still tell.
    ended = _BY_MESSAGE.get(row.message) or job_status(instance.status for instance in row.instances)
    return str(ended)
