"""What users of other operators asked for in vain, where no other file of this folder has the test already."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_spcs import SpcsHook, SpcsJobOperator, SpcsJobSensor, SpcsJobTrigger
from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.ending import Ending, Reason
from airflow_provider_spcs.errors import (
    InvalidInput,
    JobCancelled,
    JobError,
    JobFailedError,
    JobInternalError,
    StatementError,
)
from airflow_provider_spcs.waiting import Waiter
from tests.airflow.fakes import TaskInstance, context
from tests.airflow.test_trigger import FAIL, SEVEN, SLEEP, defer, first_event, status
from tests.gate import Gate
from tests.waiting import until


def started(job: dict[str, Any], command: list[str], run_id: str, **more: Any) -> str:
    """A job that nobody waits for yet; its name."""
    operator = SpcsJobOperator(**job, command=command, wait_for_completion=False, **more)
    return str(operator.execute(context(TaskInstance(run_id=run_id))))


def by_worker(job: dict[str, Any], ti: TaskInstance) -> Any:
    """The same task waits in a worker: it takes the job over."""
    return SpcsJobOperator(**job, command=SLEEP).execute(context(ti))


def by_trigger(job: dict[str, Any], ti: TaskInstance) -> Any:
    """The same task waits in the triggerer."""
    operator, trigger = defer(job, SLEEP, ti)
    return operator.execute_complete(context(ti), asyncio.run(first_event(trigger)))


def by_sensor(job: dict[str, Any], ti: TaskInstance) -> Any:
    """Somebody else waits for it."""
    return SpcsJobSensor(task_id="wait", job_name=job_of(ti), poke_interval=0.2).execute(context(ti))


def job_of(ti: TaskInstance) -> str:
    """The name of the only job of a run."""
    with SpcsHook() as hook:
        found = [each for each in hook.list_jobs("EMULATOR.PUBLIC") if each.stamp and each.stamp.run_id == ti.run_id]
    return str(found[0].name)


@pytest.mark.parametrize("wait", [by_trigger, by_sensor, by_worker])
def test_job_cancelled_in_snowsight_is_never_a_success(
    job: dict[str, Any], wait: Callable[[dict[str, Any], TaskInstance], Any]
) -> None:
    """One classifier for every way to wait; a person's cancel is no success in any of them."""
    ti = TaskInstance(run_id=f"snowsight-{wait.__name__}")
    name = started(job, SLEEP, ti.run_id)

    def cancel() -> None:
        until(lambda: "job_url" in ti.xcoms, "a task that waits")
        with SpcsHook() as hook:
            hook.cancel_job(name)

    person = threading.Thread(target=cancel)
    person.start()
    with pytest.raises(JobCancelled):
        wait(job, ti)
    person.join()


@pytest.mark.parametrize(("last", "ends"), [(True, ("CANCELLING", "CANCELLED")), (False, ("PENDING", "RUNNING"))])
def test_job_of_a_task_that_fails_for_good_is_cancelled(
    job: dict[str, Any], monkeypatch: pytest.MonkeyPatch, last: bool, ends: tuple[str, ...]
) -> None:
    """An error of our own leaves no job to bill on: the retry takes it over, and where there is none it is stopped."""

    def refused(self: Waiter) -> Ending:
        raise StatementError("SHOW", "the privilege was taken away")

    monkeypatch.setattr(Waiter, "run", refused)
    ti = TaskInstance(run_id=f"for-good-{last}", try_number=3 if last else 1)
    with pytest.raises(StatementError):
        SpcsJobOperator(**job, command=SLEEP).execute(context(ti))
    assert status(ti.xcoms["job_name"]) in ends


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("name", [None, "BAD_RETRY_{}"])
def test_bad_input_on_a_retry_leaves_no_job_of_an_earlier_try(
    job: dict[str, Any], capsys: pytest.CaptureFixture[str], name: str | None, keep: bool
) -> None:
    """The DAG was changed while it ran; the task fails for good, and says what becomes of the job it has."""
    own = name and name.format(keep).upper()
    first, second = (TaskInstance(run_id=f"bad-retry-{own}-{keep}", try_number=number) for number in (1, 2))
    _, one = defer(job, SLEEP, first, name=own)
    with pytest.raises(InvalidInput):
        SpcsJobOperator(
            **{**job, "image": None}, command=SLEEP, name=own, on_kill_action="keep_job" if keep else None
        ).execute(context(second))
    assert status(one.job_name) in (("PENDING", "RUNNING") if keep else ("CANCELLING", "CANCELLED"))
    assert (
        f"{one.job_name} would be left behind. The job {'goes on and bills' if keep else 'is cancelled'}"
        in capsys.readouterr().out
    )


