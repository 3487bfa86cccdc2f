"""The operator against a running account, waiting in the worker."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs import SecretRef, SpcsHook, SpcsJobOperator
from airflow_provider_spcs.errors import InvalidInput, JobFailedError, JobTimeout, PreflightError, SpecError
from tests.airflow.fakes import Run, Store, TaskInstance, context

RESULT = "import json, pathlib; pathlib.Path('/airflow/xcom/return.json').write_text(json.dumps({'rows': 3}))"


def python(program: str) -> dict[str, Any]:
    """A container that runs a line of Python."""
    return {"command": ["python", "-c"], "args": [program]}


def status(name: str) -> str | None:
    """A job's status, asked for by the test itself; None when it was dropped."""
    with SpcsHook() as hook:
        state = hook.describe_job(name)
    return state.status.value if state else None


def test_operator_result_file_is_returned_and_the_job_dropped(job: dict[str, Any]) -> None:
    """The JSON of /airflow/xcom/return.json is the task's return value; a good job leaves nothing behind."""
    ti = TaskInstance(run_id="result")
    returned = SpcsJobOperator(**job, **python(RESULT)).execute(context(ti))
    assert returned == {"rows": 3}
    assert ti.xcoms["job_name"].startswith("EMULATOR.PUBLIC.AF_TESTS_JOB_")
    assert ti.xcoms["job_url"] == ti.xcoms["_link_SpcsJobLink"]
    assert status(ti.xcoms["job_name"]) is None


def test_operator_without_result_returns_the_jobs_name(job: dict[str, Any]) -> None:
    """As the first-party operator does."""
    ti = TaskInstance(run_id="no-result")
    returned = SpcsJobOperator(**job, **python("print('hello')")).execute(context(ti))
    assert returned == ti.xcoms["job_name"]


