"""The example DAGs, and DAGs run as ``dag.test()`` runs them."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from airflow.sdk import DAG

from airflow_provider_spcs import Resources, SpcsHook, SpcsJobOperator, SpcsJobSensor
from tests.airflow.airflow_names import DagBag, DagSerialization
from tests.waiting import until

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator import RunningAccount

EXAMPLES = Path(__file__).resolve().parents[2] / "example_dags"
FILES = sorted(EXAMPLES.glob("*.py"))
SEVEN = ["python", "-c", "import pathlib; pathlib.Path('/airflow/xcom/return.json').write_text('7')"]


def dag_of(path: Path) -> DAG:
    """The only DAG of a file."""
    bag = DagBag(dag_folder=str(path))
    assert bag.import_errors == {}
    (dag,) = bag.dags.values()
    return dag


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_example_dag_imports_serializes_and_is_short(path: Path) -> None:
    """Importable on a stock Airflow, storable in its database, and readable at once."""
    dag = dag_of(path)
    stored = DagSerialization.from_dict(DagSerialization.to_dict(dag))
    assert set(stored.task_dict) == set(dag.task_dict)
    assert dag.doc_md
    assert len(path.read_text().splitlines()) < 130


@pytest.mark.parametrize("path", [*FILES, EXAMPLES / "job_spec.yaml"], ids=lambda path: path.name)
def test_example_uses_no_logical_date(path: Path) -> None:
    """A run triggered through the API has none, and {{ ds }} would fail it."""
    assert re.findall(r"{{\s*(ds|ts|data_interval|logical_date|execution_date)\b", path.read_text()) == []


def test_weekly_retrain_is_three_jobs_in_a_row_with_a_typed_form() -> None:
    """generate_data >> train >> register, every parameter with type, title and description."""
    dag = dag_of(EXAMPLES / "weekly_retrain.py")
    assert [task.task_id for task in dag.topological_sort()] == ["generate_data", "train", "register"]
    assert all(isinstance(task, SpcsJobOperator) for task in dag.tasks)
    assert dag.catchup is False
    for name in ("rows", "git_ref", "num_rounds", "max_depth", "promotion_threshold"):
        param = dag.params.get_param(name)
        assert {"type", "title"} <= set(param.schema)
        assert param.description
    assert [outlet.name for outlet in dag.get_task("register").outlets] == ["loan_default_predictor"]


def test_weekly_retrain_unpaused_just_after_it_was_due_waits_for_next_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow makes up for a run that was due within the last tenth of its interval; ours is triggered by hand then."""
    from airflow.timetables.base import TimeRestriction

    timetable = DagSerialization.from_dict(DagSerialization.to_dict(dag_of(EXAMPLES / "weekly_retrain.py"))).timetable
    monkeypatch.setattr("airflow.timetables.trigger.utcnow", lambda: datetime(2026, 11, 29, 0, 30, tzinfo=UTC))
    first = timetable.next_dagrun_info(
        last_automated_data_interval=None, restriction=TimeRestriction(None, None, False)
    )
    assert first.run_after == datetime(2026, 12, 6, tzinfo=UTC)


def test_mapped_operator_with_resources_serializes() -> None:
    """Airflow stores partial arguments; ``resources`` is a word of its own too."""
    with DAG("mapped", schedule=None) as dag:
        SpcsJobOperator.partial(task_id="t", compute_pool="P", image="i", resources=Resources(memory="1Gi")).expand(
            args=[["1"], ["2"]]
        )
    DagSerialization.from_dict(DagSerialization.to_dict(dag))


