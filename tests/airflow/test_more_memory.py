"""A job that was short of memory, and its retry in a larger pool, against a running account."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_spcs import SpcsHook, SpcsJobOperator
from airflow_provider_spcs.errors import JobFailedError
from tests.airflow.fakes import TaskInstance, context

KILLED = ["python", "-c", "import os; os.kill(os.getpid(), 9)"]


@pytest.fixture
def larger(account: Any) -> str:
    """A pool of the next family."""
    with SpcsHook() as hook:
        hook.query("CREATE COMPUTE POOL IF NOT EXISTS LARGER MIN_NODES = 1 MAX_NODES = 2 INSTANCE_FAMILY = CPU_X64_M")
    return "LARGER"


@pytest.mark.parametrize("on_finish", ["keep_job", "delete_job"])
def test_retry_of_a_killed_job_runs_in_the_next_family(job: dict[str, Any], larger: str, on_finish: str) -> None:
    """Said in the first failure's card; also when the failed job was dropped and only its history is left."""
    operator = SpcsJobOperator(
        **job,
        command=KILLED,
        resources={"memory": "100Mi"},
        on_oom="next_family",
        on_finish_action=on_finish,
        retries=1,
    )
    pools = []
    for number in (1, 2):
        ti = TaskInstance(run_id=f"memory-{on_finish}", try_number=number)
        with pytest.raises(JobFailedError) as caught:
            operator.execute(context(ti))
        with SpcsHook() as hook:
            state = hook.find_job(ti.xcoms["job_name"])
        assert state is not None
        pools.append(state.compute_pool)
        if number == 1:
            assert f"The retry runs in compute pool {larger} (CPU_X64_M" in str(caught.value)
    assert pools == [job["compute_pool"], larger]
