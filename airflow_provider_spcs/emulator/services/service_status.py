"""SYSTEM$GET_SERVICE_STATUS and SYSTEM$WAIT_FOR_SERVICES."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value
from airflow_provider_spcs.emulator.lifecycle import TERMINAL, ContainerStatus, JobStatus
from airflow_provider_spcs.emulator.registry import scalar
from airflow_provider_spcs.emulator.services import waiting
from airflow_provider_spcs.emulator.services.logs import named
from airflow_provider_spcs.emulator.services.service_parts import zulu

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.services.store import JobRow

_SETTLED = {ContainerStatus.READY, ContainerStatus.DONE, ContainerStatus.FAILED}


@scalar("SYSTEM$GET_SERVICE_STATUS")
def get_service_status(session: Session, service: str, timeout: object = 0) -> str:
    """A JSON array with one object a container; waits up to ``timeout`` seconds for all to be ready or ended."""
    row = session.account.services.find(named(session, service))
    seconds = _seconds(timeout)
    if seconds:
        row = waiting.until(session, row.id, _settled, seconds)
    found = [
        {
            "status": str(item.status),
            "message": item.message,
            "containerName": item.name,
            "instanceId": str(instance.id),
            "serviceName": row.name.name,
            "image": item.image,
            "restartCount": item.restart_count,
            "startTime": zulu(item.start_time) or "",
        }
        for instance in row.instances
        for item in instance.containers
    ]
    return json.dumps(found)


@scalar("SYSTEM$WAIT_FOR_SERVICES")
def wait_for_services(session: Session, timeout: object, *services: str) -> str:
    """Waits until every job has ended and every service runs; an error when one fails or time is up."""
    seconds = _seconds(timeout)
    end = session.account.clock.now().timestamp() + seconds
    for service in services:
        row = session.account.services.find(named(session, service))
        left = max(0.0, end - session.account.clock.now().timestamp())
        wanted = JobStatus.DONE if row.details.get("service") is None else JobStatus.RUNNING
        reached = partial(_has_status, {wanted, *TERMINAL})
        row = waiting.until(session, row.id, reached, left)
        if row.status != wanted:
            raise SnowflakeError(
                f"Service '{row.name}' is not ready within {seconds:g} seconds; its status is {row.status}.",
                395022,
                "57014",
            )
    return "All services are ready."


def _has_status(statuses: set[JobStatus], row: JobRow) -> bool:
    return row.status in statuses


def _settled(row: JobRow) -> bool:
    return all(item.status in _SETTLED for instance in row.instances for item in instance.containers)


def _seconds(timeout: object) -> float:
    try:
        seconds = float(str(timeout))
    except ValueError:
        seconds = -1
    if seconds < 0:
        raise invalid_value(timeout, "timeout", "It must be a number of seconds, not negative.")
    return seconds
