"""Rows of the event table for job services: logs, platform events, platform metrics.

Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/monitoring-services
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_spcs.emulator import lifecycle

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState, Job

SCOPE = json.dumps({"name": "snow.spcs.platform"})
MAX_RECORD_CHARACTERS = 16_384
_SEVERITIES = {"TRACE": 1, "DEBUG": 5, "INFO": 9, "WARN": 13, "WARNING": 13, "ERROR": 17, "FATAL": 21}


class Row(NamedTuple):
    """What the event table keeps of one record; JSON columns as text, times in UTC without zone."""

    timestamp: datetime
    resource_attributes: str
    record_type: str
    value: str
    scope: str | None = None
    record: str | None = None
    record_attributes: str | None = None


def attributes(
    account: str, job: Job, instance: InstanceState | None = None, container: ContainerState | None = None
) -> dict[str, Any]:
    """RESOURCE_ATTRIBUTES of what concerns a job, one of its instances or one of its containers."""
    found: dict[str, Any] = {
        "snow.account.name": account,
        "snow.compute_pool.name": job.pool,
        "snow.compute_pool.node.instance_family": job.details["instance_family"],
        "snow.database.name": job.name.database,
        "snow.schema.name": job.name.schema,
        "snow.query.id": job.details["query_id"],
        "snow.service.id": job.id,
        "snow.service.name": job.name.name,
        "snow.service.type": "Job" if job.service is None else "Service",
    }
    if instance is not None:
        # Snowflake's own material spells the key in several ways, and clients ask for these two.
        found |= {"snow.service.instance": str(instance.id), "snow.service.container.instance": str(instance.id)}
        if instance.node is not None:
            found["snow.compute_pool.node.id"] = f"{job.pool}-{instance.node}"
    if container is not None:
        found["snow.service.container.name"] = container.name
        if container.record:
            found["snow.service.container.run.id"] = str(container.record.get("directory", ""))
    return found


def event(when: datetime, resource: dict[str, Any], name: str, message: str, status: str) -> Row:
    """A platform event, for example ``CONTAINER.STATUS_CHANGE``."""
    failed = status in lifecycle.ERRORS or message == lifecycle.PULL_FAILED
    return Row(
        naive(when),
        json.dumps(resource),
        "EVENT",
        json.dumps({"message": message, "status": status}),
        SCOPE,
        json.dumps({"name": name, "severity_text": "ERROR" if failed else "INFO"}),
        "{}",
    )


def metric(when: datetime, resource: dict[str, Any], name: str, value: float, unit: str) -> Row:
    """A platform metric; all are gauges."""
    record = {"metric": {"name": name, "unit": unit}, "name": name, "metric_type": "gauge", "value_type": "DOUBLE"}
    return Row(naive(when), json.dumps(resource), "METRIC", json.dumps(value), SCOPE, json.dumps(record), "{}")


def log(line: str, resource: str) -> Row | None:
    """A log line as the runner writes it: time, stream, text; None for one that is not."""
    time_text, _, rest = line.partition(" ")
    stream, _, text = rest.partition(" ")
    when = moment(time_text)
    if when is None or stream not in {"stdout", "stderr"}:
        return None
    structured = _structured(text)
    if structured is not None:
        return _structured_row(when, resource, stream, structured)
    mark = json.dumps({"log.iostream": stream})
    return Row(when, resource, "LOG", json.dumps(text[:MAX_RECORD_CHARACTERS]), None, "{}", mark)


def moment(text: str) -> datetime | None:
    """An RFC 3339 time with up to nine fraction digits as naive UTC."""
    head, dot, fraction = text.rstrip("Z").partition(".")
    try:
        base = datetime.fromisoformat(head)
    except ValueError:
        return None
    return base.replace(microsecond=int((fraction + "000000")[:6])) if dot and fraction.isdigit() else base


def naive(when: datetime) -> datetime:
    """An aware time in UTC without its zone."""
    return when.astimezone(UTC).replace(tzinfo=None)


def _structured(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "body" in found else None


def _structured_row(when: datetime, resource: str, stream: str, fields: dict[str, Any]) -> Row:
    # Source: monitoring-services: body, severity_text, attributes, scope and timestamp count; the rest is dropped.
    severity = str(fields.get("severity_text") or "").upper()
    record = {"severity_text": severity, "severity_number": _SEVERITIES.get(severity, 0)} if severity else {}
    given = fields.get("attributes")
    marks = {"log.iostream": stream, **(given if isinstance(given, dict) else {})}
    scope = fields.get("scope")
    stamp = moment(str(fields.get("timestamp") or ""))
    return Row(
        stamp or when,
        resource,
        "LOG",
        json.dumps(fields["body"]),
        json.dumps(scope) if isinstance(scope, dict) else None,
        json.dumps(record),
        json.dumps(marks),
    )
