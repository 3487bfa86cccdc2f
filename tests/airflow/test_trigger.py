"""The trigger in an event loop of its own, against a running account; and what its stop does."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from airflow_provider_spcs import SpcsHook, SpcsJobOperator, SpcsJobTrigger
from airflow_provider_spcs.door import Door
from airflow_provider_spcs.ending import Reason
from airflow_provider_spcs.errors import JobFailedError, JobTimeout
from airflow_provider_spcs.killing import Killer, Victim
from tests.airflow.airflow_names import TaskDeferred
from tests.airflow.fakes import Store, TaskInstance, context
from tests.gate import Gate, held
from tests.waiting import until

SLEEP = ["python", "-c", "import time; time.sleep(3600)"]
SEVEN = [
    "python",
    "-uc",
    held("print('over'); open('/airflow/xcom/return.json', 'w').write('7')", before="print('begun')"),
]
FAIL = ["python", "-uc", held("print('boom'); raise SystemExit(3)", before="print('begun')")]


def defer(job: dict[str, Any], command: list[str] | None, ti: TaskInstance, **more: Any) -> tuple[Any, SpcsJobTrigger]:
    """Start a task that defers; its operator and its trigger, as Airflow would store and make it again."""
    operator = SpcsJobOperator(**job, command=command, deferrable=True, **more)
    with pytest.raises(TaskDeferred) as deferred:
        operator.execute(context(ti))
    assert deferred.value.method_name == "execute_complete"
    _, kwargs = deferred.value.trigger.serialize()
    return operator, SpcsJobTrigger(**kwargs)


async def first_event(trigger: SpcsJobTrigger) -> dict[str, Any]:
    """The trigger's only event."""
    events = [event.payload async for event in trigger.run()]
    assert len(events) == 1
    return dict(events[0])


def status(name: str) -> str | None:
    """A job's status, asked for by the test itself."""
    with SpcsHook() as hook:
        state = hook.describe_job(name)
    return state.status.value if state else None


def test_trigger_path_and_arguments_are_api() -> None:
    """They lie in Airflow's database and outlive an upgrade: a change here breaks waiting tasks."""
    assert SpcsJobTrigger(job_name="D.S.J").serialize() == (
        "airflow_provider_spcs.triggers.SpcsJobTrigger",
        {"job_name": "D.S.J"},
    )
    every = {
        "job_name": "D.S.J",
        "snowflake_conn_id": "c",
        "poll_interval": 5.0,
        "database": "d",
        "schema": "s",
        "role": "r",
        "warehouse": "w",
        "authenticator": "a",
        "session_parameters": {"QUERY_TAG": "q"},
        "startup_deadline": 1.0,
        "job_deadline": 2.0,
        "execution_deadline": 3.0,
        "get_logs": False,
        "container_logs": ["main"],
        "cursor": {"x": 1},
        "on_kill_action": "drop_job",
        "transient_timeout_seconds": 60.0,
        "generation": 4,
    }
    path, kwargs = SpcsJobTrigger(**every).serialize()
    assert (path, kwargs) == ("airflow_provider_spcs.triggers.SpcsJobTrigger", every)


def test_deferred_job_returns_the_same_result_as_in_a_worker(job: dict[str, Any], gate: Gate) -> None:
    """One finishing path for both modes."""
    ti = TaskInstance(run_id="deferred")
    operator, trigger = defer(job, SEVEN, ti, volumes=gate.volumes)
    gate.open()
    event = asyncio.run(first_event(trigger))
    assert (event["reason"], event["status"]) == ("ended", "DONE")
    assert operator.execute_complete(context(ti), event) == 7


