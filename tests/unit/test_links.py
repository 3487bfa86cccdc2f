"""Links from a task to its job and to its report."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from airflow.models.connection import Connection

from airflow_provider_spcs import links
from airflow_provider_spcs.links import SpcsJobLink, SpcsReportLink, job_url
from airflow_provider_spcs.naming import JobName

JOB = JobName("DB", "SCHEMA", "JOB_1")
KEY = SimpleNamespace(dag_id="d", run_id="manual__2026-01-02T03:04:05+00:00", task_id="t", map_index=2, try_number=1)


def connection(**extra: Any) -> Connection:
    """A connection with these extras."""
    return Connection(conn_id="c", conn_type="snowflake", extra=extra)


@pytest.mark.parametrize(
    ("account", "path"),
    [("MYORG-MYACCOUNT", "myorg/myaccount"), ("xy12345.eu-west-1", "eu-west-1/xy12345"), ("xy12345", "xy12345")],
)
def test_job_url_of_an_account_is_its_query_in_snowsight(account: str, path: str) -> None:
    """With the submitting statement it is its page, without one the list."""
    base = f"https://app.snowflake.com/{path}/#/compute/history/queries"
    assert job_url(connection(account=account), JOB, "01-a") == f"{base}/01-a/detail"
    assert job_url(connection(account=account), JOB) == base


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.9.8.7"])
def test_job_url_on_loopback_is_the_emulators_page(host: str) -> None:
    """Nothing but the connection's host says so."""
    found = job_url(connection(account="LOCAL", host=host, port=8084, protocol="http"), JOB, "01-a")
    assert found == f"http://{host}:8084/jobs/DB.SCHEMA.JOB_1"


def test_job_url_by_the_option_has_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pattern of Airflow's configuration."""
    monkeypatch.setenv("AIRFLOW__SPCS__JOB_URL", "https://look/{account}/{database}/{schema}/{job}?q={query_id}")
    assert job_url(connection(account="a-b"), JOB, "01-a") == "https://look/a-b/DB/SCHEMA/JOB_1?q=01-a"


def test_job_url_by_the_connections_extra_goes_before_the_option(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two accounts may be looked at in two places."""
    monkeypatch.setenv("AIRFLOW__SPCS__JOB_URL", "https://option/{job}")
    assert job_url(connection(account="a-b", job_url="https://extra/{job}"), JOB) == "https://extra/JOB_1"


@pytest.mark.parametrize(
    "pattern", ["javascript:alert(1)//{job}", "{nonsense}", "{0}", "data:text/html,{job}", "{job.x}"]
)
def test_job_url_by_a_bad_pattern_is_empty(pattern: str) -> None:
    """A link is a web address, or there is none; it never fails a task."""
    assert job_url(connection(account="a", job_url=pattern), JOB) == ""


def test_job_url_of_a_connection_without_account_is_empty() -> None:
    """There is nowhere to lead to."""
    assert job_url(connection(), JOB, "01-a") == ""


def test_job_link_of_a_task_that_has_a_job_is_what_it_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's own, else what was pushed at the start."""
    monkeypatch.setattr(links.XCom, "get_value", lambda **_: "https://noted")
    assert SpcsJobLink().get_link(SimpleNamespace(job_url="https://own"), ti_key=KEY) == "https://own"
    assert SpcsJobLink().get_link(SimpleNamespace(job_url=None, job_name="J"), ti_key=KEY) == "https://noted"
    assert SpcsJobLink().get_link(SimpleNamespace(job_url=None, job_name=None), ti_key=KEY) == ""


def test_job_link_when_airflow_cannot_tell_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error here would take every link of the task with it."""

    def broken(**_: Any) -> Any:
        raise RuntimeError("no database")

    monkeypatch.setattr(links.XCom, "get_value", broken)
    assert SpcsJobLink().get_link(SimpleNamespace(job_name="J"), ti_key=KEY) == ""


def test_report_link_of_a_task_with_a_report_opens_it_in_airflow(monkeypatch: pytest.MonkeyPatch) -> None:
    """By its path: what is stored outlives a change of Airflow's address. The view reads it through the hook."""
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example/base/")
    operator = SimpleNamespace(report="@DB.S.STAGE/report.html")
    assert SpcsReportLink().get_link(operator, ti_key=KEY) == (
        "/base/spcs/report?dag_id=d&run_id=manual__2026-01-02T03%3A04%3A05%2B00%3A00&task_id=t&map_index=2"
    )


@pytest.mark.parametrize("report", [None, ""])
def test_report_link_of_a_task_without_a_report_is_empty(report: str | None) -> None:
    """Airflow shows no button then."""
    assert SpcsReportLink().get_link(SimpleNamespace(report=report), ti_key=KEY) == ""
    assert SpcsReportLink().get_link(SimpleNamespace(), ti_key=None) == ""