def test_operator_log_lines_appear_one_record_a_line(job: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    """Each line of the container once, in order, at its own level."""
    operator = SpcsJobOperator(**job, **python("print('first'); print('ERROR second'); print('third')"))
    operator.execute(context(TaskInstance(run_id="log")))
    records = re.findall(r"\[(info|error) +\] (first|ERROR second|third) ", capsys.readouterr().out)
    assert records == [("info", "first"), ("error", "ERROR second"), ("info", "third")]


def test_operator_failed_job_raises_a_card_keeps_the_job_and_pushes_the_result(job: dict[str, Any]) -> None:
    """Status, exit code and last lines in one error; evidence and result stay."""
    ti = TaskInstance(run_id="failed")
    program = f"{RESULT}; print('boom'); raise SystemExit(3)"
    with pytest.raises(JobFailedError) as caught:
        SpcsJobOperator(**job, **python(program)).execute(context(ti))
    error = caught.value
    assert (error.status, error.exit_code, error.container_name, error.instance_id) == ("FAILED", 3, "main", 0)
    assert error.last_lines == ("boom",)
    assert ti.xcoms["return_value"] == {"rows": 3}
    assert status(ti.xcoms["job_name"]) == "FAILED"


@pytest.mark.parametrize(("rule", "kind"), [("skip_on_exit_code", "Skip"), ("fail_on_exit_code", "Fail")])
def test_operator_exit_code_rules_skip_or_fail_without_retry(job: dict[str, Any], rule: str, kind: str) -> None:
    """An exit code may mean "nothing to do", or "do not try again"."""
    from airflow.providers.common.compat import sdk as exceptions

    operator = SpcsJobOperator(**job, **python("raise SystemExit(99)"), **{rule: 99})
    with pytest.raises(getattr(exceptions, f"Airflow{kind}Exception")):
        operator.execute(context(TaskInstance(run_id=rule)))


def test_operator_job_timeout_cancels_the_job_and_names_the_clock(job: dict[str, Any]) -> None:
    """A limit of our own stops the remote job too."""
    ti = TaskInstance(run_id="timeout")
    operator = SpcsJobOperator(**job, **python("import time; time.sleep(3600)"), job_timeout_seconds=2)
    with pytest.raises(JobTimeout, match="job_timeout_seconds"):
        operator.execute(context(ti))
    assert status(ti.xcoms["job_name"]) in ("CANCELLING", "CANCELLED")


def test_operator_without_waiting_returns_the_name_of_a_living_job(job: dict[str, Any]) -> None:
    """Somebody else waits for it."""
    operator = SpcsJobOperator(**job, **python("pass"), wait_for_completion=False)
    name = operator.execute(context(TaskInstance(run_id="no-wait")))
    assert status(name) is not None


def test_operator_asset_event_carries_the_result(job: dict[str, Any]) -> None:
    """A DAG that is scheduled by the asset sees what the job produced."""
    from airflow.sdk import Asset
    from airflow.sdk.execution_time.context import OutletEventAccessors

    asset = Asset("model")
    events = OutletEventAccessors()
    operator = SpcsJobOperator(**job, **python(RESULT), outlets=[asset])
    operator.execute(context(TaskInstance(run_id="asset"), outlet_events=events))
    assert events[asset].extra["rows"] == 3
    assert events[asset].extra["job_name"].startswith("EMULATOR.PUBLIC.")


def test_operator_payload_directory_is_mounted(job: dict[str, Any], tmp_path: Any) -> None:
    """A local directory is what the container runs."""
    (tmp_path / "main.py").write_text(
        "import json, pathlib, sys\npathlib.Path('/airflow/xcom/return.json').write_text(json.dumps(sys.argv[1:]))\n"
    )
    operator = SpcsJobOperator(
        **job, payload=str(tmp_path), command=["python", "/mnt/payload/main.py"], args=["--rows", "5"]
    )
    assert operator.execute(context(TaskInstance(run_id="payload"))) == ["--rows", "5"]


def test_operator_first_party_keywords_mean_the_same(job: dict[str, Any]) -> None:
    """Moving from the first-party operator is one import."""
    spec = {"spec": {"containers": [{"name": "main", "image": job.pop("image"), "command": ["python", "-c", "pass"]}]}}
    ti = TaskInstance(run_id="first-party")
    operator = SpcsJobOperator(
        **job, container_name="main", spec_text=json.dumps(spec), drop_on_completion=False, timeout=600
    )
    assert operator.execute(context(ti)) == ti.xcoms["job_name"]
    assert status(ti.xcoms["job_name"]) == "DONE"


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"compute_pool": None}, InvalidInput),
        ({"image": None}, SpecError),
        ({"stage": None, "payload": "payload"}, InvalidInput),
        ({"payload": "/no/such/directory"}, InvalidInput),
        ({"replicas": 0}, InvalidInput),
        ({"poll_interval": 0}, InvalidInput),
        ({"on_kill_action": "explode"}, InvalidInput),
        ({"timeout": 5, "job_timeout_seconds": 5}, InvalidInput),
        ({"container_name": "main", "base_container_name": "main"}, InvalidInput),
        ({"spec_stage": "@s"}, InvalidInput),
        ({"resources": {"memory": "1 gigabyte"}}, SpecError),
    ],
)
def test_operator_bad_input_is_refused_before_anything_is_sent(
    job: dict[str, Any], changed: dict[str, Any], kind: type[Exception]
) -> None:
    """No job, no note, no upload: the operator's own checks come first."""
    ti, store = TaskInstance(run_id="bad"), Store()
    operator = SpcsJobOperator(**{**job, **python("pass"), **changed})
    with pytest.raises(kind):
        operator.execute(context(ti, store))
    assert set(ti.xcoms) == {"job_failure"}
    assert store == {}


def test_operator_other_life_of_a_run_id_is_not_taken_over(job: dict[str, Any]) -> None:
    """A run that was deleted and triggered again under the same id runs its jobs again."""
    from datetime import timedelta

    first, second = TaskInstance(run_id="again"), TaskInstance(run_id="again")
    operator = SpcsJobOperator(**job, **python(RESULT), on_finish_action="keep_job")
    operator.execute(context(first))
    later = Run(first.start_date + timedelta(hours=1))
    operator.execute(context(second, dag_run=later))
    assert first.xcoms["job_name"] != second.xcoms["job_name"]


