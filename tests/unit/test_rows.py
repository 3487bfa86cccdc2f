"""Rows in: columns by name, whatever form their values have."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from airflow_provider_spcs import rows
from airflow_provider_spcs.naming import JobName, Stamp
from airflow_provider_spcs.rows import moment
from airflow_provider_spcs.status import ContainerState

DESCRIBED = {
    "name": "N",
    "status": "RUNNING",
    "database_name": "DB",
    "schema_name": "S",
    "owner": "R",
    "compute_pool": "P",
    "spec": "x",
    "dns_name": "n.abcd.svc.spcs.internal",
    "current_instances": 1,
    "target_instances": 2,
    "created_on": datetime(2026, 1, 1, tzinfo=UTC),
    "comment": Stamp("d", "t", "r").to_comment(),
    "query_warehouse": None,
}


def test_described_job_is_read_by_column_name() -> None:
    """Order and new columns do not matter."""
    state = rows.job_state({"brand_new": 1, **DESCRIBED})
    assert state.name == JobName("DB", "S", "N")
    assert state.status.value == "RUNNING"
    assert (state.compute_pool, state.replicas, state.query_warehouse, state.spec) == ("P", 2, "", "x")
    assert state.stamp == Stamp("d", "t", "r")


def test_job_with_fewer_columns_reads_as_nothing_there() -> None:
    """An older server leaves columns out."""
    state = rows.job_state({"name": "N", "database_name": "DB", "schema_name": "S", "status": "NEW"})
    assert (state.replicas, state.stamp, state.created_at, state.status.terminal) == (1, None, None, False)


def test_history_tells_message_exit_code_and_deletion() -> None:
    """OBJECT columns come as JSON text; times as datetimes."""
    statuses = {
        "failedInstances": 1,
        "instances": [
            {
                "instanceId": "1",
                "containers": [{"containerName": "b", "lastExitCode": 137, "message": "OOM", "status": "FAILED"}],
            },
            {"instanceId": "0", "containers": [{"containerName": "a", "status": "DONE", "lastExitCode": "0"}]},
        ],
    }
    state = rows.history_state(
        {
            "query_id": "q",
            "name": "N",
            "database_name": "DB",
            "schema_name": "S",
            "status": "FAILED",
            "message": "failed",
            "created_time": datetime(2026, 1, 1, tzinfo=UTC),
            "completed_time": None,
            "deleted_time": datetime(2026, 1, 2, tzinfo=UTC),
            "compute_pool_name": "P",
            "instance_statuses": json.dumps(statuses),
            "parameters": '{"ASYNC": true, "REPLICAS": 2}',
        }
    )
    assert [(c.instance_id, c.name, c.exit_code, c.state) for c in state.containers] == [
        (0, "a", 0, ContainerState.DONE),
        (1, "b", 137, ContainerState.FAILED),
    ]
    assert (state.deleted, state.replicas, state.message, state.query_id) == (True, 2, "failed", "q")
    assert state.ended_at == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize("broken", [None, "", "not json", "[]", {}])
def test_history_without_instances_has_no_containers(broken: object) -> None:
    """A job that never started has no instance."""
    row = {"name": "N", "database_name": "DB", "schema_name": "S", "instance_statuses": broken}
    assert rows.history_state(row).containers == ()


@pytest.mark.parametrize(("code", "expected"), [(None, None), ("", None), ("137", 137), (0, 0)])
def test_exit_code_that_is_not_there_is_none(code: object, expected: int | None) -> None:
    """None is not 0: a container that runs has not succeeded."""
    assert (
        rows.container_report({"container_name": "a", "instance_id": "0", "last_exit_code": code}).exit_code == expected
    )


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("false", False), (True, True), (None, True)])
def test_pool_flag_is_read_from_text_or_boolean(value: object, expected: bool) -> None:
    """SHOW answers with texts."""
    assert rows.pool_state({"name": "P", "state": "idle", "auto_resume": value}).auto_resume is expected


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-02T03:04:05.123456Z",
        "2026-01-02T03:04:05.123456789Z",
        "2026-01-02 03:04:05.123456 +0000",
        "2026-01-01T19:04:05.123456-08:00",
        datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC),
        datetime(2026, 1, 2, 3, 4, 5, 123456),
    ],
)
def test_time_is_read_in_every_form_that_is_seen(value: object) -> None:
    """Nanoseconds are cut to microseconds; a time without a timezone is UTC."""
    assert moment(value) == datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=UTC)


@pytest.mark.parametrize("value", [None, "", "soon", 5])
def test_value_that_is_no_time_is_none(value: object) -> None:
    """An unreadable time must not end a poll."""
    assert moment(value) is None


def test_log_record_has_its_stream_and_a_row_without_time_is_none() -> None:
    """RECORD_ATTRIBUTES is JSON text."""
    row = {"timestamp": "2026-01-01T00:00:00Z", "instance_id": 1, "container_name": "m", "log": "x"}
    record = rows.log_record({**row, "record_attributes": '{"log.iostream": "stderr"}'})
    assert record is not None
    assert (record.instance_id, record.stream, record.text) == (1, "stderr", "x")
    assert rows.log_record({**row, "timestamp": None}) is None
