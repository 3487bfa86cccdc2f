"""The views inside Airflow's UI: who sees what, and what they show of jobs on a running account."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from airflow.sdk import DAG
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from airflow_provider_spcs import SpcsJobOperator
from airflow_provider_spcs.job_view.plugin import PREFIX, SpcsPlugin
from tests.airflow.airflow_names import DagSerialization

ROOT = Path(__file__).parents[2]
REPORT = "<h1>Report</h1><script>document.title='run'</script>"
GOOD = f"""
import json, pathlib
pathlib.Path('/out/report.html').write_text({REPORT!r})
pathlib.Path('/airflow/xcom/return.json').write_text(json.dumps({{'report': '/out/report.html'}}))
"""
TASKS = {"good": GOOD, "bad": "import sys; print('<script>boom</script>'); sys.exit(137)"}


@pytest.fixture
def view(database: None) -> Iterator[Callable[..., Any]]:
    """``view(path, user=True, **query)``: a page of the plugin, mounted as Airflow mounts it."""
    from airflow.api_fastapi.app import init_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    server = FastAPI()
    manager: Any = init_auth_manager(server)
    for application in SpcsPlugin.fastapi_apps:
        server.mount(application["url_prefix"], application["app"])
    token = manager.generate_jwt(SimpleAuthManagerUser(username="reader", role="VIEWER"))
    with TestClient(server, raise_server_exceptions=True) as client:

        def fetch(path: str, *, user: bool = True, **query: str) -> Any:
            headers = {"Authorization": f"Bearer {token}"} if user else {}
            return client.get(PREFIX + path, params=query, headers=headers)

        yield fetch
    for application in SpcsPlugin.fastapi_apps:
        application["app"].made.state.hooks.close()


@pytest.fixture
def run(job: dict[str, Any], run_dag: Callable[..., Any]) -> dict[str, str]:
    """A run of two tasks, one good and one bad; what names it in an address."""
    with DAG("viewed", schedule=None) as dag:
        for task_id, program in TASKS.items():
            SpcsJobOperator(
                **{
                    **job,
                    "task_id": task_id,
                    "command": ["python", "-c"],
                    "args": [program],
                    "volumes": {"/out": "@EMULATOR.PUBLIC.JOBS/out"},
                }
            )
    made = run_dag(dag)
    return {"dag_id": "viewed", "run_id": made.run_id}


def test_plugin_is_an_entry_point_of_the_package() -> None:
    """Airflow finds it by that; `plugins` in provider info are not read."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["airflow.plugins"] == {"spcs": f"{SpcsPlugin.__module__}:{SpcsPlugin.__qualname__}"}


@pytest.mark.parametrize("path", ["/jobs", "/task", "/report"])
def test_page_without_a_user_is_401(view: Callable[..., Any], path: str) -> None:
    """A mounted application is open to anybody unless it asks."""
    assert view(path, user=False, dag_id="d", run_id="r", task_id="t").status_code == 401


def test_task_page_of_tasks_that_ran_shows_their_jobs(
    view: Callable[..., Any], run: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Status, container, exit code, last lines, escaped; a dropped job from history; the report in a sandbox."""
    bad = view("/task", **run, task_id="bad", map_index="{MAP_INDEX}")
    assert bad.status_code == 200
    assert "FAILED" in bad.text
    assert "exit code 137" in bad.text
    assert "&lt;script&gt;boom&lt;/script&gt;" in bad.text
    assert "<script>boom" not in bad.text
    assert "default-src 'none'" in bad.headers["Content-Security-Policy"]

    good = view("/task", **run, task_id="good", map_index="-1").text
    assert '<span class="badge done">DONE</span> every container ended with exit code 0' in good
    assert 'class="failure"' not in good
    assert "dropped since" in good
    assert "this task's log has its lines" in good

    report = view("/report", **run, task_id="good")
    assert report.text == REPORT
    assert report.headers["Content-Security-Policy"].startswith("sandbox;")

    listed = view("/jobs").text
    assert "AF_VIEWED_BAD_" in listed
    assert "viewed.bad" in listed

    # Of a deployment with another name on the same schema, nothing is shown.
    monkeypatch.setenv("AIRFLOW__SPCS__DEPLOYMENT", "another")
    assert "AF_VIEWED_BAD_" not in view("/jobs").text
    assert "AF_VIEWED_BAD_" not in view("/task", **run, task_id="bad").text.partition("<h1>")[2].partition("The job")[0]


def test_job_link_of_an_earlier_try_leads_to_its_job(
    view: Callable[..., Any], job: dict[str, Any], run_dag: Callable[..., Any], database: None
) -> None:
    """Airflow keeps one link a task; its API server asks the plugin for each try."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session

    with DAG("tried", schedule=None) as dag:
        SpcsJobOperator(**job, command=["sh", "-c", "exit 3"], retries=1, retry_delay=timedelta())
    run = run_dag(dag)
    operator = DagSerialization.from_dict(DagSerialization.to_dict(dag)).get_task("job")
    with create_session() as session:
        ti = session.scalars(select(TaskInstance).where(TaskInstance.run_id == run.run_id)).one()
        assert ti.try_number == 2
        first, last = SimpleNamespace(key=ti.key._replace(try_number=1)), SimpleNamespace(key=ti.key)
    assert "/jobs/EMULATOR.PUBLIC.AF_TRIED_JOB_" in operator.get_extra_links(last, "Snowflake job")
    query = dict(parse_qsl(urlsplit(operator.get_extra_links(first, "Snowflake job")).query))
    assert {name: query[name] for name in ("dag_id", "run_id", "task_id", "try_number")} == {
        "dag_id": "tried", "run_id": run.run_id, "task_id": "job", "try_number": "1",
    }  # fmt: skip
    pages = {number: view("/task", **{**query, "try_number": number}).text for number in ("1", "2")}
    headings = {number: page.partition('<h1 class="wrap">')[2].partition("<")[0] for number, page in pages.items()}
    assert headings["1"].endswith("_1")
    assert headings["2"].endswith("_2")


def test_task_page_of_a_task_without_a_job_says_so(view: Callable[..., Any]) -> None:
    """A task that has not started, or another operator's."""
    reply = view("/task", dag_id="none", run_id="none", task_id="none")
    assert reply.status_code == 200
    assert "has submitted no job" in reply.text


def test_page_when_snowflake_is_not_there_is_text(
    view: Callable[..., Any], run: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error is a sentence in the frame, never a 500."""
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", "snowflake://u:p@/?account=x&host=127.0.0.1&port=9")
    from airflow_provider_spcs.job_view import held

    monkeypatch.setattr(held, "TRANSIENT_SECONDS", 0.0)
    reply = view("/jobs")
    assert reply.status_code == 200
    assert "Nothing to show" in reply.text