@pytest.mark.parametrize("deferrable", [False, True])
def test_dag_test_runs_a_job_and_pushes_its_result(
    job: dict[str, Any], run_dag: Callable[..., Any], deferrable: bool
) -> None:
    """Through Airflow itself: rendering, XCom, links, deferral."""
    with DAG(f"run_{deferrable}", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        SpcsJobOperator(**job, command=SEVEN, deferrable=deferrable)
    run = run_dag(dag)
    assert str(run.state) == "success"
    (ti,) = run.get_task_instances()
    assert ti.xcom_pull(task_ids="job") == 7
    assert ti.xcom_pull(task_ids="job", key="_link_SpcsJobLink")


def test_dag_test_submits_without_waiting_and_a_sensor_waits(job: dict[str, Any], run_dag: Callable[..., Any]) -> None:
    """The job's name goes from one task to the other."""
    with DAG("submit_and_wait", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        submit = SpcsJobOperator(**job, command=SEVEN, wait_for_completion=False)
        SpcsJobSensor(task_id="wait", job_name=submit.output, poke_interval=1, deferrable=True)
    assert str(run_dag(dag).state) == "success"


def test_dag_test_failed_job_fails_the_run(job: dict[str, Any], run_dag: Callable[..., Any]) -> None:
    """A job that failed is never green."""
    with DAG("failing", schedule=None, start_date=datetime(2026, 1, 1, tzinfo=UTC)) as dag:
        SpcsJobOperator(**job, command=["python", "-c", "raise SystemExit(1)"], deferrable=True)
    assert str(run_dag(dag).state) == "failed"


@pytest.fixture(scope="module")
def demo_objects(account: RunningAccount) -> None:
    """What the examples name, small."""
    import snowflake.connector

    with snowflake.connector.connect(**account.connection_kwargs) as connection, connection.cursor() as cursor:
        for statement in (
            "CREATE DATABASE ML_DEMO_DB",
            "CREATE SCHEMA ML_DEMO_DB.ML_DEMO_SCHEMA",
            "CREATE STAGE ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_STAGE ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')",
            "CREATE COMPUTE POOL ML_DEMO_POOL MIN_NODES = 1 MAX_NODES = 4 INSTANCE_FAMILY = CPU_X64_S",
        ):
            cursor.execute(statement)


def test_functions_example_runs_over_mapped_containers(demo_objects: None, run_dag: Callable[..., Any]) -> None:
    """Functions in containers, mapped, one after the other, as a reader of the example would run them."""
    run = run_dag(dag_of(EXAMPLES / "functions_in_containers.py"), run_conf={"months": 2})
    assert str(run.state) == "success"
    summary = next(ti for ti in run.get_task_instances() if ti.task_id == "summarise")
    assert summary.xcom_pull(task_ids="summarise")["months"] == 2


def test_dags_folder_stays_empty() -> None:
    """``dag.test()`` parses it on each call."""
    assert list(Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"]).iterdir()) == []


@pytest.mark.parametrize("fail", [False, True])
def test_alerts_example_gives_its_notifiers_the_failure_card(
    demo_objects: None, run_dag: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, fail: bool
) -> None:
    """Through Airflow's own callbacks: mail and chat get the card of a failed job, chat the result of a good one."""
    said: list[tuple[str, str]] = []

    class Notifier:
        def __init__(self, **words: Any) -> None:
            self.text = words.get("html_content") or words["text"]

        def __call__(self, context: Any) -> None:
            said.append((type(self).__name__, self.text))

    for module, name in (("smtp.notifications.smtp", "SmtpNotifier"), ("slack.notifications.slack", "SlackNotifier")):
        parts = f"airflow.providers.{module}".split(".")
        for end in range(3, len(parts) + 1):
            monkeypatch.setitem(sys.modules, ".".join(parts[:end]), ModuleType(".".join(parts[:end])))
        monkeypatch.setattr(sys.modules[".".join(parts)], name, type(name, (Notifier,), {}), raising=False)
    run = run_dag(dag_of(EXAMPLES / "alerts.py"), run_conf={"fail": fail})
    assert str(run.state) == ("failed" if fail else "success")
    assert [kind for kind, _ in said] == (["SmtpNotifier", "SlackNotifier"] if fail else ["SlackNotifier"])
    words = ("exit code 1", "AssertionError: asked to fail", "DROP SERVICE ML_DEMO_DB.") if fail else ("job is done",)
    assert [word for word in words if word not in said[-1][1]] == []


def test_pool_example_runs_and_leaves_the_pool_suspended(demo_objects: None, run_dag: Callable[..., Any]) -> None:
    """Setup, mapped jobs, teardown and clean-up, as a reader of the example would run them."""
    run = run_dag(dag_of(EXAMPLES / "pool_for_a_night.py"))
    assert str(run.state) == "success"
    with SpcsHook(database="ML_DEMO_DB", schema="ML_DEMO_SCHEMA") as hook:
        pool = hook.pool_state("ML_DEMO_POOL")
    assert pool is not None
    assert pool.state in ("SUSPENDED", "STOPPING")


_LOANS = """CREATE TABLE LOAN_APPLICATIONS AS
    SELECT SEQ4() AS APPLICATION_ID, UNIFORM(0::FLOAT, 1::FLOAT, RANDOM()) AS INCOME,
        APPLICATION_ID % 3 = 0 AS IS_DEFAULT
    FROM TABLE(GENERATOR(ROWCOUNT => 5000))"""


@pytest.mark.slow
def test_tracking_example_records_in_mlflow_and_goes_on_where_wandb_is_out_of_reach(
    account: RunningAccount, demo_objects: None, run_dag: Callable[..., Any]
) -> None:
    """Its SQL as it stands, a real MLflow as a service, and W&B's real client without a way out."""
    import snowflake.connector

    pytest.importorskip("wandb")
    program = os.environ.get("MLFLOW_PROGRAM") or pytest.skip("MLFLOW_PROGRAM does not name a whole MLflow")
    images = {"mlflow": str(Path(program).with_name("python")), "train": "current"}
    listed_images = [{"image": f"*/ml_demo_images/{name}", "python": python} for name, python in images.items()]
    (account.account.home.root / "images.yaml").write_text(json.dumps({"images": listed_images}))
    with snowflake.connector.connect(**account.connection_kwargs) as connection:
        for name in ("mlflow_server.sql", "wandb_integration.sql"):
            connection.execute_string((EXAMPLES / "setup" / name).read_text())
        connection.execute_string("CREATE WAREHOUSE IF NOT EXISTS ML_DEMO_WH; USE SCHEMA ML_DEMO_DB.ML_DEMO_SCHEMA")
        connection.execute_string(_LOANS)
        listed = "SHOW SERVICE CONTAINERS IN SERVICE MLFLOW_SERVER"
        until(lambda: any("READY" in row for row in connection.cursor().execute(listed)), "MLflow is READY")
    run = run_dag(dag_of(EXAMPLES / "train_with_tracking.py"))
    assert str(run.state) == "success"
    recorded = {ti.task_id: ti.xcom_pull(task_ids=ti.task_id)["tracking"] for ti in run.get_task_instances()}
    assert recorded["train_with_mlflow"]["run_id"]
    assert recorded["train_with_wandb"] is None
