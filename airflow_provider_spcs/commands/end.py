"""The end of a job that `spcs submit` waits for: its result, or why it failed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.commands.find import the_job
from airflow_provider_spcs.commands.follow import Showing, follow_job
from airflow_provider_spcs.commands.outcome import PROBLEM, fail, note
from airflow_provider_spcs.commands.output import line, print_json
from airflow_provider_spcs.errors import JobTimeout, SpcsError

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.commands.prepare import Prepared
    from airflow_provider_spcs.errors import JobError
    from airflow_provider_spcs.result import Result
    from airflow_provider_spcs.rows import JobState
    from airflow_provider_spcs.submission import Submission

_TAIL = 20


@dataclass(frozen=True)
class End:
    """How a job ended.

    Attributes:
        job: As seen last.
        result: What it left; None when that could not be read.
        failure: Why it did not end well; None when it did.
    """

    job: JobState
    result: Result | None
    failure: JobError | None

    def tell(self, document: dict[str, Any], *, as_json: bool, shown: bool) -> None:
        """Print it; the exit code is 1 unless it ended well.

        Args:
            document: What is known of the job before; printed as JSON with the end added.
            as_json: Whether JSON is printed.
            shown: Whether the log was shown already.
        """
        if as_json:
            print_json({**document, **self._document()})
        elif self.result is not None and self.result.present:
            line(f"Result: {json.dumps(self.result.value, ensure_ascii=False)}")
        if self.failure is None:
            return
        for each in () if shown else self.failure.last_lines:
            note(each)
        fail(self.failure, PROBLEM)

    def _document(self) -> dict[str, Any]:
        found: dict[str, Any] = {"status": self.job.status.value}
        if self.result is not None and self.result.present:
            found["result"] = self.result.value
        if self.failure is not None:
            found["error"] = str(self.failure)
            found["exit_code"] = self.failure.exit_code
            found["last_lines"] = list(self.failure.last_lines)
        return found


def wait_for(
    client: SpcsClient, prepared: Prepared, submission: Submission, showing: Showing | None, timeout: float | None
) -> End:
    """Wait for a submitted job.

    Args:
        client: Asks.
        prepared: The job.
        submission: As it was submitted.
        showing: How its log is shown; None shows none.
        timeout: Seconds; None waits for ever.

    Raises:
        JobTimeout: The time is over; the job goes on.
    """
    name = submission.name
    further = f"Follow it: spcs logs -f {name}; stop it: spcs cancel {name}"
    try:
        job = follow_job(client, the_job(client, str(name)), showing, seconds=timeout)
    except KeyboardInterrupt:
        note(f"{name} goes on. {further}", "yellow")
        raise
    if not job.status.terminal:
        raise JobTimeout(str(name), f"it is {job.status} after {timeout:g} seconds, and goes on", "", further)
    return End(job, _result(client, prepared), None if job.status.succeeded else _explain(client, job))


def _result(client: SpcsClient, prepared: Prepared) -> Result | None:
    from airflow_provider_spcs.result import read_result

    try:
        return read_result(client, prepared.order.result_stage(prepared.name), git=False)  # type: ignore[arg-type]
    except SpcsError as error:
        note(f"The result cannot be read: {error}", "yellow")
        return None


def _explain(client: SpcsClient, job: JobState) -> JobError:
    from airflow_provider_spcs.ending import Ending, Reason
    from airflow_provider_spcs.failure import Facts, explain
    from airflow_provider_spcs.logs import follow

    follower = follow(client, job.name)
    follower.finish()
    return explain(
        Facts(
            Ending(str(job.name), Reason.ENDED, job.status.value),
            job,
            client.containers(job.name) or job.containers,
            client.pool_state(job.compute_pool) if job.compute_pool else None,
            follower.tail[-_TAIL:],
            fate="The job is kept; it no longer bills.",
        )
    )
