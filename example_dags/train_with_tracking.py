"""Trains twice and records each training: in MLflow, a service beside the jobs, and in Weights & Biases, outside.

`setup/mlflow_server.sql` and `setup/wandb_integration.sql` create what is needed. The image must have the client:
`mlflow-skinny` or `wandb`. Training goes on when its record cannot be kept; `--tracking_required` fails it instead.
"""

from __future__ import annotations

from pathlib import Path

from airflow.sdk import DAG

from airflow_provider_spcs import SecretRef, SpcsJobOperator

PLACE = "ML_DEMO_DB.ML_DEMO_SCHEMA"
TRAIN = ["--source_table", "loan_applications", "--experiment", "loan_default"]

with DAG(
    "train_with_tracking",
    schedule=None,
    doc_md=__doc__,
    tags=["snowflake", "spcs", "mlflow", "wandb"],
    default_args={
        "compute_pool": "ML_DEMO_POOL",
        "image": f"/{PLACE.lower().replace('.', '/')}/ml_demo_images/train:1",
        "payload": Path(__file__).resolve().parent.parent / "payload",
        "command": ["python", "/mnt/payload/train.py"],
        "query_warehouse": "ML_DEMO_WH",
        "database": "ML_DEMO_DB",
        "schema": "ML_DEMO_SCHEMA",
        "role": "SYSADMIN",
        "stage": f"@{PLACE}.ML_DEMO_STAGE",
        "volumes": {"/opt/models": f"@{PLACE}.ML_DEMO_STAGE/models"},
    },
):
    SpcsJobOperator(
        task_id="train_with_mlflow",
        args=[*TRAIN, "--output_dir", "/opt/models/mlflow", "--tracking", "mlflow"],
        # A service of the same schema is found by its name.
        env_vars={"MLFLOW_TRACKING_URI": "http://mlflow-server:5000"},
    )
    SpcsJobOperator(
        task_id="train_with_wandb",
        args=[*TRAIN, "--output_dir", "/opt/models/wandb", "--tracking", "wandb"],
        secrets=[SecretRef(f"{PLACE}.ML_DEMO_WANDB_KEY", env_var="WANDB_API_KEY", key="secret_string")],
        external_access_integrations=["WANDB_EAI"],
    )