def test_deferred_log_lines_come_once_across_trigger_and_worker(
    job: dict[str, Any], gate: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the triggerer showed is not shown again, and nothing between is lost."""
    ti = TaskInstance(run_id="deferred-log")
    operator, trigger = defer(job, SEVEN, ti, volumes=gate.volumes)
    seen: list[str] = []

    async def wait() -> dict[str, Any]:
        waiting = asyncio.create_task(first_event(trigger))
        while not any(" begun " in line for line in seen) and not waiting.done():
            seen.extend(capsys.readouterr().out.splitlines())
            await asyncio.sleep(0.05)
        gate.open()
        return await waiting

    event = asyncio.run(wait())
    operator.execute_complete(context(ti), event)
    seen += capsys.readouterr().out.splitlines()
    lines = [line for line in seen if " begun " in line or " over " in line]
    assert [line.split("]")[1].split()[0] for line in lines] == ["begun", "over"]


def test_deferred_log_is_of_every_container_of_every_instance(
    job: dict[str, Any], gate: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    """Others show the base container of the first instance, or nothing until the end; each line says whose it is."""
    said = "import os; print('said by', os.environ['SNOWFLAKE_JOB_INDEX'])"
    containers = [
        {"name": name, "image": job["image"], "command": ["python", "-uc", program]}
        for name, program in (("main", held("print('over')", before=said)), ("beside", said))
    ]
    ti = TaskInstance(run_id="deferred-whole-log")
    several = {**job, "image": None, "spec": {"spec": {"containers": containers}}, "base_container_name": "main"}
    operator, trigger = defer(several, None, ti, replicas=2, volumes=gate.volumes)
    seen: list[tuple[str, ...]] = []

    def lines() -> list[tuple[str, ...]]:
        seen.extend(re.findall(r"\[(main|beside)/(\d)\] said by (\d)", capsys.readouterr().out))
        return seen

    async def wait() -> dict[str, Any]:
        waiting = asyncio.create_task(first_event(trigger))
        while len(lines()) < 4 and not waiting.done():
            await asyncio.sleep(0.05)
        gate.open()
        return await waiting

    operator.execute_complete(context(ti), asyncio.run(wait()))
    assert sorted(lines()) == [("beside", "0", "0"), ("beside", "1", "1"), ("main", "0", "0"), ("main", "1", "1")]


def test_trigger_asks_nothing_in_the_threads_of_the_event_loop(
    job: dict[str, Any], gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither Snowflake nor Airflow's store of connections: either would hold up every other trigger."""
    import snowflake.connector
    from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
    from snowflake.connector.cursor import SnowflakeCursor

    asked: dict[str, set[int]] = {}

    def noted(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*args: Any, **kwargs: Any) -> Any:
            asked.setdefault(name, set()).add(threading.get_ident())
            return original(*args, **kwargs)

        return noting

    known = SnowflakeHook.get_connection
    monkeypatch.setattr(snowflake.connector, "connect", noted("connect", snowflake.connector.connect))
    monkeypatch.setattr(SnowflakeCursor, "execute", noted("execute", SnowflakeCursor.execute))
    monkeypatch.setattr(SnowflakeHook, "get_connection", noted("get_connection", lambda _, name: known(name)))
    _, trigger = defer(job, SEVEN, TaskInstance(run_id="threads"), volumes=gate.volumes)
    asked.clear()
    gate.open()
    asyncio.run(first_event(trigger))
    assert set(asked) == {"connect", "execute", "get_connection"}
    assert threading.get_ident() not in set.union(*asked.values())


def test_deferred_failure_is_the_same_error_as_in_a_worker(job: dict[str, Any], gate: Gate) -> None:
    """Class, exit code, container and last lines do not depend on the mode."""
    ti = TaskInstance(run_id="deferred-fail")
    operator, trigger = defer(job, FAIL, ti, volumes=gate.volumes)
    gate.open()
    with pytest.raises(JobFailedError) as deferred:
        operator.execute_complete(context(ti), asyncio.run(first_event(trigger)))
    with pytest.raises(JobFailedError) as waited:
        SpcsJobOperator(**job, command=FAIL, volumes=gate.volumes).execute(context(TaskInstance(run_id="worker-fail")))
    seen = [(e.value.status, e.value.exit_code, e.value.container_name, e.value.last_lines) for e in (deferred, waited)]
    assert seen[0] == seen[1] == ("FAILED", 3, "main", ("begun", "boom"))


def test_deferred_execution_timeout_fires_an_event_and_the_job_is_cancelled(job: dict[str, Any]) -> None:
    """Airflow does not enforce its limit while a task is deferred, so the trigger does."""
    ti = TaskInstance(run_id="deferred-timeout")
    operator, trigger = defer(job, SLEEP, ti)
    trigger.execution_deadline = time.time() + 2
    event = asyncio.run(first_event(trigger))
    assert event["reason"] == "execution_timeout"
    with pytest.raises(JobTimeout, match="execution_timeout"):
        operator.execute_complete(context(ti), event)
    assert status(ti.xcoms["job_name"]) in ("CANCELLING", "CANCELLED")


def test_trigger_of_a_short_job_fires_only_when_the_deferral_has_settled(
    job: dict[str, Any], gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow may take the end of the process that deferred for that of the one that goes on, and fail the task."""
    monkeypatch.setenv("AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL", "0")
    gate.open()
    ti = TaskInstance(run_id="settling")
    name = SpcsJobOperator(**job, command=SEVEN, volumes=gate.volumes, wait_for_completion=False).execute(context(ti))
    until(lambda: status(name) == "DONE", "a job that has ended")
    trigger = SpcsJobTrigger(job_name=name, poll_interval=0.1)
    trigger.task_instance = ti  # type: ignore[assignment]
    begun = time.monotonic()
    assert asyncio.run(first_event(trigger))["status"] == "DONE"
    assert time.monotonic() - begun >= 3.0


def test_job_that_is_over_does_not_defer(job: dict[str, Any], gate: Gate) -> None:
    """A finished job needs no triggerer: a retry takes its result at once."""
    gate.open()
    first = TaskInstance(run_id="over")
    both = {**job, "command": SEVEN, "volumes": gate.volumes}
    SpcsJobOperator(**both, on_finish_action="keep_job").execute(context(first))
    second = TaskInstance(run_id="over", try_number=2)
    operator = SpcsJobOperator(**both, deferrable=True)
    assert operator.execute(context(second)) == 7


def test_trigger_error_becomes_an_event(job: dict[str, Any]) -> None:
    """An exception would end the task without asking its operator."""
    event = asyncio.run(
        first_event(SpcsJobTrigger(job_name="E.P.J", snowflake_conn_id="no_such_connection", poll_interval=0.1))
    )
    assert event["reason"] == "error"
    assert "no_such_connection" in event["message"]


def test_trigger_of_a_dropped_job_says_that_it_vanished(job: dict[str, Any]) -> None:
    """Not an endless wait for something that is gone."""
    event = asyncio.run(first_event(SpcsJobTrigger(job_name="EMULATOR.PUBLIC.NEVER_THERE", poll_interval=0.2)))
    assert event["reason"] == Reason.VANISHED


def test_many_triggers_share_one_statement_per_interval(
    job: dict[str, Any], gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten waiting jobs cost what one costs: counted at the hook, whose methods are statements."""
    asked: list[str] = []
    original = SpcsHook.list_jobs

    def counting(self: SpcsHook, *args: Any, **kwargs: Any) -> Any:
        asked.append("list")
        return original(self, *args, **kwargs)

    triggers = []
    for index in range(10):
        ti = TaskInstance(run_id="many", map_index=index)
        _, trigger = defer(job, SEVEN, ti, get_logs=False, volumes=gate.volumes)
        triggers.append(trigger)
    monkeypatch.setattr(SpcsHook, "list_jobs", counting)

    async def wait_all() -> list[dict[str, Any]]:
        waiting = asyncio.gather(*map(first_event, triggers))
        while len(asked) < 2:
            await asyncio.sleep(0.05)
        gate.open()
        return await waiting

    begun = time.monotonic()
    events = asyncio.run(wait_all())
    assert {event["status"] for event in events} == {"DONE"}
    assert len(asked) <= 2 + (time.monotonic() - begun)


def stop(victims: Sequence[Victim], states: Mapping[str, str]) -> None:
    """Let a killer deal with victims whose task instances have these states by run id."""

    async def work() -> None:
        killer = Killer(lambda asked: {victim: states[victim.run_id] for victim in asked if victim.run_id in states})
        for victim in victims:
            killer.schedule(victim)
        await killer.settle()

    asyncio.run(work())


def victim(name: str, run_id: str, *, action: str = "cancel_job", generation: int = 2) -> Victim:
    """A job of the default task."""
    return Victim(Door(), name, action, generation, dag_id="tests", run_id=run_id, task_id="job", map_index=-1)


@pytest.mark.parametrize(
    ("state", "ends"),
    [("failed", True), ("success", True), ("up_for_retry", True), ("deferred", False), (None, False)],
)
def test_stop_hits_only_tasks_that_no_longer_wait(job: dict[str, Any], state: str | None, ends: bool) -> None:
    """A restart or a move of the triggerer leaves the task deferred, and its job alone; so does not knowing."""
    run_id = f"stop-{state}"
    name = SpcsJobOperator(**job, command=SLEEP, wait_for_completion=False).execute(
        context(TaskInstance(run_id=run_id))
    )
    stop([victim(name, run_id)], {run_id: state} if state else {})
    assert (status(name) in ("CANCELLING", "CANCELLED")) is ends


def test_stop_asks_again_when_airflow_does_not_answer_at_first(
    job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restarting API server must not cost a job that runs on for ever."""
    monkeypatch.setattr("airflow_provider_spcs.killing._ASK_AGAIN", (0.1, 0.1))
    ti = TaskInstance(run_id="silent")
    name = SpcsJobOperator(**job, command=SLEEP, wait_for_completion=False).execute(context(ti))
    answers: list[Exception | str] = [OSError("no answer"), OSError("no answer"), "failed"]

    def lookup(asked: Sequence[Victim]) -> Mapping[Victim, str | None]:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return dict.fromkeys(asked, answer)

    async def work() -> None:
        killer = Killer(lookup)
        killer.schedule(victim(name, "silent"))
        await killer.settle()

    asyncio.run(work())
    assert status(name) in ("CANCELLING", "CANCELLED")


def test_stop_of_an_old_attempt_leaves_the_new_ones_job_alone(job: dict[str, Any]) -> None:
    """With a name of the user's own, the cleared attempt and the new one share it."""
    ti = TaskInstance(run_id="stop-old", max_tries=5)
    operator = SpcsJobOperator(**job, command=SLEEP, name="STOP_OLD", wait_for_completion=False)
    name = operator.execute(context(ti, Store()))
    stop([victim(name, "stop-old", generation=2)], {"stop-old": "running"})
    assert status(name) in ("PENDING", "RUNNING")


def test_stop_drops_when_asked_to(job: dict[str, Any]) -> None:
    """``on_kill_action="drop_job"`` leaves nothing."""
    ti = TaskInstance(run_id="stop-drop")
    name = SpcsJobOperator(**job, command=SLEEP, wait_for_completion=False).execute(context(ti))
    stop([victim(name, "stop-drop", action="drop_job")], {"stop-drop": "failed"})
    assert status(name) is None


def test_cancelled_trigger_notes_its_job_and_does_not_wait(
    job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Airflow cuts awaited work off after a second, so a cancelled trigger only leaves a note."""
    noted: list[Victim] = []
    monkeypatch.setattr(
        "airflow_provider_spcs.triggers.KILLER", type("Notes", (), {"schedule": staticmethod(noted.append)})
    )
    ti = TaskInstance(run_id="cancelled")
    _, trigger = defer(job, SLEEP, ti)
    trigger.task_instance = ti  # type: ignore[assignment]

    asked: list[str] = []
    original = SpcsHook.list_jobs
    monkeypatch.setattr(SpcsHook, "list_jobs", lambda *args, **kwargs: asked.append("") or original(*args, **kwargs))

    async def cancel() -> None:
        task = asyncio.create_task(first_event(trigger))
        while not asked:
            await asyncio.sleep(0.05)
        task.cancel()
        # Turns of the loop, in which no statement could have been answered.
        for _ in range(20):
            await asyncio.sleep(0)
        assert task.cancelled()

    asyncio.run(cancel())
    assert [(note.job_name, note.run_id) for note in noted] == [(ti.xcoms["job_name"], "cancelled")]
