"""What a container learns of its task, and what lineage learns of a container."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_spcs import GitSource, SpcsJobOperator
from airflow_provider_spcs.composition import Parts
from airflow_provider_spcs.lineage import datasets
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.order import Order
from airflow_provider_spcs.run_facts import run_facts
from airflow_provider_spcs.spec import Container, ServiceSpec
from tests.airflow.fakes import TaskInstance, context

PLACE = ("DB", "S")


def test_run_facts_name_the_task_and_its_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a program in the container needs to name the task it runs for, and to go on with its trace."""
    monkeypatch.setenv("TRACEPARENT", "00-a-b-01")
    facts = run_facts(context(TaskInstance(map_index=3, try_number=2)))
    expected = {"AIRFLOW_DAG_ID": "tests", "AIRFLOW_TASK_ID": "job", "AIRFLOW_RUN_ID": "manual__1",
                "AIRFLOW_TRY_NUMBER": "2", "AIRFLOW_MAP_INDEX": "3", "TRACEPARENT": "00-a-b-01"}  # fmt: skip
    assert {key: facts[key] for key in expected} == expected


def test_order_gives_facts_to_every_container_and_replaces_none_of_its_variables() -> None:
    """A user's own variable of such a name counts."""
    image = "/d/s/r/i:1"
    spec = ServiceSpec((Container("a", image), Container("b", image, env={"AIRFLOW_RUN_ID": "mine"})))
    order = Order(parts=Parts(spec=spec), compute_pool="P", facts={"AIRFLOW_RUN_ID": "r", "X": "1"})
    made = order.specification(JobName("DB", "S", "J"), None)
    assert isinstance(made, ServiceSpec)
    assert [dict(each.env) for each in made.containers] == [
        {"AIRFLOW_RUN_ID": "r", "X": "1"},
        {"AIRFLOW_RUN_ID": "mine", "X": "1"},
    ]


def test_operator_container_sees_its_run(job: dict[str, Any]) -> None:
    """Through the whole way, in a container."""
    program = (
        "import json, os, pathlib; pathlib.Path('/airflow/xcom/return.json').write_text("
        "json.dumps([os.environ['AIRFLOW_RUN_ID'], os.environ['AIRFLOW_MAP_INDEX']]))"
    )
    operator = SpcsJobOperator(**job, command=["python", "-c", program])
    assert operator.execute(context(TaskInstance(run_id="manual__2026-11-28T00:00:00+00:00"))) == [
        "manual__2026-11-28T00:00:00+00:00",
        "-1",
    ]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (None, ([], [])),
        ("text", ([], [])),
        ({"source_table": "loans", "auc": 0.8}, (["DB.S.LOANS"], [])),
        ({"table": "other.loans"}, ([], ["DB.OTHER.LOANS"])),
        ({"model": "m", "version": "V1"}, ([], ["DB.S.M/versions/V1"])),
        ({"inputs": ["a.b.c", "@st/x"], "outputs": "T"}, (["A.B.C", "@st/x"], ["DB.S.T"])),
        ({"inputs": [1, None], "table": 5}, ([], [])),
    ],
)
def test_datasets_are_read_from_the_result(result: Any, expected: tuple[list[str], list[str]]) -> None:
    """Whatever a job returns, names that it says are qualified, and nothing else is guessed."""
    assert datasets(result, PLACE) == expected


def test_operator_lineage_names_tables_code_and_statement(job: dict[str, Any]) -> None:
    """With OpenLineage's own classes, as its extractor asks for them."""
    pytest.importorskip("airflow.providers.openlineage", reason="the OpenLineage provider is optional")
    program = "import json; json.dump({'source_table': 'loans', 'table': 't'}, open('/airflow/xcom/return.json', 'w'))"
    operator = SpcsJobOperator(**job, command=["python", "-c", program])
    operator.execute(context(TaskInstance(run_id="lineage")))
    found = operator.get_openlineage_facets_on_complete(None)
    assert [each.name for each in found.inputs] == ["EMULATOR.PUBLIC.LOANS"]
    assert [each.name for each in found.outputs] == ["EMULATOR.PUBLIC.T"]
    assert found.inputs[0].namespace.startswith("snowflake://")
    assert found.run_facets["externalQuery"].externalQueryId == operator.query_id


def test_operator_lineage_before_the_job_names_the_code(job: dict[str, Any]) -> None:
    """The repository and the ref are known before anything runs."""
    pytest.importorskip("airflow.providers.openlineage", reason="the OpenLineage provider is optional")
    operator = SpcsJobOperator(**job, git=GitSource("https://h/r.git", "v1"), command=["python", "x.py"])
    location = operator.get_openlineage_facets_on_start().job_facets["sourceCodeLocation"]
    assert (location.repoUrl, location.branch, location.version) == ("https://h/r.git", "v1", None)


def test_run_facts_name_the_lineage_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run's own events can then say which task started them."""
    pytest.importorskip("airflow.providers.openlineage", reason="the OpenLineage provider is optional")
    monkeypatch.setattr("airflow.providers.openlineage.conf.is_disabled", lambda: False)
    from datetime import UTC, datetime
    from types import SimpleNamespace

    run = SimpleNamespace(logical_date=None, run_after=datetime(2026, 1, 1, tzinfo=UTC), conf={}, clear_number=0)
    ti = TaskInstance()
    ti.dag_run = run  # type: ignore[attr-defined]
    ti.get_template_context = lambda: {"dag_run": run}  # type: ignore[attr-defined]
    facts = run_facts(context(ti))
    assert facts["OPENLINEAGE_PARENT_JOB_NAME"] == "tests.job"
    assert facts["OPENLINEAGE_PARENT_ID"].endswith(facts["OPENLINEAGE_PARENT_RUN_ID"])
