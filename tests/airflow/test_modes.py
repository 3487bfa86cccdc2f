"""Every parameter is honoured in a worker and deferred, or refused; none is ignored."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from airflow_provider_spcs import GitSource, SecretRef, SpcsJobOperator, SpcsJobSensor
from airflow_provider_spcs.connected_task import ConnectedTask
from airflow_provider_spcs.deferral import defer
from airflow_provider_spcs.ending import Deadlines
from airflow_provider_spcs.errors import InvalidInput
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.parameters import SpcsJobParameters
from tests.airflow.airflow_names import TaskDeferred

#: Read before the modes part: they make the job, which is the same in both.
OF_THE_JOB = {
    "compute_pool", "image", "command", "args", "env_vars", "secrets", "volumes", "resources", "container_resources",
    "spec", "spec_overrides", "base_container_name", "name", "replicas", "query_warehouse",
    "external_access_integrations", "comment", "tags", "payload", "payload_mount", "stage", "git", "preflight",
    "container_name", "spec_text", "spec_stage", "durable",
}  # fmt: skip
#: Choose the mode, or are used in the worker after it, when both modes are in one again.
OF_THE_END = {
    "wait_for_completion", "deferrable", "number_logs_exception", "on_finish_action", "drop_on_completion",
    "skip_on_exit_code", "fail_on_exit_code", "on_oom", "oom_compute_pools", "do_xcom_push",
}  # fmt: skip
#: What waiting needs, with the argument by which the trigger gets it.
OF_WAITING = {
    "poll_interval": "poll_interval",
    "startup_timeout_seconds": "startup_deadline",
    "job_timeout_seconds": "job_deadline",
    "timeout": "job_deadline",
    "get_logs": "get_logs",
    "container_logs": "container_logs",
    "on_kill_action": "on_kill_action",
    "cancel_on_kill": "on_kill_action",
    **{name: name for name in ("snowflake_conn_id", "database", "schema", "role", "warehouse", "authenticator")},
    "session_parameters": "session_parameters",
    "transient_timeout_seconds": "transient_timeout_seconds",
}


def keywords(function: Any) -> set[str]:
    """Names of keyword-only parameters."""
    parameters = inspect.signature(function).parameters.values()
    return {each.name for each in parameters if each.kind is each.KEYWORD_ONLY}


def test_every_parameter_has_its_place() -> None:
    """A new parameter has to say where each mode honours it."""
    assert keywords(SpcsJobParameters.__init__) | keywords(ConnectedTask.__init__) == (
        OF_THE_JOB | OF_THE_END | set(OF_WAITING)
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"poll_interval": 7}, 7.0),
        ({"get_logs": False}, False),
        ({"container_logs": ["main"]}, ["main"]),
        ({"on_kill_action": "drop_job"}, "drop_job"),
        ({"cancel_on_kill": False}, "keep_job"),
        ({"snowflake_conn_id": "other"}, "other"),
        ({"database": "D"}, "D"),
        ({"schema": "S"}, "S"),
        ({"role": "R"}, "R"),
        ({"warehouse": "W"}, "W"),
        ({"authenticator": "A"}, "A"),
        ({"session_parameters": {"QUERY_TAG": "t"}}, {"QUERY_TAG": "t"}),
        ({"transient_timeout_seconds": 60}, 60.0),
    ],
)
def test_waiting_parameter_reaches_the_trigger(given: dict[str, Any], expected: Any) -> None:
    """What a worker would do, the triggerer does."""
    operator = SpcsJobOperator(task_id="t", image="/d/s/r/i:1", **given)
    with pytest.raises(TaskDeferred) as caught:
        defer(
            operator,
            JobName("DB", "S", "J"),
            poll_interval=float(operator.poll_interval),
            deadlines=Deadlines(),
            on_kill_action=operator.policy().on_kill_action,
        )
    (name,) = given
    assert caught.value.trigger.serialize()[1][OF_WAITING[name]] == expected


@pytest.mark.parametrize(
    "given",
    [
        {"wait_for_completion": False, "job_timeout_seconds": 5},
        {"wait_for_completion": False, "timeout": 5},
        {"wait_for_completion": False, "startup_timeout_seconds": 5},
        {"wait_for_completion": False, "on_finish_action": "delete_job"},
        {"wait_for_completion": False, "drop_on_completion": True},
        {"wait_for_completion": False, "skip_on_exit_code": 99},
        {"wait_for_completion": False, "fail_on_exit_code": [99]},
        {"wait_for_completion": False, "container_logs": ["main"]},
        {"wait_for_completion": False, "on_oom": "retry"},
        {"get_logs": False, "container_logs": ["main"]},
        {"oom_compute_pools": ["BIG"]},
        {"on_oom": "next_family"},
        {"on_oom": "retry"},
        {"on_oom": "next_family", "durable": False, "retries": 1},
        {"payload_mount": "/code"},
        {"container_logs": ["sidecar"]},
        {"base_container_name": "main", "spec": {"spec": {"containers": [{"name": "other", "image": "/d/s/r/i:1"}]}}},
        {"number_logs_exception": 101},
        {"number_logs_exception": -1},
        *(
            {"image": None, "spec": "@D.S.JOBS/spec.yaml", name: value}
            for name, value in {
                "stage": "@D.S.JOBS",
                "payload": ".",
                "payload_mount": "/code",
                "image": "/d/s/r/i:1",
                "command": ["true"],
                "args": ["x"],
                "env_vars": {"A": "b"},
                "secrets": [SecretRef("D.S.X", env_var="X", key="secret_string")],
                "volumes": {"/d": "@D.S.JOBS"},
                "resources": {"memory": "1Gi"},
                "spec_overrides": {"spec": {}},
                "git": GitSource("https://example.com/a.git", "main"),
            }.items()
        ),
        *(
            {name: value, other: alternative}
            for name, value, other, alternative in (
                ("job_timeout_seconds", 5, "timeout", 5),
                ("base_container_name", "main", "container_name", "main"),
                ("spec", "spec: {}", "spec_text", "spec: {}"),
                ("on_finish_action", "keep_job", "drop_on_completion", False),
                ("on_kill_action", "keep_job", "cancel_on_kill", False),
                ("resources", {"memory": "1Gi"}, "container_resources", {"memory": "1Gi"}),
                ("spec_stage", "@D.S.JOBS", "spec_text", "spec: {}"),
            )
        ),
    ],
    ids=str,
)
def test_parameter_that_would_be_ignored_is_refused(given: dict[str, Any]) -> None:
    """A person who sets a limit counts on it."""
    with pytest.raises(InvalidInput, match="|".join(given)):
        SpcsJobOperator(**{"task_id": "t", "compute_pool": "P", "image": "/d/s/r/i:1", **given}).dry_run()


@pytest.mark.parametrize(
    "given",
    [
        {"get_logs": False, "container_logs": ["main"]},
        {"deferrable": True, "exponential_backoff": True},
        {"deferrable": True, "silent_fail": True},
    ],
    ids=str,
)
def test_sensor_parameter_that_would_be_ignored_is_refused(given: dict[str, Any]) -> None:
    """Before anything is asked of Snowflake."""
    with pytest.raises(InvalidInput, match="|".join(given)):
        SpcsJobSensor(task_id="t", job_name="D.S.J", **given).execute({})


def test_keeping_the_job_is_what_a_task_does_that_does_not_wait() -> None:
    """What is so anyway may be said."""
    kept = {"wait_for_completion": False, "on_finish_action": "keep_job", "drop_on_completion": None}
    SpcsJobOperator(task_id="t", compute_pool="P", image="/d/s/r/i:1", **kept).order(None)
