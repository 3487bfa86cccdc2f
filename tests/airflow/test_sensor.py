"""The sensor, in its three modes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from airflow.providers.common.compat.sdk import AirflowSensorTimeout, AirflowSkipException, AirflowTaskTimeout

from airflow_provider_spcs import SpcsJobOperator, SpcsJobSensor, SpcsJobTrigger
from airflow_provider_spcs.errors import ImageNotPulled, JobFailedError, JobVanished
from tests.airflow.airflow_names import AirflowRescheduleException, TaskDeferred
from tests.airflow.fakes import STARTED, TaskInstance, context
from tests.gate import Gate, held
from tests.waiting import DEADLINE, until

SLEEP = ["python", "-c", "import time; time.sleep(3600)"]
SHORT = ["python", "-c", "import time; time.sleep(0.3)"]
FAIL = ["python", "-uc", "print('boom'); raise SystemExit(3)"]


class Rescheduled(TaskInstance):
    """A task instance that was not rescheduled before."""

    def get_first_reschedule_date(self, context: Any) -> None:
        """None, as on the first try."""


@pytest.fixture
def submitted(job: dict[str, Any]) -> Any:
    """Submit a job that somebody else waits for; its name."""

    def submit(command: list[str], run_id: str, **more: Any) -> str:
        operator = SpcsJobOperator(**job, command=command, wait_for_completion=False, **more)
        return str(operator.execute(context(TaskInstance(run_id=run_id))))

    return submit


def sensor(name: str, **more: Any) -> SpcsJobSensor:
    """A sensor that looks often."""
    return SpcsJobSensor(**{"task_id": "wait", "job_name": name, "poke_interval": 0.5, "timeout": DEADLINE, **more})


def test_sensor_poke_waits_until_the_job_is_done(submitted: Any) -> None:
    """In the worker, over one held connection."""
    ti = TaskInstance(task_id="wait")
    sensor(submitted(SHORT, "poke")).execute(context(ti))
    assert "job_url" in ti.xcoms


def test_sensor_reschedule_gives_its_slot_back(submitted: Any) -> None:
    """While the job runs the worker is free."""
    with pytest.raises(AirflowRescheduleException):
        sensor(submitted(SLEEP, "reschedule"), mode="reschedule").execute(context(Rescheduled(task_id="wait")))


def test_sensor_deferred_ends_with_the_job(submitted: Any, gate: Gate) -> None:
    """The triggerer waits, the worker looks once more."""
    waiting = sensor(
        submitted(["python", "-c", held("pass")], "sensor-deferred", volumes=gate.volumes), deferrable=True
    )
    with pytest.raises(TaskDeferred) as deferred:
        waiting.execute(context(TaskInstance(task_id="wait")))
    trigger = SpcsJobTrigger(**deferred.value.trigger.serialize()[1])
    gate.open()

    async def events() -> list[dict[str, Any]]:
        return [event.payload async for event in trigger.run()]

    (event,) = asyncio.run(events())
    assert waiting.execute_complete(context(TaskInstance(task_id="wait")), event) is None


def test_sensor_failed_job_fails_at_once_with_the_card(submitted: Any) -> None:
    """Not after the sensor's own seven days; and with the job's exit code and last lines."""
    name = submitted(FAIL, "sensor-fail")
    with pytest.raises(JobFailedError) as caught:
        sensor(name).execute(context(TaskInstance(task_id="wait")))
    assert (caught.value.exit_code, caught.value.last_lines) == (3, ("boom",))


def test_sensor_of_a_job_whose_image_cannot_be_pulled_fails(
    job: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Snowflake would keep it PENDING for ever; a young one may still be helped."""
    operator = SpcsJobOperator(**{**job, "image": "/no_such_db/x/y/z:1"}, wait_for_completion=False)
    name = operator.execute(context(TaskInstance(run_id="sensor-no-image")))
    waiting = sensor(name)
    with waiting.hook as hook:
        until(lambda: any(each.unpullable for each in hook.containers(name)), "a pull that failed")
        assert waiting.poke({}) is False
        monkeypatch.setattr("airflow_provider_spcs.sensors.IMAGE_PATIENCE", 0.0)
        with pytest.raises(ImageNotPulled, match="The sensor leaves the job as it is"):
            waiting.poke({})


def test_sensor_unknown_job_fails_at_once(job: dict[str, Any]) -> None:
    """A job that neither Snowflake's list nor its history knows will never be done."""
    with pytest.raises(JobVanished):
        sensor("EMULATOR.PUBLIC.NEVER_SUBMITTED").execute(context(TaskInstance(task_id="wait")))


def test_sensor_deferred_timeout_is_a_sensor_timeout(submitted: Any) -> None:
    """``timeout`` means what it means for every sensor, so ``soft_fail`` works."""
    waiting = sensor(submitted(SLEEP, "sensor-timeout"), deferrable=True)
    event = {"job_name": waiting.job_name, "reason": "job_timeout", "status": "RUNNING"}
    with pytest.raises(AirflowSensorTimeout):
        waiting.execute_complete(context(TaskInstance(task_id="wait")), event)


def test_sensor_deferred_execution_timeout_is_honoured(submitted: Any) -> None:
    """Airflow does not enforce it while a task is deferred."""
    waiting = sensor(submitted(SLEEP, "sensor-clock"), deferrable=True, execution_timeout=timedelta(seconds=30))
    with pytest.raises(TaskDeferred) as deferred:
        waiting.execute(context(TaskInstance(task_id="wait")))
    assert deferred.value.trigger.execution_deadline == STARTED.timestamp() + 30
    event = {"job_name": waiting.job_name, "reason": "execution_timeout", "status": "RUNNING"}
    with pytest.raises(AirflowTaskTimeout, match="execution_timeout"):
        waiting.execute_complete(context(TaskInstance(task_id="wait")), event)


@pytest.mark.parametrize("deferrable", [True, False])
def test_sensor_never_fail_skips(job: dict[str, Any], deferrable: bool) -> None:
    """Airflow's own word, honoured in both modes."""
    with pytest.raises(AirflowSkipException):
        sensor("EMULATOR.PUBLIC.NEVER_SUBMITTED", never_fail=True, deferrable=deferrable).execute(
            context(TaskInstance(task_id="wait"))
        )
