"""SHOW SERVICE CONTAINERS, SHOW SERVICE INSTANCES and SHOW ENDPOINTS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, number, text
from airflow_provider_spcs.emulator.services import clauses, ingress

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.services.store import JobRow
    from airflow_provider_spcs.emulator.statement import Statement

_HEAD = [text("database_name"), text("schema_name"), text("service_name"), text("service_status")]
_CONTAINERS = [
    *_HEAD, text("instance_id"), text("instance_status"), text("container_name"), text("status"), text("message"),
    text("image_name"), text("image_digest"), number("restart_count"), text("start_time"), number("last_exit_code"),
    text("last_restart_time"),
]  # fmt: skip
_INSTANCES = [
    *_HEAD, text("instance_id"), text("status"), text("spec_digest"), text("creation_time"), text("start_time"),
    text("ip_address"),
]  # fmt: skip
_ENDPOINTS = [
    text("name"), number("port"), text("port_range"), text("protocol"), text("is_public"), text("ingress_url")
]  # fmt: skip


@command("SHOW SERVICE CONTAINERS")
def show_containers(session: Session, statement: Statement) -> Result:
    """Status, message and exit code of every container of every instance."""
    job, chosen = _read(session, statement)
    rows: list[tuple[object, ...]] = [
        (
            *_head(job),
            str(instance.id),
            str(instance.status),
            item.name,
            str(item.status),
            item.message,
            item.image,
            item.digest,
            item.restart_count,
            zulu(item.start_time),
            item.last_exit_code if item.exit_code is None else item.exit_code,
            zulu(item.last_restart_time),
        )
        for instance in job.instances
        for item in instance.containers
        if chosen(item.name)
    ]
    return Result(_CONTAINERS, rows, kind=Kind.SHOW)


@command("SHOW SERVICE INSTANCES")
def show_instances(session: Session, statement: Statement) -> Result:
    """Every instance with its address."""
    job, chosen = _read(session, statement)
    rows: list[tuple[object, ...]] = [
        (
            *_head(job),
            str(item.id),
            str(item.status),
            job.details["spec_digest"],
            zulu(item.created),
            zulu(item.started),
            item.address if item.started else None,
        )
        for item in job.instances
        if chosen(str(item.id))
    ]
    return Result(_INSTANCES, rows, kind=Kind.SHOW)


@command("SHOW ENDPOINTS")
def show_endpoints(session: Session, statement: Statement) -> Result:
    """Endpoints of the specification; a service's public ones answer on this machine's loopback, a job's nowhere."""
    row, chosen = _read(session, statement)
    job = session.account.services.job(row)
    ports = (session.account.objects.find("SERVICE", row.name) or {}).get("ingress") or {}
    rows: list[tuple[object, ...]] = [
        (
            item.name,
            item.port,
            item.port_range,
            item.protocol,
            "true" if item.public else "false",
            f"{ingress.HOST}:{ports[item.name]}" if item.name in ports else None,
        )
        for item in job.spec.endpoints
        if chosen(item.name)
    ]
    return Result(_ENDPOINTS, rows, kind=Kind.SHOW)


def zulu(iso: str | None) -> str | None:
    """A time as these commands write it: ``2026-01-02T03:04:05Z``."""
    return None if iso is None else iso[:19] + "Z"


def _read(session: Session, statement: Statement) -> tuple[JobRow, Any]:
    """``[LIKE 'p'] IN SERVICE name [STARTS WITH 's'] [LIMIT n]``: the job, and a test for names."""
    from airflow_provider_spcs.emulator.engine.show import Filter

    shown = Filter()
    row: JobRow | None = None
    while not statement.done:
        if statement.accept("LIKE"):
            shown.like = statement.string()
        elif statement.accept("IN", "SERVICE"):
            row = session.account.services.find(session.qualify(clauses.name(statement)))
        elif statement.accept("STARTS", "WITH"):
            shown.starts_with = statement.string()
        elif statement.accept("LIMIT"):
            shown.limit = int(statement.literal())
            if statement.accept("FROM"):
                shown.after = statement.string()
        else:
            raise statement.unexpected()
    if row is None:
        raise statement.unexpected()
    left = [shown.limit if shown.limit is not None else 2**31]

    def chosen(name: str) -> bool:
        if not shown.matches(name) or left[0] <= 0:
            return False
        left[0] -= 1
        return True

    return row, chosen


def _head(job: JobRow) -> tuple[str, str, str, str]:
    return job.name.database, job.name.schema, job.name.name, job.status
