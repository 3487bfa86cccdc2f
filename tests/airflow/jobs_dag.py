"""The DAGs that the tests with a whole Airflow run; copied into its DAG folder."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Asset

from airflow_provider_spcs import SpcsJobOperator

LINES = """
import json, pathlib, sys, time
seconds = float(sys.argv[1])
for number in range(int(seconds * 4)):
    print(f"L {number:04}")
    time.sleep(0.25)
pathlib.Path("/airflow/xcom/return.json").write_text(json.dumps({"lines": int(seconds * 4)}))
"""
JOB: dict[str, Any] = {
    "compute_pool": "TEST_POOL",
    "image": "/emulator/public/images/python:3",
    "database": "EMULATOR",
    "schema": "PUBLIC",
    "stage": "@EMULATOR.PUBLIC.JOBS",
    "poll_interval": 2,
    "on_finish_action": "keep_job",
    "command": ["python", "-uc", LINES],
    "args": ["{{ dag_run.conf.get('seconds', 5) }}"],
    "retries": 12,
    "retry_delay": timedelta(seconds=1),
}
MANY = int(os.environ.get("JOBS_DAG_MANY", "50"))

with DAG("deferred", schedule=None, max_active_runs=100):
    SpcsJobOperator(task_id="job", deferrable=True, outlets=[Asset("result", uri="x-test://result")], **JOB)

with DAG("worker", schedule=None, max_active_runs=100):
    SpcsJobOperator(task_id="job", deferrable=False, **JOB)

with DAG("many", schedule=None, max_active_tasks=1000):
    index = {**JOB, "args": None, "command": None, "retries": 0}
    del index["args"], index["command"]
    SpcsJobOperator.partial(task_id="job", deferrable=True, get_logs=False, **index).expand(
        command=[["sleep", str(1000 + number)] for number in range(MANY)]
    )
