"""Every error this provider raises.

::

    SpcsError (RuntimeError)            where, what, rule, mend, source
    ├── InvalidInput (also ValueError)  refused before anything happens
    │   ├── SpecError                   a service specification breaks a rule
    │   ├── InvalidName                 an identifier, a job name, a stage path
    │   └── PreflightError              everything a job needs and does not have, at once
    ├── StatementError                  Snowflake refused a statement: errno, sqlstate, query_id
    │   ├── NotFound                    2003 or 2043
    │   ├── NotPermitted                3001
    │   ├── NoWarehouse                 606
    │   └── SubmitError                 EXECUTE JOB SERVICE was refused
    │       └── NameTaken               2002, by a job that is not ours
    ├── TransientError                  still failing after the whole retry time
    ├── JobError                        a job's story: job_name, status, exit_code ...
    │   ├── JobFailedError              FAILED
    │   │   └── JobOutOfMemory          FAILED by the memory limit
    │   ├── JobCancelled                CANCELLED, not by us
    │   ├── JobInternalError            INTERNAL_ERROR: the platform's fault, worth a retry
    │   ├── JobVanished                 gone, and job history does not know its end
    │   ├── ImageNotPulled              PENDING, and its image cannot be pulled
    │   ├── StartupTimeout              PENDING longer than startup_timeout
    │   ├── JobTimeout                  running longer than job_timeout
    │   └── WorkerStopped               the worker was told to go; the job goes on for the retry
    └── ResultError                     the job is done; its result cannot be read
        └── ResultTooLarge              it is larger than what is read

The message is ``{where}: {what, with the value}. {rule}. {mend}. [{source}]``; each part is a field as well.
"""

# ruff: noqa: N818 - the class names say what happened; the tree above says that they are errors

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def sentence(text: str) -> str:
    """``text`` with a full stop at its end, unless it ends a sentence already."""
    text = text.strip()
    return text if not text or text[-1] in ".!?:" else text + "."


class SpcsError(RuntimeError):
    """Something this provider was asked to do did not work.

    Args:
        where: The place: a path in the spec, a job's name, a statement.
        what: What is wrong, with the value.
        rule: The rule that is broken.
        mend: What to do about it.
        source: Where the rule comes from.
    """

    #: What stands between the parts of the message.
    _separator = " "
    #: Whether the same action may work when tried again, unchanged.
    retryable = False
    #: Whether no retry of the task can mend it: somebody has to change something first.
    hopeless = False

    def __init__(self, where: str, what: str, rule: str = "", mend: str = "", source: str = "") -> None:
        self.where = where
        self.what = what
        self.rule = rule
        self.mend = mend
        self.source = source
        parts = [f"{where}: {sentence(what)}", sentence(rule), sentence(mend), f"[{source}]" if source else ""]
        super().__init__(self._separator.join(part for part in parts if part))

    def facts(self) -> dict[str, Any]:
        """What is known, as JSON values: for an XCom, a notifier, a ticket."""
        return {
            "error": type(self).__name__,
            "headline": f"{self.where}: {sentence(self.what)}",
            "rule": self.rule,
            "mend": self.mend,
            "message": str(self),
        }


class InvalidInput(SpcsError, ValueError):
    """Something given to us breaks a rule; nothing was sent."""

    hopeless = True


class SpecError(InvalidInput):
    """A service specification breaks a rule.

    Args:
        where: The path, for example ``spec.containers[0].name``.
        others: What else is wrong in the same specification.
    """

    def __init__(
        self,
        where: str,
        what: str,
        rule: str = "",
        mend: str = "",
        source: str = "",
        *,
        others: Sequence[SpecError] = (),
    ) -> None:
        super().__init__(where, what, rule, mend, source)
        self.others = tuple(others)
        for other in self.others:
            self.add_note(f"Also {other}")


class InvalidName(InvalidInput):
    """An identifier, a job name or a stage path is not one."""


