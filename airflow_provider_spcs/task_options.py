"""The parameters of the decorators, for editors and type checkers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from airflow.sdk import DAG, TaskGroup

    from airflow_provider_spcs.composition import SpecInput
    from airflow_provider_spcs.git import GitSource
    from airflow_provider_spcs.policy import Codes
    from airflow_provider_spcs.spec import Resources, SecretRef, Volume

Callback = Any
"""A function of the context, a notifier, or a list of them."""


class TaskOptions(TypedDict, total=False):
    """What every Airflow task takes."""

    task_id: str
    owner: str
    email: str | Sequence[str] | None
    email_on_retry: bool
    email_on_failure: bool
    retries: int | None
    retry_delay: timedelta | float
    retry_exponential_backoff: float
    max_retry_delay: timedelta | float | None
    start_date: datetime | None
    end_date: datetime | None
    depends_on_past: bool
    ignore_first_depends_on_past: bool
    wait_for_past_depends_before_skipping: bool
    wait_for_downstream: bool
    dag: DAG | None
    params: Mapping[str, Any] | None
    default_args: dict[str, Any] | None
    priority_weight: int
    weight_rule: str
    queue: str
    pool: str | None
    pool_slots: int
    execution_timeout: timedelta | None
    on_execute_callback: Callback
    on_failure_callback: Callback
    on_success_callback: Callback
    on_retry_callback: Callback
    on_skipped_callback: Callback
    pre_execute: Callable[..., Any] | None
    post_execute: Callable[..., Any] | None
    trigger_rule: str
    run_as_user: str | None
    map_index_template: str | None
    max_active_tis_per_dag: int | None
    max_active_tis_per_dagrun: int | None
    executor: str | None
    executor_config: dict[str, Any] | None
    inlets: Any
    outlets: Any
    task_group: TaskGroup | None
    doc: str | None
    doc_md: str | None
    doc_json: str | None
    doc_yaml: str | None
    doc_rst: str | None
    task_display_name: str | None


class SpcsTaskOptions(TaskOptions, total=False):
    """What :class:`airflow_provider_spcs.operators.SpcsJobOperator` takes, which documents each."""

    compute_pool: str | None
    image: str | None
    command: Sequence[str] | None
    args: Sequence[str] | None
    env_vars: Mapping[str, Any] | None
    secrets: Sequence[SecretRef] | None
    volumes: Mapping[str, Volume | str] | None
    resources: Resources | Mapping[str, Any] | None
    container_resources: Resources | Mapping[str, Any] | None
    spec: SpecInput
    spec_overrides: Mapping[str, Any] | None
    base_container_name: str | None
    name: str | None
    replicas: int
    query_warehouse: str | None
    external_access_integrations: Sequence[str] | None
    comment: str | None
    tags: Mapping[str, str] | None
    payload: str | Path | None
    payload_mount: str
    stage: str | None
    git: GitSource | None
    preflight: bool
    wait_for_completion: bool
    deferrable: bool
    poll_interval: float
    startup_timeout_seconds: float | None
    job_timeout_seconds: float | None
    transient_timeout_seconds: float
    get_logs: bool
    container_logs: Sequence[str] | None
    number_logs_exception: int
    on_finish_action: str | None
    on_kill_action: str | None
    durable: bool | None
    on_oom: str
    oom_compute_pools: Sequence[str] | None
    skip_on_exit_code: Codes
    fail_on_exit_code: Codes
    do_xcom_push: bool
    snowflake_conn_id: str
    database: str | None
    schema: str | None
    role: str | None
    warehouse: str | None
    authenticator: str | None
    session_parameters: Mapping[str, Any] | None
    container_name: str | None
    spec_text: str | None
    spec_stage: str | None
    drop_on_completion: bool | None
    cancel_on_kill: bool | None
    timeout: float | None
