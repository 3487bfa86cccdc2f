"""The DAGs of ``jobs_dag.py`` with the first-party operator; copied into the DAG folder in their place."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from airflow.providers.snowflake.operators.snowpark_containers import SnowparkContainerJobOperator
from airflow.sdk import DAG

LINES = """import sys, time
for number in range(int(float(sys.argv[1]) * 4)):
    print(f"L {number:04}")
    time.sleep(0.25)
"""
CONTAINER = {
    "name": "main",
    "image": "/emulator/public/images/python:3",
    "command": ["python", "-uc", LINES],
    "args": ["{{ dag_run.conf.get('seconds', 5) }}"],
}
JOB: dict[str, Any] = {
    "compute_pool": "TEST_POOL",
    "container_name": "main",
    "spec_text": json.dumps({"spec": {"containers": [CONTAINER]}}),
    # A name for each try: without the number a retry is refused, and without a name nobody finds the job.
    "name": "FP_{{ run_id | upper | replace('-', '_') | replace(':', '_') | replace('.', '_') | replace('+', '_') }}"
    "_T{{ ti.try_number }}",
    "database": "EMULATOR",
    "schema": "PUBLIC",
    "poll_interval": 2,
    "drop_on_completion": False,
    "retries": 12,
    "retry_delay": timedelta(seconds=1),
}

for dag_id, deferrable in (("deferred", True), ("worker", False)):
    with DAG(dag_id, schedule=None, max_active_runs=100):
        SnowparkContainerJobOperator(task_id="job", deferrable=deferrable, **JOB)
