"""A task is stopped while it waits in the worker."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

from airflow_provider_spcs import SpcsHook, SpcsJobOperator, killing
from airflow_provider_spcs.errors import JobCancelled, WorkerStopped
from airflow_provider_spcs.killing import stop_job
from tests.airflow.fakes import TaskInstance, context
from tests.waiting import DEADLINE, until

SLEEP = ["python", "-c", "import time; time.sleep(3600)"]


def in_thread(operator: SpcsJobOperator, ti: TaskInstance) -> tuple[list[BaseException], Callable[[], None]]:
    """Run a task in a thread; what it raised, and what stops it once its job is submitted."""
    raised: list[BaseException] = []

    def work() -> None:
        try:
            operator.execute(context(ti))
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test looks at it
            raised.append(error)

    thread = threading.Thread(target=work)
    thread.start()

    def kill() -> None:
        until(lambda: "job_name" in ti.xcoms, "a submitted job")
        operator.on_kill()
        thread.join(DEADLINE)

    return raised, kill


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
    raised, kill = in_thread(operator, ti)
    kill()
    assert [type(error) for error in raised] == [JobCancelled]
    with SpcsHook() as hook:
        state = hook.describe_job(ti.xcoms["job_name"])
        assert (state.status.value if state else None) in ends
        hook.cancel_job(ti.xcoms["job_name"])


@pytest.mark.parametrize(
    ("state", "try_number", "error", "lives"),
    [
        ("running", 1, WorkerStopped, True),
        (None, 1, WorkerStopped, True),
        ("running", 3, JobCancelled, False),
        ("failed", 1, JobCancelled, False),
        ("restarting", 1, JobCancelled, False),
    ],
)
def test_on_kill_of_a_task_that_airflow_still_wants_leaves_the_job_to_the_retry(
    job: dict[str, Any],
    *,
    monkeypatch: pytest.MonkeyPatch,
    state: str | None,
    try_number: int,
    error: type[Exception],
    lives: bool,
) -> None:
    """A drained node stops a worker, not the task; after the last try, or a person's stop, nobody adopts the job."""
    run_id = f"drained-{state}-{try_number}"
    monkeypatch.setattr(RuntimeTaskInstance, "get_task_states", staticmethod(lambda **_: {run_id: {"job": state}}))
    ti = TaskInstance(run_id=run_id, try_number=try_number, max_tries=2)
    raised, kill = in_thread(SpcsJobOperator(**job, command=SLEEP), ti)
    kill()
    assert [type(each) for each in raised] == [error]
    with SpcsHook() as hook:
        found = hook.describe_job(ti.xcoms["job_name"])
        assert found is not None
        assert (found.status.value in ("PENDING", "RUNNING")) is lives
        hook.cancel_job(found.name)


def test_job_that_our_own_stop_dropped_has_not_vanished(job: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits may see the drop sooner than hear of the stop."""
    ti = TaskInstance(run_id="drop-seen-first")
    raised, kill = in_thread(SpcsJobOperator(**job, command=SLEEP, on_kill_action="drop_job"), ti)

    def stop_and_linger(hook: SpcsHook, name: str, action: str) -> None:
        stop_job(hook, name, action)
        until(lambda: raised, "the task's end")

    monkeypatch.setattr(killing, "stop_job", stop_and_linger)
    kill()
    assert [type(error) for error in raised] == [JobCancelled]


def test_on_kill_before_anything_was_submitted_does_nothing(job: dict[str, Any]) -> None:
    """A task may be stopped while its template is rendered."""
    SpcsJobOperator(**job, command=SLEEP).on_kill()