def test_bad_input_of_a_resumed_task_leaves_no_job(job: dict[str, Any]) -> None:
    """A clock ran out in the triggerer, and the DAG was changed meanwhile."""
    ti = TaskInstance(run_id="bad-resume")
    _, trigger = defer(job, SLEEP, ti)
    event = Ending(trigger.job_name, Reason.JOB_TIMEOUT, "RUNNING").to_event()
    with pytest.raises(InvalidInput):
        SpcsJobOperator(**job, command=SLEEP, on_finish_action="nonsense").execute_complete(context(ti), event)
    assert status(trigger.job_name) in ("CANCELLING", "CANCELLED")


def test_last_try_that_cannot_ask_says_that_a_job_may_go_on(
    job: dict[str, Any], account: RunningAccount, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether an earlier try left one is unknown then, and what finds it is named."""
    fault = account.faults.statement_error(3001, "no privilege", sql="^SHOW JOB SERVICES", times=None)
    try:
        with pytest.raises(StatementError):
            SpcsJobOperator(**job, command=SLEEP).execute(context(TaskInstance(run_id="cannot-ask", try_number=3)))
    finally:
        fault.remove()
    assert "A job of this task may go on and bill" in capsys.readouterr().out


@pytest.mark.parametrize("deferrable", [False, True])
def test_last_try_that_cannot_look_at_what_it_submitted_stops_it(
    job: dict[str, Any], account: RunningAccount, deferrable: bool
) -> None:
    """The very first look already counts as waiting: the job is not left to bill, and the error is published."""
    ti = TaskInstance(run_id=f"cannot-look-{deferrable}", try_number=3)
    fault = account.faults.statement_error(3001, "no privilege", sql="^DESCRIBE SERVICE")
    try:
        with pytest.raises(StatementError):
            SpcsJobOperator(**job, command=SLEEP, deferrable=deferrable).execute(context(ti))
    finally:
        fault.remove()
    assert ti.xcoms["job_failure"]["errno"] == 3001
    assert status(ti.xcoms["job_name"]) in ("CANCELLING", "CANCELLED")


def test_task_that_resumes_believes_snowflake_and_not_the_event(job: dict[str, Any], gate: Gate) -> None:
    """A slow triggerer may say that the start took too long of a job that has ended well by now."""
    ti = TaskInstance(run_id="stale-event")
    operator, _ = defer(job, SEVEN, ti, volumes=gate.volumes)
    gate.open()
    until(lambda: status(ti.xcoms["job_name"]) == "DONE", "the job's end")
    stale = Ending(ti.xcoms["job_name"], Reason.STARTUP_TIMEOUT, "PENDING").to_event()
    assert operator.execute_complete(context(ti), stale) == 7


def test_retry_after_a_crash_while_deferred_waits_for_the_same_job(job: dict[str, Any]) -> None:
    """Gating adoption on the mode lost it for deferred retries elsewhere."""
    first, second = (TaskInstance(run_id="deferred-crash", try_number=number) for number in (1, 2))
    _, one = defer(job, SLEEP, first)
    _, two = defer(job, SLEEP, second)
    assert one.job_name == two.job_name
    assert one.generation == two.generation


def test_clear_while_deferred_waits_for_a_new_job(job: dict[str, Any]) -> None:
    """The cleared attempt's job is cancelled, the new one's lives and is what the new trigger waits for."""
    first = TaskInstance(run_id="deferred-clear")
    _, one = defer(job, SLEEP, first)
    second = TaskInstance(run_id="deferred-clear", try_number=2, max_tries=first.max_tries + 1)
    _, two = defer(job, SLEEP, second)
    assert one.job_name != two.job_name
    assert status(one.job_name) in ("CANCELLING", "CANCELLED")
    assert status(two.job_name) in ("PENDING", "RUNNING")


def test_failed_job_that_is_to_be_dropped_is_read_first(job: dict[str, Any], gate: Gate) -> None:
    """Nobody can read why it failed afterwards."""
    gate.open()
    ti = TaskInstance(run_id="read-first")
    operator = SpcsJobOperator(**job, command=FAIL, volumes=gate.volumes, on_finish_action="delete_job")
    with pytest.raises(JobFailedError) as caught:
        operator.execute(context(ti))
    assert caught.value.last_lines == ("begun", "boom")
    assert caught.value.exit_code == 3
    assert status(ti.xcoms["job_name"]) is None


def test_resumed_task_knows_its_job_when_it_is_killed(job: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing on the operator survives a deferral, so the event names the job before anything else happens."""
    ti = TaskInstance(run_id="resumed-kill")
    _, trigger = defer(job, SLEEP, ti)
    resumed = SpcsJobOperator(**job, command=SLEEP, deferrable=True)

    def killed(self: SpcsHook, *_: Any) -> Any:
        monkeypatch.undo()
        resumed.on_kill()
        raise JobError(trigger.job_name, "killed")

    monkeypatch.setattr(SpcsHook, "find_job", killed)
    event = Ending(trigger.job_name, Reason.ERROR).to_event()
    with pytest.raises(JobError):
        resumed.execute_complete(context(ti), event)
    assert status(trigger.job_name) in ("CANCELLING", "CANCELLED")


def test_waiting_trigger_logs_in_once_however_often_it_looks(
    job: dict[str, Any], gate: Gate, account: RunningAccount
) -> None:
    """The first-party trigger logs in for each look; a token that runs out on the way is renewed, once."""
    ti = TaskInstance(run_id="logins")
    _, trigger = defer(job, SEVEN, ti, volumes=gate.volumes, get_logs=False)
    logins = account.faults.slow(0, path="/session/v1/login-request", times=None)
    looks = account.faults.slow(0, sql="^SHOW JOB SERVICES", times=None)
    account.faults.log.clear()

    def seen(part: str) -> int:
        return sum(part in item.target for item in account.faults.log)

    async def wait() -> dict[str, Any]:
        waiting = asyncio.create_task(first_event(SpcsJobTrigger(**{**trigger.serialize()[1], "poll_interval": 0.1})))
        while seen("query-request") < 5 and not waiting.done():
            await asyncio.sleep(0.05)
        gate.open()
        return await waiting

    try:
        event = asyncio.run(wait())
        assert event["status"] == "DONE"
        assert seen("login-request") == 1
    finally:
        logins.remove()
        looks.remove()


def test_job_failed_by_the_platform_is_told_apart(job: dict[str, Any], account: RunningAccount) -> None:
    """INTERNAL_ERROR is worth a retry, an application's error may not be."""
    name = started(job, SLEEP, "platform")
    until(lambda: status(name) == "RUNNING", "a running job")
    account.faults.node_lost(job=name.rpartition(".")[2])
    with pytest.raises(JobInternalError) as caught:
        by_sensor(job, TaskInstance(task_id="wait", run_id="platform"))
    assert caught.value.retryable
