"""What each status of a job and of a container means, and whether it is an end.

One table for operator, trigger and sensor. A status that Snowflake adds later is not an end: it is ``UNKNOWN``
with its own text kept, so that nobody reports a running job as finished.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

_STATUS_PAGE = "Snowflake documentation, Working with services: job status; measured enum of snowflake.ml.jobs 2.6.0"


@dataclass(frozen=True, slots=True)
class JobStatus:
    """One status of a job.

    Attributes:
        value: Snowflake's text, upper case.
        meaning: What it says of the job, in words.
        terminal: Whether the job can never leave it.
        succeeded: Whether it is the good end.
        mend: What a person does about it; empty when there is nothing to do.
        source: Where this is from.
    """

    value: str
    meaning: str
    terminal: bool = False
    succeeded: bool = False
    mend: str = ""
    source: str = _STATUS_PAGE

    @property
    def known(self) -> bool:
        """Whether the table has this status."""
        return self.value in TABLE

    def __str__(self) -> str:
        return self.value


PENDING = JobStatus(
    "PENDING",
    "the job waits for a node, an image or its stages",
    mend="See the containers' messages and the compute pool's state",
)
RUNNING = JobStatus("RUNNING", "at least one container runs")
DONE = JobStatus("DONE", "every container ended with exit code 0", terminal=True, succeeded=True)
FAILED = JobStatus(
    "FAILED",
    "a container ended with an error or could not run",
    terminal=True,
    mend="Read the container's message, exit code and last lines",
)
CANCELLING = JobStatus("CANCELLING", "the job is being cancelled; its processes have 30 seconds to end")
CANCELLED = JobStatus("CANCELLED", "the job was cancelled", terminal=True, mend="Clear the task to run it again")
INTERNAL_ERROR = JobStatus(
    "INTERNAL_ERROR",
    "the platform failed the job; its containers are not to blame",
    terminal=True,
    mend="Run it again; when it repeats, ask Snowflake's support with the query id",
)
SUSPENDING = JobStatus(
    "SUSPENDING", "the compute pool is letting the job go", mend="Resume the compute pool if that was not meant"
)
SUSPENDED = JobStatus("SUSPENDED", "the job holds no node", mend="Resume the compute pool if that was not meant")
DELETING = JobStatus("DELETING", "the job is being dropped")
DELETED = JobStatus(
    "DELETED", "the job was dropped before it was done", terminal=True, mend="Clear the task to run it again"
)
UNKNOWN = JobStatus(
    "UNKNOWN",
    "a status this version does not know; taken as not ended",
    mend="Update this package if it stays",
    source="our rule: only a proven end is an end",
)

#: Every status by its text. SUSPENDED is no end: no source calls it terminal, though the first-party operator fails.
TABLE: dict[str, JobStatus] = {
    status.value: status
    for status in (
        PENDING,
        RUNNING,
        DONE,
        FAILED,
        CANCELLING,
        CANCELLED,
        INTERNAL_ERROR,
        SUSPENDING,
        SUSPENDED,
        DELETING,
        DELETED,
    )
}


def classify(text: str | None) -> JobStatus:
    """The status that Snowflake's ``text`` stands for.

    Args:
        text: As a column or a platform event has it, in any case.

    Returns:
        The table's entry, or ``UNKNOWN`` under the given text, which is not terminal.
    """
    value = (text or "").strip().upper()
    known = TABLE.get(value)
    if known is not None:
        return known
    return replace(UNKNOWN, value=value or UNKNOWN.value)


class ContainerState(StrEnum):
    """Status of one container.

    Source: Working with services, container statuses.
    """

    PENDING = "PENDING"
    READY = "READY"
    DONE = "DONE"
    FAILED = "FAILED"
    TERMINATING = "TERMINATING"
    UNKNOWN = "UNKNOWN"

    @classmethod
    def of(cls, text: str | None) -> ContainerState:
        """The state ``text`` stands for; ``UNKNOWN`` for anything new. ``SUCCEEDED`` is an instance's word for DONE."""
        value = (text or "").strip().upper()
        if value == "SUCCEEDED":
            return cls.DONE
        return cls(value) if value in cls.__members__ else cls.UNKNOWN

    @property
    def ended(self) -> bool:
        """Whether the container's process is over."""
        return self in (ContainerState.DONE, ContainerState.FAILED)


@dataclass(frozen=True, slots=True)
class ExitMeaning:
    """What an exit code says.

    Attributes:
        code: The code.
        meaning: In words.
        mend: What to do.
        cause: A short stable word for code that decides on it.
    """

    code: int
    meaning: str
    mend: str
    cause: Literal["ok", "application", "usage", "not_executable", "not_found", "signal", "memory", "stopped", "crash"]


_EXITS = {
    meaning.code: meaning
    for meaning in (
        ExitMeaning(0, "the command ended well", "", "ok"),
        ExitMeaning(1, "the command itself reported an error", "Read the last lines of its log", "application"),
        ExitMeaning(2, "the command was called wrongly", "Check command and args in the spec", "usage"),
        ExitMeaning(
            126,
            "the command was found and could not be executed",
            "Make the file executable and built for linux/amd64",
            "not_executable",
        ),
        ExitMeaning(127, "the command was not found", "Check command in the spec and the image's PATH", "not_found"),
        ExitMeaning(134, "the process aborted itself (signal 6)", "Read the last lines of its log", "crash"),
        ExitMeaning(
            137,
            "a kill (signal 9), most often memory",
            "Raise resources.limits.memory or the pool's family, then clear this task",
            "memory",
        ),
        ExitMeaning(
            139,
            "a crash on invalid memory (signal 11)",
            "Look for a native library built for another processor or version",
            "crash",
        ),
        ExitMeaning(
            143,
            "stopped from outside (signal 15): a cancel, a timeout or a node taken away",
            "Clear the task to run it again",
            "stopped",
        ),
    )
}


def exit_meaning(code: int) -> ExitMeaning:
    """What an exit code of a container means.

    Source: POSIX shells: 126, 127, and 128 plus the signal's number.
    """
    known = _EXITS.get(code)
    if known is not None:
        return known
    if 128 < code < 193:
        return ExitMeaning(code, f"ended by signal {code - 128}", "Read the last lines of its log", "signal")
    return ExitMeaning(code, "the command's own exit code", "Read the last lines of its log", "application")


_OOM_MARK = "OOMKILLED"


def out_of_memory(exit_code: int | None, message: str | None) -> bool:
    """Whether a container ended for want of memory.

    The message is Snowflake's fixed string ``Container was OOMKilled due to resource usage``; a bare 137 without it
    may be any kill, so it is not called out of memory here.

    Source: Monitoring Services, platform events.
    """
    return exit_code in (None, 137) and _OOM_MARK in (message or "").upper()
