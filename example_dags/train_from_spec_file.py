"""The job is described by `job_spec.yaml` beside this file; the DAG only says where it runs and which code it gets."""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG, Param

from airflow_provider_spcs import SpcsJobOperator

with DAG(
    "train_from_spec_file",
    schedule=None,
    doc_md=__doc__,
    tags=["snowflake", "spcs"],
    params={
        "source_table": Param("loan_applications", type="string", title="Table", description="Table to learn from."),
        "num_rounds": Param(100, type="integer", minimum=1, title="Boosting rounds", description="Trees in the model."),
    },
):
    SpcsJobOperator(
        task_id="train",
        compute_pool="ML_DEMO_POOL",
        spec="job_spec.yaml",
        payload=Path(__file__).resolve().parent.parent / "payload",
        stage="@ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_STAGE",
        query_warehouse="ML_DEMO_WH",
        database="ML_DEMO_DB",
        schema="ML_DEMO_SCHEMA",
        role="SYSADMIN",
    )