class PreflightError(InvalidInput):
    """What the job needs and does not have.

    Args:
        where: The job's name.
        problems: One line for each problem.
    """

    def __init__(self, where: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        lines = "\n".join(f"  {number}. {problem}" for number, problem in enumerate(self.problems, 1))
        super().__init__(where, f"{count} problem{'s' if count != 1 else ''} found before submission:\n{lines}\n")


#: No data, data exception, integrity constraint, syntax error or access rule violation.
_PERSONS_SQLSTATES = frozenset({"02", "22", "23", "42"})
#: Missing (2003, 2043), no privilege (3001), a login that is refused (250001; what passes is no StatementError).
_PERSONS_ERRNOS = frozenset({2003, 2043, 3001, 250001})


class StatementError(SpcsError):
    """Snowflake refused a statement.

    Args:
        errno: Snowflake's number, for example 2003; 0 when there was none.
        sqlstate: Five characters; empty when there was none.
        query_id: The statement's id; empty when there was none.
    """

    def __init__(
        self,
        where: str,
        what: str,
        rule: str = "",
        mend: str = "",
        source: str = "",
        *,
        errno: int = 0,
        sqlstate: str = "",
        query_id: str = "",
    ) -> None:
        super().__init__(where, what, rule, mend, source)
        self.errno = errno
        self.sqlstate = sqlstate
        self.query_id = query_id

    def facts(self) -> dict[str, Any]:
        """As :meth:`SpcsError.facts`, with the statement's numbers."""
        return {**super().facts(), "errno": self.errno, "sqlstate": self.sqlstate, "query_id": self.query_id}

    @property
    def asks_for_a_person(self) -> bool:
        """Whether the statement, its objects, the role or the login are wrong, by SQLSTATE class and errno.

        Want of resources (53), limits (54), states that pass (55, 57) and system errors (58) are none of these.
        """
        return self.sqlstate[:2] in _PERSONS_SQLSTATES or self.errno in _PERSONS_ERRNOS


class NotFound(StatementError):
    """An object does not exist, or the role may not see it (2003, 2043)."""


class NotPermitted(StatementError):
    """The role lacks a privilege (3001)."""


class NoWarehouse(StatementError):
    """The statement needs a running warehouse and the session has none (606)."""


class SubmitError(StatementError):
    """EXECUTE JOB SERVICE was refused."""


class NameTaken(SubmitError):
    """A job of this name exists and is not ours (2002)."""


class TransientError(SpcsError):
    """An error that should pass did not, for the whole of ``transient_timeout``."""

    retryable = True


class JobError(SpcsError):
    """A job did not end as wished, or did not end in time.

    Args:
        job_name: Qualified name.
        status: Snowflake's status text; empty when there is none.
        instance_id: The instance that failed first; None when no instance did.
        container_name: The container that failed first.
        exit_code: Its exit code.
        message: Snowflake's own words on the container or the job.
        last_lines: The end of its log.
        compute_pool: Where it ran.
        pending_seconds: How long it waited; None when that is not known.
        running_seconds: How long it ran; None when it did not.
    """

    _separator = "\n  "

    def __init__(
        self,
        where: str,
        what: str,
        rule: str = "",
        mend: str = "",
        source: str = "",
        *,
        job_name: str = "",
        status: str = "",
        instance_id: int | None = None,
        container_name: str | None = None,
        exit_code: int | None = None,
        message: str = "",
        last_lines: Sequence[str] = (),
        compute_pool: str = "",
        pending_seconds: int | None = None,
        running_seconds: int | None = None,
    ) -> None:
        super().__init__(where, what, rule, mend, source)
        self.job_name = job_name or where
        self.status = status
        self.instance_id = instance_id
        self.container_name = container_name
        self.exit_code = exit_code
        self.message = message
        self.last_lines = tuple(last_lines)
        self.compute_pool = compute_pool
        self.pending_seconds = pending_seconds
        self.running_seconds = running_seconds

    def facts(self) -> dict[str, Any]:
        """As :meth:`SpcsError.facts`, with the job's story."""
        return {
            **super().facts(),
            "job_name": self.job_name,
            "status": self.status,
            "instance_id": self.instance_id,
            "container_name": self.container_name,
            "exit_code": self.exit_code,
            "snowflake_message": self.message,
            "last_lines": list(self.last_lines),
            "compute_pool": self.compute_pool,
            "pending_seconds": self.pending_seconds,
            "running_seconds": self.running_seconds,
        }


class JobFailedError(JobError):
    """A container exited with an error, or could not run."""


class JobOutOfMemory(JobFailedError):
    """A container used more memory than its limit."""

    hopeless = True


class JobCancelled(JobError):
    """The job was cancelled, and not by this task."""


class JobInternalError(JobError):
    """The platform failed the job."""

    retryable = True


class JobVanished(JobError):
    """The job is gone and job history does not know how it ended."""

    retryable = True


class ImageNotPulled(JobError):
    """Snowflake could not pull an image of the job for a while; nothing of it ran."""


class StartupTimeout(JobError):
    """The job stayed PENDING longer than ``startup_timeout``."""


class JobTimeout(JobError):
    """The job ran longer than ``job_timeout``."""


class WorkerStopped(JobError):
    """The worker was told to go while the job runs; the job goes on for the retry."""


class ResultError(SpcsError):
    """The job's result file cannot be read, or is not JSON, or is too big."""

    hopeless = True


class ResultTooLarge(ResultError):
    """A file is larger than what is read of it.

    Args:
        size: Its bytes.
    """

    def __init__(
        self, where: str, what: str, rule: str = "", mend: str = "", source: str = "", *, size: int = 0
    ) -> None:
        super().__init__(where, what, rule, mend, source)
        self.size = size
