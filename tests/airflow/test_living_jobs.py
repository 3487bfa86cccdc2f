"""Whatever goes wrong while a job lives: the retry takes it over, the last try stops it, and the log says which."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from airflow_provider_spcs import SpcsHook, SpcsJobOperator, SpcsJobSensor
from airflow_provider_spcs.decorators import SpcsCommandOperator
from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.errors import InvalidInput, JobError, JobFailedError, TransientError
from tests.airflow.fakes import TaskInstance, context
from tests.airflow.test_promises import job_of, started
from tests.airflow.test_trigger import FAIL, SEVEN, SLEEP, defer, first_event, status
from tests.gate import Gate
from tests.waiting import until

LIVING, STOPPED = ("PENDING", "RUNNING"), ("CANCELLING", "CANCELLED")
TRIES = pytest.mark.parametrize(
    ("try_number", "ends", "said"),
    [(1, LIVING, "goes on; the retry takes it over"), (3, STOPPED, "The job is cancelled; its record is kept.")],
)


class Refusing(TaskInstance):
    """A task instance whose Airflow takes no XComs of some keys, as an API server that is overloaded."""

    refused: tuple[str, ...] = ("job_url",)

    def xcom_push(self, key: str, value: Any) -> None:
        """Keep the value, or fail."""
        if key in self.refused:
            raise RuntimeError(f"the API server does not answer for {key}")
        super().xcom_push(key, value)


def fail_after_submission(kind: str, job: dict[str, Any], ti: TaskInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    """One way to fail that no error of Snowflake's is behind."""
    if kind == "defect":

        def broken(*_: Any) -> Any:
            raise RuntimeError("a defect")

        # What is asked after the failure is asked of the real one.
        monkeypatch.setattr(SpcsHook, "find_job", broken)
    more = {"deferred": {"deferrable": True}, "detached": {"wait_for_completion": False}}.get(kind, {})
    with pytest.raises(RuntimeError):
        SpcsJobOperator(**job, command=SLEEP, **more).execute(context(ti))


@TRIES
@pytest.mark.parametrize("kind", ["defect", "worker", "deferred", "detached"])
def test_living_job_of_a_task_that_fails_of_something_else_is_not_left_alone(
    job: dict[str, Any],
    *,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    try_number: int,
    ends: tuple[str, ...],
    said: str,
) -> None:
    """Airflow's own API fails right after the submission, or our code does."""
    make = TaskInstance if kind == "defect" else Refusing
    ti = make(run_id=f"fails-{kind}-{try_number}", try_number=try_number)
    fail_after_submission(kind, job, ti, monkeypatch)
    assert status(job_of(ti)) in ends
    assert said in capsys.readouterr().out


