"""The event table: logs, platform events and metrics of jobs, and the functions that read them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.events.follower import Follower
from tests.gate import held
from tests.waiting import until

if TYPE_CHECKING:
    from conftest import Local
else:
    Local = Any
Spec = Callable[..., str]
ATTRIBUTES = ("snow.database.name", "snow.schema.name", "snow.service.name", "snow.compute_pool.name")


def test_log_lines_are_rows_with_stream_and_instance(local: Local, make_spec: Spec) -> None:
    """SPCS_GET_LOGS gives each line once, in order, with its stream."""
    local.start("L1", make_spec("import sys; print('out'); print('err', file=sys.stderr)"))
    local.ended("L1")
    rows = local.sql("SELECT * FROM TABLE(L1!SPCS_GET_LOGS())")
    assert list(rows[0]) == ["TIMESTAMP", "INSTANCE_ID", "CONTAINER_NAME", "LOG", "RECORD_ATTRIBUTES"]
    assert sorted((row["LOG"], json.loads(row["RECORD_ATTRIBUTES"])["log.iostream"]) for row in rows) == [
        ("err", "stderr"),
        ("out", "stdout"),
    ]
    assert {(row["INSTANCE_ID"], row["CONTAINER_NAME"]) for row in rows} == {(0, "main")}


def test_every_transition_is_an_event_in_order(local: Local, make_spec: Spec) -> None:
    """Container, job and instance, from pending to the end, as the documentation's example shows them."""
    local.start("E1", make_spec())
    local.ended("E1")
    rows = local.sql("SELECT EVENT_NAME, EVENT_DETAILS, SEVERITY FROM TABLE(E1!SPCS_GET_EVENTS())")
    found = [(row["EVENT_NAME"].split(".")[0], json.loads(row["EVENT_DETAILS"])["status"]) for row in rows]
    assert found == [
        ("CONTAINER", "PENDING"), ("SERVICE", "PENDING"), ("SERVICE_INSTANCE", "PENDING"),
        ("CONTAINER", "READY"), ("SERVICE", "RUNNING"), ("SERVICE_INSTANCE", "READY"),
        ("CONTAINER", "DONE"), ("SERVICE", "DONE"), ("SERVICE_INSTANCE", "SUCCEEDED"),
    ]  # fmt: skip
    assert {row["SEVERITY"] for row in rows} == {"INFO"}


def test_failure_is_an_event_of_severity_error(local: Local, make_spec: Spec) -> None:
    """FAILED of container, job and instance are errors, with the container's message."""
    local.start("E2", make_spec("exit(1)"))
    local.ended("E2")
    rows = local.sql("SELECT EVENT_DETAILS FROM TABLE(E2!SPCS_GET_EVENTS()) WHERE SEVERITY = 'ERROR'")
    messages = [json.loads(row["EVENT_DETAILS"])["message"] for row in rows]
    assert messages == ["User application error, check container logs", "Job has failed", "Job instance failed"]


def test_event_table_rows_carry_the_jobs_names(local: Local, make_spec: Spec) -> None:
    """A monitoring view over SNOWFLAKE.TELEMETRY.EVENTS finds a job by its attributes."""
    local.start("A1", make_spec())
    local.ended("A1")
    local.account.services.telemetry.flush()
    row = local.sql(
        "SELECT RESOURCE_ATTRIBUTES, VALUE FROM SNOWFLAKE.TELEMETRY.EVENTS WHERE RECORD_TYPE = 'LOG' "
        "AND RESOURCE_ATTRIBUTES:\"snow.service.name\" = 'A1' AND RESOURCE_ATTRIBUTES:\"snow.service.type\" = 'Job'"
    )[0]
    attributes = json.loads(row["RESOURCE_ATTRIBUTES"])
    assert [attributes[key] for key in ATTRIBUTES] == ["EMULATOR", "PUBLIC", "A1", "POOL"]
    assert attributes["snow.service.instance"] == attributes["snow.service.container.instance"] == "0"
    assert json.loads(row["VALUE"]) == "hello"


def test_structured_log_line_is_parsed(local: Local, make_spec: Spec) -> None:
    """A JSON line with ``body`` gives its body as value, its severity and its attributes."""
    line = json.dumps({"body": "text", "severity_text": "WARN", "attributes": {"k": 1}, "dropped": 2})
    local.start("S1", make_spec(f"print({line!r})"))
    local.ended("S1")
    row = local.sql("SELECT LOG, RECORD_ATTRIBUTES FROM TABLE(S1!SPCS_GET_LOGS())")[0]
    assert row["LOG"] == "text"
    assert json.loads(row["RECORD_ATTRIBUTES"]) == {"log.iostream": "stdout", "k": 1}


def test_log_level_of_the_specification_filters_the_table(local: Local, make_spec: Spec) -> None:
    """ERROR keeps stderr only; the container's own log has both."""
    text = make_spec("import sys; print('out'); print('err', file=sys.stderr)")
    text = text[:-2] + ', "logExporters": {"eventTableConfig": {"logLevel": "ERROR"}}}}'
    local.start("F1", text)
    local.ended("F1")
    assert [row["LOG"] for row in local.sql("SELECT LOG FROM TABLE(F1!SPCS_GET_LOGS())")] == ["err"]
    assert sorted(local.logs("F1").split("\n")) == ["err", "out"]


def test_metrics_of_the_real_process_are_rows(local: Local, make_spec: Spec) -> None:
    """The groups that the specification asks for, with memory in bytes."""
    gate = local.gate("M1")
    text = gate.mounted(make_spec(held("pass")))
    text = text[:-2] + ', "platformMonitor": {"metricConfig": {"groups": ["system", "system_limits"]}}}}'
    local.start("M1", text)
    rows = until(
        lambda: local.sql("SELECT METRIC_NAME, VALUE, UNIT FROM TABLE(M1!SPCS_GET_METRICS())"), "a measurement"
    )
    gate.open()
    local.ended("M1")
    values = {row["METRIC_NAME"]: float(row["VALUE"]) for row in rows}
    assert values["container.memory.usage"] > 1_000_000
    assert values["container.cpu.requested"] == 0.5
    assert values["container.memory.limit"] == 13 * 2**30


def test_follower_takes_whole_lines_once(tmp_path: Path) -> None:
    """A line that is still being written waits; nothing is read twice; the rest comes with the end."""
    path = tmp_path / "log"
    first = "2026-01-02T03:04:05.123456789Z stdout a b\n2026-01-02T03:04:05.2Z stderr"
    path.write_text(first)
    follower = Follower("k", path, {}, "INFO")
    rows, follower.position = follower.read()
    assert [json.loads(row.value) for row in rows] == ["a b"]
    assert rows[0].timestamp.microsecond == 123456
    with path.open("a") as file:
        file.write(" c\n2026-01-02T03:04:06Z stdout unfinished")
    rows, follower.position = follower.read()
    assert [json.loads(row.value) for row in rows] == ["c"]
    assert follower.read()[0] == []
    follower.finished = True
    assert [json.loads(row.value) for row in follower.read()[0]] == ["unfinished"]
