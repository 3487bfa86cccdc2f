"""Jobs that a task would leave behind because it fails for good before it looks for them: stopped, and said so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_provider_spcs.attempt import plan
from airflow_provider_spcs.errors import SpcsError
from airflow_provider_spcs.killing import stop_job
from airflow_provider_spcs.policy import ON_KILL_FATES
from airflow_provider_spcs.retrying import Worth, advise

if TYPE_CHECKING:
    from airflow_provider_spcs.attempt import Attempt
    from airflow_provider_spcs.operators import SpcsJobOperator


@contextmanager
def no_leftovers(task: SpcsJobOperator, attempt: Attempt) -> Iterator[None]:
    """When the block fails and no retry follows, stop whatever job of the task still lives."""
    try:
        yield
    except Exception as error:
        if attempt.last or advise(error).worth is Worth.FAIL:
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
                    task.log.warning("%s, of an earlier try: %s", job.name, ON_KILL_FATES[action])
    except SpcsError as error:
        say_unknown(task, error)


def say_unknown(task: SpcsJobOperator, error: SpcsError) -> None:
    """Warn that nobody could ask whether there is such a job."""
    task.log.warning(
        "A job of an earlier try may go on and bill, and could not be looked for (%s). `spcs gc` finds jobs whose task "
        "has ended.",
        error.what,
    )
