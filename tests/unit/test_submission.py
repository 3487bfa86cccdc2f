"""A job is submitted once, however often its statement has to be sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from snowflake.connector import errors as connector

from airflow_provider_spcs import rows
from airflow_provider_spcs.errors import NameTaken, SubmitError, TransientError
from airflow_provider_spcs.naming import JobName, Stamp
from airflow_provider_spcs.rows import JobState
from airflow_provider_spcs.session import Reply
from airflow_provider_spcs.sql import Sql
from airflow_provider_spcs.submission import Submission, Submitter
from airflow_provider_spcs.transient import Patience

JOB = JobName("DB", "S", "N")
STAMP = Stamp("d", "t", "r")


def exists() -> connector.ProgrammingError:
    """A second job of that name."""
    return connector.ProgrammingError("exists", errno=2002, sqlstate="42710")


@dataclass
class Remote:
    """A Snowflake with one schema: it runs jobs, refuses a second of the same name, and loses replies when told to."""

    jobs: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    sent: int = 0

    def run(self, statement: Sql) -> Reply:
        """EXECUTE JOB SERVICE; the comment is what the test put into the statement's text."""
        self.sent += 1
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "request lost":
            raise connector.OperationalError("reset", errno=250003)
        if str(JOB) in self.jobs:
            raise exists()
        self.jobs[str(JOB)] = statement.text
        if fault == "reply lost":
            raise connector.OperationalError("reset", errno=250003)
        return Reply([], "query-1")

    def describe(self, job: JobName) -> JobState | None:
        """DESCRIBE SERVICE."""
        if str(job) not in self.jobs:
            return None
        row = {
            "database_name": "DB",
            "schema_name": "S",
            "name": "N",
            "status": "PENDING",
            "comment": self.jobs[str(job)],
        }
        return rows.job_state(row)

    def submit(self, stamp: Stamp | None = STAMP, comment: str = "", timeout: float = 600) -> Submission:
        """Submit through the class under test."""
        clock = [0.0]

        def sleep(seconds: float) -> None:
            clock[0] += seconds

        patience = Patience(timeout, sleep=sleep, clock=lambda: clock[0])
        notice: Callable[[str], None] = lambda _: None  # noqa: E731 - a notice nobody reads
        text = stamp.to_comment() if stamp else comment
        return Submitter(self.run, self.describe, patience, notice).submit(JOB, Sql(text), comment=text, stamp=stamp)


def test_submission_has_name_and_query_id() -> None:
    """Both are kept: the name finds the job, the query id finds its history."""
    assert Remote().submit() == Submission(JOB, "query-1", adopted=False)


@pytest.mark.parametrize("faults", [["reply lost"], ["request lost"], ["request lost", "reply lost", "request lost"]])
def test_lost_reply_or_request_makes_exactly_one_job(faults: list[str]) -> None:
    """After a lost reply our own name is asked for before anything is sent again."""
    remote = Remote(faults=faults)
    submission = remote.submit()
    assert len(remote.jobs) == 1
    assert not submission.adopted


def test_lost_reply_without_a_stamp_is_known_by_its_comment() -> None:
    """Also a job that nobody stamped is not submitted twice."""
    remote = Remote(faults=["reply lost"])
    remote.submit(stamp=None, comment="mine")
    assert remote.sent == 1


def test_job_with_our_own_stamp_is_adopted() -> None:
    """A worker that crashed after submitting finds its job again, also on a later try."""
    remote = Remote(jobs={str(JOB): Stamp("d", "t", "r", try_number=1).to_comment()})
    assert remote.submit(Stamp("d", "t", "r", try_number=2)) == Submission(JOB, "", adopted=True)


@pytest.mark.parametrize("comment", ["", "somebody's", Stamp("other", "t", "r").to_comment()])
def test_job_of_another_is_never_adopted(comment: str) -> None:
    """The error says whose it is and what to do."""
    with pytest.raises(NameTaken, match=r"DROP SERVICE DB\.S\.N") as caught:
        Remote(jobs={str(JOB): comment}).submit()
    assert caught.value.errno == 2002


def test_job_is_not_adopted_without_a_stamp() -> None:
    """Equal comments prove nothing unless a reply of ours was lost."""
    with pytest.raises(NameTaken):
        Remote(jobs={str(JOB): "mine"}).submit(stamp=None, comment="mine")


def test_refused_job_is_a_submit_error() -> None:
    """And is not sent again."""
    remote = Remote()
    sent = []

    def refuse(statement: Sql) -> Reply:
        sent.append(statement)
        raise connector.ProgrammingError("no pool", errno=2003, sqlstate="02000")

    remote.run = refuse  # type: ignore[method-assign]
    with pytest.raises(SubmitError, match="no pool"):
        remote.submit()
    assert len(sent) == 1


def test_network_that_stays_down_ends_in_a_transient_error() -> None:
    """After transient_timeout, with nothing submitted."""
    remote = Remote(faults=["request lost"] * 1000)
    with pytest.raises(TransientError):
        remote.submit(timeout=60)
    assert not remote.jobs
