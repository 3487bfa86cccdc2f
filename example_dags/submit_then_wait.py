"""One task submits a job and ends; another waits for it by name. Between them there is time for other tasks."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG

from airflow_provider_spcs import SpcsJobOperator, SpcsJobSensor

PLACE = {"database": "ML_DEMO_DB", "schema": "ML_DEMO_SCHEMA", "role": "SYSADMIN"}

with DAG("submit_then_wait", schedule=None, doc_md=__doc__, tags=["snowflake", "spcs"], default_args=PLACE):
    submit = SpcsJobOperator(
        task_id="submit",
        wait_for_completion=False,
        compute_pool="ML_DEMO_POOL",
        image="/snowflake/images/snowflake_images/st_plat/runtime/x86/runtime_image/snowbooks:2.3.0",
        payload=Path(__file__).resolve().parent.parent / "payload",
        stage="@ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_STAGE",
        command=["python", "/mnt/payload/generate_data.py"],
        args=["--rows", "10000", "--table", "loan_applications_sample"],
        query_warehouse="ML_DEMO_WH",
    )
    SpcsJobSensor(task_id="wait", job_name=submit.output, mode="reschedule", poke_interval=10)
