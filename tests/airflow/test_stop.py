"""A task is stopped while it waits in the worker."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from airflow_provider_spcs import SpcsHook, SpcsJobOperator
from airflow_provider_spcs.errors import JobCancelled
from tests.airflow.fakes import TaskInstance, context

SLEEP = ["python", "-c", "import time; time.sleep(30)"]


@pytest.mark.parametrize(
    ("action", "ends"),
    [
        ("cancel_job", ("CANCELLING", "CANCELLED")),
        ("drop_job", (None, "DELETING")),
        ("keep_job", ("PENDING", "RUNNING")),
    ],
)
def test_on_kill_ends_the_wait_and_treats_the_job_by_policy(
    job: dict[str, Any], action: str, ends: tuple[str | None, ...]
) -> None:
    """The remote job is stopped, its evidence kept or not, as asked; the task does not go on waiting."""
    ti = TaskInstance(run_id=action)
    operator = SpcsJobOperator(**job, command=SLEEP, on_kill_action=action)
    raised: list[BaseException] = []

    def work() -> None:
        try:
            operator.execute(context(ti))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test looks at it
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + 20
    while "job_name" not in ti.xcoms and time.monotonic() < deadline:
        time.sleep(0.05)
    operator.on_kill()
    thread.join(20)
    assert [type(error) for error in raised] == [JobCancelled]
    with SpcsHook() as hook:
        state = hook.describe_job(ti.xcoms["job_name"])
        assert (state.status.value if state else None) in ends
        hook.cancel_job(ti.xcoms["job_name"])


def test_on_kill_before_anything_was_submitted_does_nothing(job: dict[str, Any]) -> None:
    """A task may be stopped while its template is rendered."""
    SpcsJobOperator(**job, command=SLEEP).on_kill()
