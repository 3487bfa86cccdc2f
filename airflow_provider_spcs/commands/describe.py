"""`spcs describe`: everything about one job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from airflow_provider_spcs.commands.find import the_job
from airflow_provider_spcs.commands.groups import command
from airflow_provider_spcs.commands.login import Login
from airflow_provider_spcs.commands.output import (
    AsJson,
    age,
    container_document,
    facts,
    job_document,
    line,
    moment,
    pool_document,
    print_json,
    table,
)
from airflow_provider_spcs.errors import SpcsError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.rows import ContainerReport, InstanceReport, JobState, PoolState

_CONTAINERS = ("CONTAINER", "INSTANCE", "STATE", "EXIT", "RESTARTS", "STARTED", "MESSAGE")
_INSTANCES = ("INSTANCE", "STATUS", "CREATED", "STARTED", "IP")
_HISTORY = ("QUERY", "STATUS", "CREATED", "ENDED", "DROPPED", "MESSAGE")


def add(app: typer.Typer) -> None:
    """Register the family's commands."""
    app.command("describe")(describe)


@command
def describe(
    *,
    name: Annotated[str, typer.Argument(help="Job: NAME, SCHEMA.NAME or DB.SCHEMA.NAME.", show_default=False)],
    login: Login,
    spec: Annotated[bool, typer.Option(help="Also the specification; values that look secret are hidden.")] = True,
    history: Annotated[bool, typer.Option(help="Also what job history remembers; needs a warehouse.")] = True,
    as_json: AsJson = False,
) -> None:
    """Show a job: status and what it means, task, pool, instances, containers, history, specification."""
    with login.open() as client:
        job = the_job(client, name)
        containers = client.containers(job.name) or list(job.containers)
        instances = client.instances(job.name)
        pool = _pool(client, job)
        past, missing = _history(client, job) if history else ([], "")
    text = redacted(job.spec) if spec else ""
    if as_json:
        print_json(_document(job, containers=containers, instances=instances, pool=pool, past=past, spec=text))
        return
    _show(job, containers, instances, pool)
    if past:
        line("\nHistory")
        table(_HISTORY, [_past(each) for each in past])
    elif missing:
        line(f"\nHistory: {missing}")
    if text:
        line("\nSpecification\n" + text.rstrip())


def redacted(spec: str) -> str:
    """A specification as Snowflake tells it, with values that look secret hidden."""
    from airflow_provider_spcs.spec.text import dump, parse
    from airflow_provider_spcs.spec.writer import redacted as hide

    if not spec:
        return ""
    try:
        document = parse(spec)
    except SpcsError:
        # Never print what could not be searched for secrets.
        return "(it cannot be read as YAML)"
    return dump(hide(document)) if isinstance(document, dict) else "(it is no specification)"


def _pool(client: SpcsClient, job: JobState) -> PoolState | None:
    try:
        return client.pool_state(job.compute_pool) if job.compute_pool else None
    except SpcsError:
        return None


def _history(client: SpcsClient, job: JobState) -> tuple[list[JobState], str]:
    try:
        return client.job_history(job.name, limit=10), ""
    except SpcsError as error:
        return [], f"cannot be read: {error}"


def _show(
    job: JobState, containers: Sequence[ContainerReport], instances: Sequence[InstanceReport], pool: PoolState | None
) -> None:
    stamp = job.stamp
    facts(
        {
            "Name": str(job.name),
            "Status": f"{job.status}: {job.status.meaning}" + (" (dropped since)" if job.deleted else ""),
            "Mend": job.status.mend if stamp else "",
            "Message": job.message,
            "Pool": _pool_line(job, pool),
            "Created": f"{moment(job.created_at)} ({age(job.created_at)} ago)" if job.created_at else "",
            "Ended": moment(job.ended_at),
            "Replicas": str(job.replicas),
            "Warehouse": job.query_warehouse,
            "Owner": job.owner,
            "DAG": stamp.dag_id if stamp else "",
            "Task": (stamp.task_id + (f"[{stamp.map_index}]" if stamp.map_index >= 0 else "")) if stamp else "",
            "Run": f"{stamp.run_id} (try {stamp.try_number})" if stamp else "",
            "Airflow": stamp.deployment if stamp else "",
            "Payload": stamp.payload if stamp else "",
            "Comment": stamp.note if stamp else job.comment,
        }
    )
    if instances:
        line()
        table(_INSTANCES, [_instance(each) for each in instances])
    if containers:
        line()
        table(_CONTAINERS, [_container(each) for each in containers])
    if any(each.exit_code for each in containers):
        from airflow_provider_spcs.status import exit_meaning

        for code in sorted({each.exit_code for each in containers if each.exit_code}):
            meaning = exit_meaning(code)
            line(f"Exit code {code}: {meaning.meaning}. {meaning.mend}.")


def _pool_line(job: JobState, pool: PoolState | None) -> str:
    if pool is None:
        return job.compute_pool
    nodes = f"{pool.active_nodes} of at most {pool.max_nodes} nodes in use"
    return f"{pool.name} ({pool.instance_family}, {pool.state}, {nodes})"


def _instance(report: InstanceReport) -> list[str]:
    return [
        str(report.instance_id),
        report.status,
        moment(report.created_at),
        moment(report.started_at),
        report.ip_address,
    ]


def _container(report: ContainerReport) -> list[str]:
    return [
        report.name,
        str(report.instance_id),
        report.state.value,
        "" if report.exit_code is None else str(report.exit_code),
        str(report.restarts),
        moment(report.started_at),
        report.message,
    ]


def _past(job: JobState) -> list[str]:
    dropped = moment(job.ended_at) if job.deleted else ""
    return [job.query_id, job.status.value, moment(job.created_at), moment(job.ended_at), dropped, job.message]


def _document(
    job: JobState,
    *,
    containers: Sequence[ContainerReport],
    instances: Sequence[InstanceReport],
    pool: PoolState | None,
    past: Sequence[JobState],
    spec: str,
) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        **job_document(job),
        "status_meaning": job.status.meaning,
        "pool": pool_document(pool),
        "instances": [asdict(each) for each in instances],
        "containers": [container_document(each) for each in containers],
        "history": [job_document(each) for each in past],
        "spec": spec,
    }
