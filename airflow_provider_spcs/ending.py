"""How the wait for a job came to its end, the same for a worker and for a triggerer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from airflow_provider_spcs.status import PENDING, JobStatus


class Reason(StrEnum):
    """Why nobody waits any longer."""

    ENDED = "ended"
    """The job reached a terminal status."""
    VANISHED = "vanished"
    """Neither Snowflake's list nor its job history knows the job."""
    STARTUP_TIMEOUT = "startup_timeout"
    """It stayed PENDING too long."""
    NO_IMAGE = "no_image"
    """Snowflake could not pull an image of it for too long."""
    JOB_TIMEOUT = "job_timeout"
    """It took too long since it was submitted."""
    EXECUTION_TIMEOUT = "execution_timeout"
    """Airflow's own limit for the task is over."""
    KILLED = "killed"
    """Airflow stopped the task."""
    ERROR = "error"
    """Waiting itself failed, for good."""


@dataclass(frozen=True)
class Ending:
    """The end of a wait.

    Attributes:
        job_name: Qualified name.
        reason: Why the wait is over.
        status: Snowflake's last status; empty when it was never seen.
        message: What went wrong with waiting; empty when nothing did.
        cursor: Where the log has been read to, for another follower to go on from.
    """

    job_name: str
    reason: Reason
    status: str = ""
    message: str = ""
    cursor: dict[str, Any] = field(default_factory=dict)

    def to_event(self) -> dict[str, Any]:
        """As a trigger's event carries it."""
        return {
            "job_name": self.job_name,
            "reason": self.reason.value,
            "status": self.status,
            "message": self.message,
            "cursor": self.cursor,
        }

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> Ending:
        """From a trigger's event, also one of an older version of this package."""
        reason = str(event.get("reason", Reason.ENDED))
        return cls(
            job_name=str(event["job_name"]),
            reason=Reason(reason) if reason in set(Reason) else Reason.ERROR,
            status=str(event.get("status") or ""),
            message=str(event.get("message") or ""),
            cursor=dict(event.get("cursor") or {}),
        )


@dataclass(frozen=True)
class Deadlines:
    """Three clocks, each an absolute time in seconds since the epoch; None never ends.

    Attributes:
        startup: Until then the job has to leave PENDING.
        job: Until then it has to end.
        execution: Until then Airflow's ``execution_timeout`` lets the task live.
    """

    startup: float | None = None
    job: float | None = None
    execution: float | None = None

    def passed(self, status: JobStatus | None, now: float) -> Reason | None:
        """Which clock has run out, the hardest first.

        Args:
            status: The job's status; None when it is not known yet.
            now: Seconds since the epoch.
        """
        if self.execution is not None and now >= self.execution:
            return Reason.EXECUTION_TIMEOUT
        if self.job is not None and now >= self.job:
            return Reason.JOB_TIMEOUT
        if self.startup is not None and now >= self.startup and status == PENDING:
            return Reason.STARTUP_TIMEOUT
        return None
