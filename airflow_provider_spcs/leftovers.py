"""Jobs that a task would leave behind because it fails before it looks for them: stopped, and said so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_provider_spcs.attempt import plan
from airflow_provider_spcs.errors import NameTaken, SpcsError
from airflow_provider_spcs.killing import stop_job
from airflow_provider_spcs.policy import ON_KILL_FATES
from airflow_provider_spcs.retrying import Worth, advise

if TYPE_CHECKING:
    from airflow_provider_spcs.attempt import Attempt
    from airflow_provider_spcs.naming import JobName
    from airflow_provider_spcs.operators import SpcsJobOperator


@contextmanager
def no_leftovers(task: SpcsJobOperator, attempt: Attempt, *, submitted: bool = False) -> Iterator[None]:
    """When the block fails and no retry follows, stop whatever job of the task still lives.

    Args:
        task: The task.
        attempt: This try of it.
        submitted: Whether this try itself may have a job already.
    """
    try:
        yield
    except Exception as error:
        nobody_follows = attempt.last or advise(error).worth is Worth.FAIL
        if nobody_follows and (submitted or not attempt.first):
            _stop(task, attempt)
        raise


def _stop(task: SpcsJobOperator, attempt: Attempt) -> None:
    try:
        action = task.policy().on_kill_action
    except SpcsError:
        action = "cancel_job"
    try:
        with task.hook as hook:
            found = plan(hook, attempt, None, name=task.name, durable=True)
            for job in (*filter(None, [found.existing]), *found.stale):
                if not job.status.terminal:
                    stop_job(hook, str(job.name), action)
                    task.log.warning("%s would be left behind. %s", job.name, ON_KILL_FATES[action])
    except NameTaken:
        # Whoever has the name, it is no job of this task.
        return
    except SpcsError as error:
        say_unknown(task, error)


def own_job(task: SpcsJobOperator, attempt: Attempt) -> JobName | None:
    """The job that a task has waited for; None when it has none, or when nobody can say, which is then said."""
    try:
        with task.hook as hook:
            found = plan(hook, attempt, None, name=task.name, durable=True)
    except SpcsError as error:
        say_unknown(task, error)
        return None
    return found.existing.name if found.existing else found.previous


def say_unknown(task: SpcsJobOperator, error: SpcsError) -> None:
    """Warn that nobody could ask whether there is such a job."""
    task.log.warning(
        "A job of this task may go on and bill, and could not be looked for (%s). `spcs gc` finds jobs whose task "
        "has ended.",
        error.what,
    )
