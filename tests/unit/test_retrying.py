"""What becomes of a failed task: which errors are worth a retry, and which are a person's to mend."""

from __future__ import annotations

import pytest

from airflow_provider_spcs.errors import (
    InvalidInput,
    JobCancelled,
    JobFailedError,
    JobInternalError,
    JobOutOfMemory,
    JobTimeout,
    JobVanished,
    NameTaken,
    ResultError,
    SpcsError,
    SpecError,
    StartupTimeout,
    StatementError,
    TransientError,
    WorkerStopped,
)
from airflow_provider_spcs.refusal import refusal
from airflow_provider_spcs.retrying import Worth, advise


def failed(code: int | None) -> JobFailedError:
    """A job whose container ended so."""
    return JobFailedError("DB.S.J", "FAILED", exit_code=code)


def connectors(errno: int, sqlstate: str) -> Exception:
    """What the connector raises for a refused statement."""
    from snowflake.connector.errors import ProgrammingError

    return ProgrammingError("no", errno=errno, sqlstate=sqlstate)


@pytest.mark.parametrize(
    "error",
    [
        InvalidInput("a", "b"),
        SpecError("a", "b"),
        ResultError("a", "b"),
        JobOutOfMemory("a", "b"),
        failed(126),
        failed(127),
    ],
)
def test_advice_on_what_no_retry_mends_is_to_fail(error: SpcsError) -> None:
    """Bad input, an unreadable result, too little memory, a command that is not there: the job would cost again."""
    assert advise(error).worth is Worth.FAIL


@pytest.mark.parametrize(
    "error",
    [JobInternalError("a", "b"), JobVanished("a", "b"), StartupTimeout("a", "b"), TransientError("a", "b"),
     WorkerStopped("a", "b")],
)  # fmt: skip
def test_advice_on_the_platforms_faults_is_to_retry(error: SpcsError) -> None:
    """INTERNAL_ERROR, node loss, capacity, a drained worker."""
    assert advise(error).worth is Worth.RETRY


@pytest.mark.parametrize(
    "error",
    [failed(1), failed(137), failed(None), JobCancelled("a", "b"), JobTimeout("a", "b"), NameTaken("a", "b"),
     StatementError("a", "b", errno=2003, sqlstate="02000"), ValueError("x")],
)  # fmt: skip
def test_advice_on_anything_else_is_the_tasks_own(error: BaseException) -> None:
    """The application's own failures are why people set ``retries``; others' errors are theirs to judge."""
    assert advise(error).worth is Worth.AS_SET


def test_advice_on_memory_follows_what_the_retry_has() -> None:
    """With a larger pool in reach the retry comes at once."""
    error = JobOutOfMemory("a", "b")
    error.hopeless = False
    assert advise(error).worth is Worth.RETRY
    assert advise(error).delay is not None


@pytest.mark.parametrize(
    ("errno", "sqlstate", "worth"),
    [
        (2003, "02000", Worth.FAIL),
        (3001, "42501", Worth.FAIL),
        (1003, "42000", Worth.FAIL),
        (395069, "23001", Worth.FAIL),
        (250001, "08001", Worth.FAIL),
        (399999, "53000", Worth.AS_SET),
        (399999, "", Worth.AS_SET),
    ],
)
def test_advice_on_a_refused_submission_goes_by_sqlstate_class(errno: int, sqlstate: str, worth: Worth) -> None:
    """Wrong objects, rights, specifications and logins are a person's; want of resources may pass."""
    assert advise(refusal(connectors(errno, sqlstate), "EXECUTE JOB SERVICE", submitting=True)).worth is worth


def test_advice_on_a_refused_look_does_not_give_a_living_job_up() -> None:
    """A privilege that is lost while a job runs may come back; failing at once would leave the job alone."""
    assert advise(refusal(connectors(3001, "42501"), "DESCRIBE SERVICE")).worth is Worth.AS_SET
