"""What Airflow does with a task that failed, on this version: with retry policies from 3.3 on, without before."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk import DAG

from airflow_provider_spcs import SpcsJobOperator


@pytest.mark.parametrize(
    ("changed", "tries"),
    [
        ({"compute_pool": None}, 1),
        ({"compute_pool": "NO_SUCH_POOL"}, 1),
        ({"schema": "NO_SUCH_SCHEMA", "stage": None}, 1),
        ({"command": ["no-such-command"]}, 1),
        ({"command": ["python", "-c", "raise SystemExit(1)"]}, 2),
    ],
)
def test_task_with_retries_fails_at_once_when_no_retry_can_mend_it(
    job: dict[str, Any], run_dag: Callable[[DAG], Any], changed: dict[str, Any], tries: int
) -> None:
    """Bad input, a refused order, a command that is not there; but an application's own failure is retried."""
    with DAG(f"retries_{'_'.join(changed)}_{tries}", schedule=None) as dag:
        SpcsJobOperator(**{"command": ["true"], **job, **changed}, retries=1, retry_delay=timedelta())
    run = run_dag(dag)
    (task,) = run.get_task_instances()
    assert (task.state, task.try_number) == ("failed", tries)


def test_mapped_task_has_the_policy_too(job: dict[str, Any], run_dag: Callable[[DAG], Any]) -> None:
    """Airflow hands None to what it unmaps."""
    with DAG("retries_mapped", schedule=None) as dag:
        SpcsJobOperator.partial(**{**job, "compute_pool": None}, retries=1, retry_delay=timedelta()).expand(
            command=[["true"], ["false"]]
        )
    run = run_dag(dag)
    assert [(task.state, task.try_number) for task in run.get_task_instances()] == [("failed", 1), ("failed", 1)]
