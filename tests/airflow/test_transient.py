"""Faults that pass by themselves change nothing but a log line: one job and its result, in every part of a task."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from airflow_provider_spcs import SpcsHook
from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.emulator.faults import Faults
from tests.airflow.fakes import TaskInstance, context
from tests.airflow.test_trigger import SEVEN, defer, first_event
from tests.gate import Gate

SUBMIT = "EXECUTE JOB SERVICE"
FAULTS: dict[str, Callable[[Faults], object]] = {
    "connection reset": lambda faults: faults.connection_reset(times=2),
    "gateway": lambda faults: faults.http_error(503, times=2),
    "session token expired": lambda faults: faults.session_expired(times=2),
    "session over": lambda faults: faults.master_expired(),
    "reply of the submission lost": lambda faults: faults.reply_lost(kind=SUBMIT),
    "submission run twice on its way": lambda faults: faults.duplicate_name(),
    "every reply lost now and then": lambda faults: faults.reply_lost(every=3, times=2),
}


@pytest.fixture(autouse=True)
def no_faults_afterwards(account: RunningAccount) -> Iterator[None]:
    """The account is shared."""
    yield
    account.faults.clear()


@pytest.mark.parametrize("fault", FAULTS)
def test_transient_fault_leaves_one_job_and_its_result(
    job: dict[str, Any], gate: Gate, account: RunningAccount, fault: str
) -> None:
    """Submission, wait and finish each meet the fault; Snowflake has one job, and the task has its result."""
    ti = TaskInstance(run_id=f"fault-{fault}")
    FAULTS[fault](account.faults)
    operator, trigger = defer(job, SEVEN, ti, on_finish_action="keep_job", volumes=gate.volumes)
    gate.open()
    FAULTS[fault](account.faults)
    event = asyncio.run(first_event(trigger))
    assert event["reason"] == "ended"
    FAULTS[fault](account.faults)
    assert operator.execute_complete(context(ti), event) == 7
    with SpcsHook() as hook:
        mine = [each for each in hook.list_jobs("EMULATOR.PUBLIC") if each.stamp and each.stamp.run_id == ti.run_id]
    assert [each.status.value for each in mine] == ["DONE"]
