"""Crash, retry, clear, mapped: which job a try works on, against a running account."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from airflow_provider_spcs import SpcsHook, SpcsJobOperator
from airflow_provider_spcs.errors import JobFailedError, NameTaken
from tests.airflow.fakes import Store, TaskInstance, context

SLEEP = ["python", "-c", "import time; time.sleep(3600)"]
QUICK = ["python", "-c", "import pathlib; pathlib.Path('/airflow/xcom/return.json').write_text('7')"]
FAIL = ["python", "-c", "raise SystemExit(1)"]


class WorkerDied(BaseException):
    """Stands for kill -9: nothing of ours may catch it."""


@pytest.fixture
def jobs(account: Any) -> Callable[[TaskInstance], list[tuple[str, str]]]:
    """Names and statuses of the jobs that Snowflake has for a task instance, oldest first."""

    def ask(ti: TaskInstance) -> list[tuple[str, str]]:
        with SpcsHook() as hook:
            found = [job for job in hook.list_jobs("EMULATOR.PUBLIC") if job.stamp and job.stamp.run_id == ti.run_id]
        return [(job.name.name, job.status.value) for job in sorted(found, key=lambda job: job.name)]

    return ask


@pytest.fixture
def die_after_submit(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The worker dies between Snowflake's yes and our noting it: only the hook's reply is lost."""

    def arm() -> None:
        original = SpcsHook.submit_job

        def submit_and_die(self: SpcsHook, *args: Any, **kwargs: Any) -> Any:
            original(self, *args, **kwargs)
            monkeypatch.setattr(SpcsHook, "submit_job", original)
            raise WorkerDied

        monkeypatch.setattr(SpcsHook, "submit_job", submit_and_die)

    return arm


def run(job: dict[str, Any], command: list[str], ti: TaskInstance, store: Store | None = None, **more: Any) -> Any:
    """One try of the task."""
    return SpcsJobOperator(**job, command=command, on_finish_action="keep_job", **more).execute(context(ti, store))


@pytest.mark.parametrize("with_store", [True, False])
@pytest.mark.parametrize("name", [None, "OWN_NAME_{}"])
def test_crash_between_submit_and_note_retry_takes_the_job_over(
    job: dict[str, Any], jobs: Any, die_after_submit: Any, with_store: bool, name: str | None
) -> None:
    """One job, whatever Airflow stores, and with a name of the user's own too."""
    store = Store() if with_store else None
    first = TaskInstance(run_id=f"crash-{with_store}-{name}")
    own = name.format(with_store).upper() if name else None
    die_after_submit()
    with pytest.raises(WorkerDied):
        run(job, QUICK, first, store, name=own)
    assert run(job, QUICK, replace(first, try_number=2, xcoms={}), store, name=own) == 7
    assert [status for _, status in jobs(first)] == ["DONE"]


def test_retry_after_the_job_failed_runs_a_new_job(job: dict[str, Any], jobs: Any) -> None:
    """A job that failed is evidence, not something to wait for."""
    first = TaskInstance(run_id="job-failed")
    with pytest.raises(JobFailedError):
        run(job, FAIL, first)
    assert run(job, QUICK, replace(first, try_number=2, xcoms={})) == 7
    assert [status for _, status in jobs(first)] == ["FAILED", "DONE"]


def test_retry_after_the_job_failed_with_an_own_name_replaces_it(job: dict[str, Any], jobs: Any) -> None:
    """A name is taken until its job is dropped, so the failed one goes."""
    first = TaskInstance(run_id="named-failed")
    with pytest.raises(JobFailedError):
        run(job, FAIL, first, name="NAMED_FAILED")
    assert run(job, QUICK, replace(first, try_number=2, xcoms={}), name="NAMED_FAILED") == 7
    assert jobs(first) == [("NAMED_FAILED", "DONE")]


def test_clear_of_a_succeeded_task_runs_again(job: dict[str, Any], jobs: Any) -> None:
    """Never green without running: Clear means run."""
    store = Store()
    first = TaskInstance(run_id="clear-done")
    run(job, QUICK, first, store)
    run(job, QUICK, replace(first, try_number=2, max_tries=3, xcoms={}), store)
    assert [status for _, status in jobs(first)] == ["DONE", "DONE"]


@pytest.mark.parametrize("with_store", [True, False])
def test_clear_of_a_waiting_task_cancels_the_old_job_and_runs_a_new_one(
    job: dict[str, Any], jobs: Any, with_store: bool
) -> None:
    """Two attempts never run side by side."""
    store = Store() if with_store else None
    first = TaskInstance(run_id=f"clear-{with_store}")
    run(job, SLEEP, first, store, wait_for_completion=False)
    assert run(job, QUICK, replace(first, try_number=2, max_tries=4, xcoms={}), store) == 7
    old, new = jobs(first)
    assert old[1] in ("CANCELLING", "CANCELLED")
    assert new[1] == "DONE"


def test_crash_after_the_drop_takes_the_result_and_runs_nothing(job: dict[str, Any], jobs: Any) -> None:
    """A job that ended well and was dropped is not run again because Airflow had not heard of it."""
    store = Store()
    first = TaskInstance(run_id="after-drop")
    assert SpcsJobOperator(**job, command=QUICK).execute(context(first, store)) == 7
    assert jobs(first) == []
    second = replace(first, try_number=2, xcoms={})
    assert SpcsJobOperator(**job, command=FAIL).execute(context(second, store)) == 7
    assert jobs(first) == []


def test_durable_false_starts_a_new_job_and_cancels_the_old_one(job: dict[str, Any], jobs: Any) -> None:
    """Who does not want to resume does not want two jobs either."""
    first = TaskInstance(run_id="not-durable")
    run(job, SLEEP, first, wait_for_completion=False, durable=False)
    run(job, QUICK, replace(first, try_number=2, xcoms={}), durable=False)
    statuses = [status for _, status in jobs(first)]
    assert statuses[0] in ("CANCELLING", "CANCELLED")
    assert statuses[1] == "DONE"


def test_mapped_instances_have_jobs_of_their_own(job: dict[str, Any], jobs: Any) -> None:
    """The map index is part of the identity."""
    for index in (0, 1):
        run(job, QUICK, TaskInstance(run_id="mapped", map_index=index))
    names = [name for name, _ in jobs(TaskInstance(run_id="mapped"))]
    assert len(set(names)) == 2
    assert "_M0_" in names[0]
    assert "_M1_" in names[1]


def test_own_name_in_use_by_another_run_is_refused_and_left_alone(job: dict[str, Any], jobs: Any) -> None:
    """A fixed name is honoured, so two runs at once cannot both have it; the error says whose it is."""
    first = TaskInstance(run_id="holder")
    run(job, SLEEP, first, name="FIXED", wait_for_completion=False)
    with pytest.raises(NameTaken, match="holder"):
        run(job, QUICK, TaskInstance(run_id="other"), name="FIXED")
    ((_, status),) = jobs(first)
    assert status in ("PENDING", "RUNNING")