def test_operator_hides_values_under_secret_names_in_the_containers_log(
    job: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Secrets belong into Snowflake secrets; who gives one as a variable all the same does not read it in the log."""
    program = "import os; print('value', os.environ['DB_PASSWORD'])"
    operator = SpcsJobOperator(**job, **python(program), env_vars={"DB_PASSWORD": "hunter2-hunter2", "PLAIN": "seen"})
    operator.execute(context(TaskInstance(run_id="masked")))
    from airflow.sdk.log import redact

    assert redact("value hunter2-hunter2") == "value ***"
    assert redact("seen") == "seen"


def test_operator_preflight_tells_every_problem_and_submits_nothing(job: dict[str, Any]) -> None:
    """One failed try instead of one for each missing thing; each line says what to grant."""
    ti = TaskInstance(run_id="preflight")
    missing = {
        "compute_pool": "NO_POOL",
        "query_warehouse": "NO_WH",
        "external_access_integrations": ["NO_EAI"],
        "secrets": [SecretRef("NO_SECRET", env_var="X")],
        "volumes": {"/data": "@EMULATOR.PUBLIC.NO_STAGE"},
        "image": "/no_db/public/images/python:3",
    }
    operator = SpcsJobOperator(**{**job, **python("pass"), **missing}, preflight=True)
    with pytest.raises(PreflightError) as caught:
        operator.execute(context(ti))
    words = ("NO_POOL", "NO_WH", "NO_EAI", "NO_SECRET", "NO_STAGE", "no_db".upper())
    assert [word for word in words if not any(word in problem for problem in caught.value.problems)] == []
    assert "GRANT USAGE ON COMPUTE POOL NO_POOL TO ROLE ACCOUNTADMIN" in str(caught.value)
    assert set(ti.xcoms) == {"job_failure"}


def test_operator_preflight_of_a_job_that_has_all_it_needs_runs_it(job: dict[str, Any]) -> None:
    """A look that finds nothing changes nothing."""
    image = "/snowflake/images/snowflake_images/st_plat/runtime/x86/runtime_image/snowbooks:2.3.0"
    operator = SpcsJobOperator(**{**job, "image": image}, **python(RESULT), preflight=True)
    assert operator.execute(context(TaskInstance(run_id="preflight-good"))) == {"rows": 3}


def test_operator_dry_run_shows_statement_and_specification_with_secrets_hidden(
    job: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """What would be sent, for a person: nothing is sent, and no password is shown."""
    operator = SpcsJobOperator(
        **{**job, "snowflake_conn_id": "there_is_none"},
        **python("pass"),
        payload=str(Path(__file__).parent),
        env_vars={"DB_PASSWORD": "hunter2-hunter2", "PLAIN": "seen"},
        query_warehouse="WH",
        replicas=2,
    )
    operator.dry_run()
    shown = capsys.readouterr().out
    wanted = ("EXECUTE JOB SERVICE", "IN COMPUTE POOL TEST_POOL", "NAME = EMULATOR.PUBLIC.AF_", "REPLICAS = 2",
              "QUERY_WAREHOUSE = WH", "PLAIN: seen", "payloads/CONTENT_HASH")  # fmt: skip
    assert [part for part in wanted if part not in shown] == []
    assert "hunter2" not in shown


def test_operator_result_too_large_for_an_xcom_is_named_by_its_place(job: dict[str, Any]) -> None:
    """An XCom is a row in Airflow's database: what is large stays on the stage."""
    program = "open('/airflow/xcom/return.json', 'w').write('\"' + 'x' * 1_500_000 + '\"')"
    ti = TaskInstance(run_id="large")
    returned = SpcsJobOperator(**job, **python(program)).execute(context(ti))
    assert returned["bytes"] == 1_500_002
    assert returned["stage_file"].startswith("@EMULATOR.PUBLIC.JOBS/results/")


def test_operator_result_with_nan_is_null(job: dict[str, Any]) -> None:
    """Python writes NaN, and databases refuse it: the task of a job that is done must not fail of it."""
    program = "import json; json.dump({'auc': float('nan')}, open('/airflow/xcom/return.json', 'w'))"
    assert SpcsJobOperator(**job, **python(program)).execute(context(TaskInstance(run_id="nan"))) == {"auc": None}
