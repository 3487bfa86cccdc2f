"""Methods of a job service that read the event table: SPCS_GET_LOGS, SPCS_GET_EVENTS, SPCS_GET_METRICS."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import invalid_value
from airflow_provider_spcs.emulator.events.table import of_service
from airflow_provider_spcs.emulator.registry import method
from airflow_provider_spcs.emulator.result import Column, Result, number, text

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

_TIME = Column("TIMESTAMP", "TIMESTAMP_NTZ", precision=0, scale=9)
_WHERE = [number("INSTANCE_ID"), text("CONTAINER_NAME")]
_LOGS = [_TIME, *_WHERE, text("LOG"), Column("RECORD_ATTRIBUTES", "OBJECT")]
_EVENTS = [
    _TIME, text("SEVERITY"), text("EVENT_NAME"), Column("EVENT_DETAILS", "OBJECT"), *_WHERE,
    Column("RECORD", "OBJECT"), Column("RECORD_ATTRIBUTES", "OBJECT"),
]  # fmt: skip
_METRICS = [
    _TIME, text("METRIC_NAME"), text("VALUE"), text("UNIT"), *_WHERE, Column("RESOURCE", "OBJECT"),
    Column("RECORD", "OBJECT"), Column("RECORD_ATTRIBUTES", "OBJECT"),
]  # fmt: skip


@method("SPCS_GET_LOGS")
def get_logs(session: Session, parts: tuple[str, ...], start_time: Any = None, end_time: Any = None) -> Result:
    """The job's log lines of the last day, or between two times."""
    rows: list[tuple[object, ...]] = [
        (when, *_place(resource), value if isinstance(value, str) else json.dumps(value), json.dumps(marks))
        for when, resource, value, _, marks in _records(session, parts, "LOG", start_time, end_time)
    ]
    return Result(_LOGS, rows)


@method("SPCS_GET_EVENTS")
def get_events(session: Session, parts: tuple[str, ...], start_time: Any = None, end_time: Any = None) -> Result:
    """The job's platform events of the last day, or between two times."""
    rows: list[tuple[object, ...]] = [
        (
            when,
            record.get("severity_text"),
            record.get("name"),
            json.dumps(value),
            *_place(resource),
            json.dumps(record),
            json.dumps(marks),
        )
        for when, resource, value, record, marks in _records(session, parts, "EVENT", start_time, end_time)
    ]
    return Result(_EVENTS, rows)


@method("SPCS_GET_METRICS")
def get_metrics(session: Session, parts: tuple[str, ...], start_time: Any = None, end_time: Any = None) -> Result:
    """The job's platform metrics of the last day, or between two times."""
    rows: list[tuple[object, ...]] = [
        (
            when,
            record.get("name"),
            str(value),
            record.get("metric", {}).get("unit"),
            *_place(resource),
            json.dumps(resource),
            json.dumps(record),
            json.dumps(marks),
        )
        for when, resource, value, record, marks in _records(session, parts, "METRIC", start_time, end_time)
    ]
    return Result(_METRICS, rows)


def _records(
    session: Session, parts: tuple[str, ...], record_type: str, start_time: Any, end_time: Any
) -> list[tuple[datetime, dict[str, Any], Any, dict[str, Any], dict[str, Any]]]:
    services = session.account.services
    job = services.find(session.qualify(parts))
    services.telemetry.flush()
    now = session.account.clock.now()
    # Containers stamp their lines with the machine's clock, which a test's clock need not agree with.
    latest = max(now, datetime.now(UTC)) + timedelta(seconds=1)
    earliest = min(now, datetime.now(UTC)) - timedelta(days=1)
    start = _moment(start_time, "START_TIME", earliest)
    end = _moment(end_time, "END_TIME", latest)
    return of_service(session.account, job.id, record_type, start, end)


def _moment(value: Any, what: str, default: datetime) -> datetime:
    if value is None:
        value = default
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise invalid_value(value, what, "It must be a timestamp.") from None
    if not isinstance(value, datetime):
        raise invalid_value(value, what, "It must be a timestamp.")
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _place(resource: dict[str, Any]) -> tuple[int | None, str | None]:
    instance = resource.get("snow.service.instance")
    return None if instance is None else int(instance), resource.get("snow.service.container.name")
