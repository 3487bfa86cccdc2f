"""Submit a job once, however often it has to be sent: the name is the lock, the stamp says whose job it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airflow_provider_spcs.errors import NameTaken, StatementError
from airflow_provider_spcs.naming import JobName, Stamp
from airflow_provider_spcs.refusal import ALREADY_EXISTS, refusal
from airflow_provider_spcs.rows import JobState
from airflow_provider_spcs.session import Reply
from airflow_provider_spcs.sql import Sql
from airflow_provider_spcs.transient import Patience, passes


@dataclass(frozen=True, slots=True)
class Submission:
    """A job that is submitted.

    Attributes:
        name: Qualified name.
        query_id: The submitting statement; empty when the job was adopted, or when the reply was lost.
        adopted: Whether the job was there already, with our own stamp.
    """

    name: JobName
    query_id: str
    adopted: bool


class Submitter:
    """Sends EXECUTE JOB SERVICE.

    Args:
        run: Runs a statement once.
        describe: Asks for a job once; None when it is missing.
        patience: How long errors that pass are borne.
        notice: Gets one line for each such error.
    """

    def __init__(
        self,
        run: Callable[[Sql], Reply],
        describe: Callable[[JobName], JobState | None],
        patience: Patience,
        notice: Callable[[str], None],
    ) -> None:
        self._run = run
        self._describe = describe
        self._patience = patience
        self._notice = notice

    def submit(self, job: JobName, statement: Sql, *, comment: str, stamp: Stamp | None) -> Submission:
        """Submit, or adopt.

        Args:
            job: The job's name, as in ``statement``.
            statement: EXECUTE JOB SERVICE.
            comment: The comment in ``statement``: by it our own job is known after a lost reply.
            stamp: The stamp in ``comment``: by it an earlier submission of the same task is known.

        Raises:
            NameTaken: A job of that name is not ours.
            SubmitError: Snowflake refused the job.
            TransientError: It could not be sent for the whole time.
        """
        where = f"EXECUTE JOB SERVICE {job}"
        reply_lost = False

        def send() -> Submission:
            nonlocal reply_lost
            if reply_lost and (there := self._describe(job)) is not None and there.comment == comment:
                return Submission(job, "", adopted=False)
            try:
                reply = self._run(statement)
            except Exception as error:
                reply_lost = reply_lost or passes(error)
                raise
            return Submission(job, reply.query_id, adopted=False)

        try:
            return self._patience.call(send, where, self._notice)
        except Exception as error:
            refused = refusal(error, where, submitting=True)
            if refused.errno != ALREADY_EXISTS:
                raise refused from error
            there = self._patience.call(lambda: self._describe(job), f"DESCRIBE SERVICE {job}", self._notice)
            if there is not None and reply_lost and there.comment == comment:
                return Submission(job, "", adopted=False)
            if _same_task(there, stamp):
                return Submission(job, "", adopted=True)
            raise _taken(job, there, refused) from error


def _same_task(there: JobState | None, stamp: Stamp | None) -> bool:
    return there is not None and stamp is not None and there.stamp is not None and there.stamp.same_task(stamp)


def _taken(job: JobName, there: JobState | None, refused: StatementError) -> NameTaken:
    holder = "something this role cannot see"
    if there is not None:
        holder = f"a job that is {there.status}, with the comment {there.comment!r}"
    return NameTaken(
        refused.where,
        f"the name is taken by {holder}",
        "A name stays taken until its job is dropped, and only a job with this task's own stamp is adopted",
        f"Choose another name, or DROP SERVICE {job}",
        "EXECUTE JOB SERVICE",
        errno=refused.errno,
        sqlstate=refused.sqlstate,
        query_id=refused.query_id,
    )