def test_living_job_of_a_task_that_no_retry_follows_is_stopped(
    job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first of three tries, and an error that no retry mends: Airflow makes no second one."""
    ti = TaskInstance(run_id="hopeless")

    def refused(*_: Any) -> Any:
        raise InvalidInput("role", "it was dropped")

    monkeypatch.setattr(SpcsHook, "find_job", refused)
    with pytest.raises(InvalidInput):
        SpcsJobOperator(**job, command=SLEEP).execute(context(ti))
    assert status(ti.xcoms["job_name"]) in STOPPED


def test_submission_whose_answer_is_lost_is_stopped_on_the_last_try(
    job: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Patience is over before anybody knows whether the job is there; it is."""
    ti = TaskInstance(run_id="answer-lost", try_number=3)
    submit = SpcsHook.submit_job

    def unanswered(hook: SpcsHook, *args: Any, **more: Any) -> Any:
        submit(hook, *args, **more)
        raise TransientError("EXECUTE JOB SERVICE", "no reply for the whole time")

    monkeypatch.setattr(SpcsHook, "submit_job", unanswered)
    with pytest.raises(TransientError):
        SpcsJobOperator(**job, command=SLEEP).execute(context(ti))
    assert status(job_of(ti)) in STOPPED
    assert f"{job_of(ti)} would be left behind. The job is cancelled" in capsys.readouterr().out
    assert ti.xcoms["job_failure"]["error"] == "TransientError"


@TRIES
def test_deferral_that_airflow_ends_itself_is_a_wait_that_failed(
    job: dict[str, Any], try_number: int, ends: tuple[str, ...], said: str
) -> None:
    """The triggerer's image has not this package: Airflow resumes the task only to fail it."""
    ti = TaskInstance(run_id=f"no-trigger-{try_number}", try_number=try_number)
    operator, trigger = defer(job, SLEEP, ti)
    told = {"error": "Trigger failure", "traceback": ["Traceback\n", "ModuleNotFoundError: No module named 'x'\n"]}
    with pytest.raises(JobError) as caught:
        operator.resume_execution("__fail__", told, context(ti))
    assert "Trigger failure (ModuleNotFoundError: No module named 'x')" in str(caught.value)
    assert said in str(caught.value)
    assert ti.xcoms["job_failure"]["error"] == "JobError"
    assert status(trigger.job_name) in ends


def test_deferral_that_airflow_ends_after_the_job_is_done_is_a_success(job: dict[str, Any], gate: Gate) -> None:
    """Snowflake's word counts."""
    ti = TaskInstance(run_id="no-trigger-done")
    operator, trigger = defer(job, SEVEN, ti, volumes=gate.volumes)
    gate.open()
    until(lambda: status(trigger.job_name) == "DONE", "the job's end")
    assert operator.resume_execution("__fail__", {"error": "Trigger failure"}, context(ti)) == 7


def test_task_that_airflow_resumes_goes_on_as_it_asked(job: dict[str, Any], gate: Gate) -> None:
    """The usual way back from the triggerer."""
    ti = TaskInstance(run_id="resumed")
    operator, trigger = defer(job, SEVEN, ti, volumes=gate.volumes)
    gate.open()
    event = asyncio.run(first_event(trigger))
    assert operator.resume_execution("execute_complete", {"event": event}, context(ti)) == 7


def test_interrupt_from_the_keyboard_stops_the_job(job: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """``dag.test()`` on a laptop ends with Ctrl-C, and Airflow then calls no ``on_kill``."""
    ti = TaskInstance(run_id="ctrl-c", try_number=3)

    def interrupted(*_: Any) -> Any:
        monkeypatch.undo()
        raise KeyboardInterrupt

    monkeypatch.setattr(SpcsHook, "find_job", interrupted)
    with pytest.raises(KeyboardInterrupt):
        SpcsJobOperator(**job, command=SLEEP).execute(context(ti))
    assert status(ti.xcoms["job_name"]) in STOPPED


def test_command_function_that_fails_on_the_last_try_leaves_no_job(job: dict[str, Any]) -> None:
    """The try before it was lost with its worker; nobody will ask for its job again."""
    first, last = (TaskInstance(run_id="function-fails", try_number=number) for number in (2, 3))

    def command() -> list[str]:
        raise ValueError("a defect of the DAG")

    started(job, SLEEP, first.run_id)
    with pytest.raises(ValueError, match="a defect of the DAG"):
        SpcsCommandOperator(python_callable=command, **job).execute(context(last))
    assert status(job_of(last)) in STOPPED


def test_airflow_that_takes_no_facts_hides_no_failure(job: dict[str, Any], gate: Gate) -> None:
    """The failed job's error is the task's, whatever becomes of the XCom."""
    gate.open()
    ti = Refusing(run_id="no-facts")
    ti.refused = ("job_failure", "return_value")
    with pytest.raises(JobFailedError, match="exit code 3"):
        SpcsJobOperator(**job, command=FAIL, volumes=gate.volumes).execute(context(ti))


def test_sensor_tells_of_the_failed_job_when_its_containers_cannot_be_asked_for(
    job: dict[str, Any], gate: Gate, account: RunningAccount
) -> None:
    """A privilege that is missing for the details does not hide what happened."""
    gate.open()
    name = started(job, FAIL, "sensor-details", volumes=gate.volumes)
    until(lambda: status(name) == "FAILED", "the job's end")
    ti = TaskInstance(task_id="wait", run_id="sensor-details")
    fault = account.faults.statement_error(3001, "no privilege", sql="^SHOW SERVICE CONTAINERS", times=None)
    try:
        with pytest.raises(JobFailedError):
            SpcsJobSensor(task_id="wait", job_name=name, poke_interval=0.2).execute(context(ti))
    finally:
        fault.remove()
    assert ti.xcoms["job_failure"]["error"] == "JobFailedError"
