"""Makes a fresh table of loan applications, trains an XGBoost model on it, and registers the model if it is better.

Each task is one container job in the compute pool `ML_DEMO_POOL`; `setup/*.sql` creates what the jobs need.

**Trigger** it by hand to choose the size of the data, the commit of the code and the shape of the model.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Asset, Param
from airflow.timetables.trigger import CronTriggerTimetable

from airflow_provider_spcs import GitSource, Resources, SpcsJobOperator

PAYLOAD = Path(__file__).resolve().parent.parent / "payload"
STAGE = "@ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_STAGE"
REPOSITORY = "{{ var.value.get('spcs_git_url', 'https://github.com/your-org/your-repo.git') }}"
# A run triggered through the API has no logical date, but every run has an id.
MODEL_DIR = "/opt/models/{{ run_id | replace(':', '-') | replace('+', '-') }}"

model = Asset("loan_default_predictor", uri="snowflake-model://ML_DEMO_DB/ML_DEMO_SCHEMA/LOAN_DEFAULT_PREDICTOR")
TOKEN = "ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_GIT_TOKEN"  # noqa: S105 - the name of a Snowflake secret


def code_at(ref: str) -> GitSource:
    """The payload's folder of the private repository, opened with the token that Snowflake keeps."""
    return GitSource(REPOSITORY, ref, secret=TOKEN, directory="payload")


with DAG(
    "weekly_retrain",
    # Unlike a plain "@weekly" on a Sunday, it starts nothing when unpaused: the first run is next week's.
    schedule=CronTriggerTimetable("@weekly", timezone="UTC", run_immediately=timedelta(0)),
    catchup=False,
    # Runs share the table and the model's default version.
    max_active_runs=1,
    doc_md=__doc__,
    tags=["snowflake", "spcs", "xgboost"],
    default_args={
        "compute_pool": "ML_DEMO_POOL",
        "image": "/snowflake/images/snowflake_images/st_plat/runtime/x86/runtime_image/snowbooks:2.3.0",
        "resources": Resources(cpu=1, memory="4Gi"),
        "query_warehouse": "ML_DEMO_WH",
        "database": "ML_DEMO_DB",
        "schema": "ML_DEMO_SCHEMA",
        "role": "SYSADMIN",
        "stage": STAGE,
    },
    params={
        "rows": Param(
            200_000,
            type="integer",
            minimum=1_000,
            maximum=10_000_000_000,
            title="Rows",
            description="Loan applications to generate, 1,000 or more. 200,000 take seconds; a billion, big nodes.",
        ),
        "git_ref": Param(
            "main",
            type="string",
            minLength=1,
            title="Git ref",
            description="Branch, tag or commit of the training code. What it stood for is recorded as a commit.",
        ),
        "num_rounds": Param(
            100,
            type="integer",
            minimum=1,
            maximum=10_000,
            title="Boosting rounds",
            description="Trees in the model, 1 to 10,000.",
        ),
        "max_depth": Param(
            6,
            type="integer",
            enum=[3, 4, 6, 8, 10],
            title="Tree depth",
            description="Deeper trees learn finer distinctions, and sooner what is only noise.",
        ),
        "promotion_threshold": Param(
            0.0,
            type="number",
            minimum=-1,
            maximum=1,
            title="Promotion threshold",
            description="The new model becomes the default if its AUC beats the current one's by at least this much.",
        ),
    },
):
    generate_data = SpcsJobOperator(
        task_id="generate_data",
        doc_md="Fills the table `LOAN_APPLICATIONS` anew. The code is the DAG's own `payload/`, uploaded once.",
        payload=PAYLOAD,
        command=["python", "/mnt/payload/generate_data.py"],
        args=["--rows", "{{ params.rows }}", "--table", "loan_applications"],
    )
    train = SpcsJobOperator(
        task_id="train",
        doc_md="Trains on that table with the code at **Git ref**; the model and `report.html` go to the stage.",
        git=code_at("{{ params.git_ref }}"),
        external_access_integrations=["GITHUB_EAI"],
        volumes={"/opt/models": f"{STAGE}/models"},
        command=["python", "train.py"],
        args=[
            *("--source_table", "loan_applications"),
            *("--save_mode", "local"),
            *("--output_dir", MODEL_DIR),
            *("--num_rounds", "{{ params.num_rounds }}"),
            *("--max_depth", "{{ params.max_depth }}"),
        ],
    )
    register = SpcsJobOperator(
        task_id="register",
        doc_md="Logs the model as a new version; it becomes the default if its AUC is better by the **threshold**.",
        git=code_at("{{ ti.xcom_pull(task_ids='train', key='git_commit') }}"),
        external_access_integrations=["GITHUB_EAI"],
        volumes={"/opt/models": f"{STAGE}/models"},
        command=["python", "register.py"],
        args=[
            *("--model_dir", MODEL_DIR),
            *("--model_name", "loan_default_predictor"),
            *("--threshold", "{{ params.promotion_threshold }}"),
        ],
        outlets=[model],
    )
    generate_data >> train >> register
