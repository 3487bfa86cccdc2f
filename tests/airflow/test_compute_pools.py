"""A pool that is started before a DAG's jobs and stopped after them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_provider_spcs import SpcsComputePoolOperator, SpcsHook, SpcsJobOperator
from airflow_provider_spcs.errors import InvalidInput, StatementError

PLACE = {"database": "EMULATOR", "schema": "PUBLIC"}


@pytest.fixture
def asleep(job: dict[str, Any]) -> str:
    """A suspended pool that does not resume by itself."""
    with SpcsHook(**PLACE) as hook:
        hook.query(
            "CREATE OR REPLACE COMPUTE POOL NIGHT_POOL MIN_NODES = 1 MAX_NODES = 1 INSTANCE_FAMILY = CPU_X64_S "
            "AUTO_RESUME = FALSE INITIALLY_SUSPENDED = TRUE"
        )
    return "NIGHT_POOL"


def test_pool_is_up_for_the_jobs_and_down_after_them_also_when_one_fails(
    asleep: str, job: dict[str, Any], run_dag: Callable[..., Any]
) -> None:
    """A setup and teardown pair: the job finds a pool, and a failed job leaves none running."""
    with DAG("pool_pair", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        start = SpcsComputePoolOperator(
            task_id="start", compute_pool=asleep, action="resume", wait_for_completion=True, poll_interval=1, **PLACE
        )
        stop = SpcsComputePoolOperator(task_id="stop", compute_pool=asleep, action="suspend", **PLACE)
        work = SpcsJobOperator(**{**job, "compute_pool": asleep}, command=["python", "-c", "raise SystemExit(1)"])
        start.as_setup() >> work >> stop.as_teardown(setups=start)
    run = run_dag(dag)
    states = {ti.task_id: str(ti.state) for ti in run.get_task_instances()}
    assert states == {"start": "success", "job": "failed", "stop": "success"}
    with SpcsHook(**PLACE) as hook:
        pool = hook.pool_state(asleep)
    assert pool is not None
    assert pool.state in ("SUSPENDED", "STOPPING")


@pytest.mark.parametrize("action", ["resume", "suspend"])
def test_pool_that_is_so_already_is_left_as_it_is(asleep: str, action: Any) -> None:
    """Twice is no error: a retry of the task does it again."""
    for _ in range(2):
        state = SpcsComputePoolOperator(task_id="t", compute_pool=asleep, action=action, **PLACE).execute({})
        assert state in (("SUSPENDED", "STOPPING") if action == "suspend" else ("STARTING", "IDLE", "ACTIVE"))


def test_pool_stop_all_cancels_what_runs_there(asleep: str, job: dict[str, Any]) -> None:
    """Only when it is asked for: other people's jobs go, too."""
    SpcsComputePoolOperator(task_id="t", compute_pool=asleep, action="resume", **PLACE).execute({})
    from tests.airflow.fakes import TaskInstance, context

    waiting = {**job, "compute_pool": asleep, "wait_for_completion": False, "command": ["sleep", "3600"]}
    name = SpcsJobOperator(**waiting).execute(context(TaskInstance(run_id="stop-all")))
    SpcsComputePoolOperator(task_id="s", compute_pool=asleep, action="suspend", stop_all=True, **PLACE).execute({})
    with SpcsHook(**PLACE) as hook:
        there = hook.find_job(name)
    assert there is None or there.status.value in ("CANCELLING", "CANCELLED", "DELETED")


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"action": "explode"}, InvalidInput),
        ({"action": "suspend", "wait_for_completion": True}, InvalidInput),
        ({"action": "resume", "stop_all": True}, InvalidInput),
        ({"action": "resume", "compute_pool": "NO_POOL"}, StatementError),
    ],
)
def test_pool_that_cannot_be_is_refused(job: dict[str, Any], given: dict[str, Any], kind: type[Exception]) -> None:
    """A parameter is honoured or refused, and a missing pool is named."""
    with pytest.raises(kind):
        SpcsComputePoolOperator(task_id="t", **{"compute_pool": "TEST_POOL", **PLACE, **given}).execute({})
