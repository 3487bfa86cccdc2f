"""Rows in: what Snowflake answers, as typed values.

Columns are found by name, never by place, and a missing column reads as nothing: Snowflake adds and moves columns.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow_provider_spcs.naming import JobName, Stamp
from airflow_provider_spcs.status import ContainerState, JobStatus, classify


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as DESCRIBE SERVICE, SHOW JOB SERVICES or job history tells it.

    Attributes:
        name: Qualified name.
        status: Classified status.
        compute_pool: Pool's name; empty when not told.
        comment: COMMENT, as given.
        stamp: The comment's stamp; None when the comment is not ours.
        created_at: When it was submitted, with timezone.
        ended_at: When it ended; only job history knows it.
        replicas: How many instances it was submitted with.
        query_warehouse: The containers' warehouse; empty when there is none.
        dns_name: Host name inside the pool's network.
        owner: Role that owns it.
        spec: Specification text; only the owning role sees it, and only DESCRIBE tells it.
        message: Snowflake's words on the end; only job history knows it.
        query_id: The submitting statement; only job history knows it.
        containers: Only job history tells them here.
        deleted: Whether it was dropped since; only job history knows it.
        source: Which statement told this: ``describe``, ``list`` or ``history``.
    """

    name: JobName
    status: JobStatus
    compute_pool: str = ""
    comment: str = ""
    stamp: Stamp | None = None
    created_at: datetime | None = None
    ended_at: datetime | None = None
    replicas: int = 1
    query_warehouse: str = ""
    dns_name: str = ""
    owner: str = ""
    spec: str = ""
    message: str = ""
    query_id: str = ""
    containers: tuple[ContainerReport, ...] = ()
    deleted: bool = False
    source: str = "describe"


@dataclass(frozen=True, slots=True)
class ContainerReport:
    """One container of one instance.

    Attributes:
        instance_id: From 0.
        name: Container's name in the spec.
        state: Classified state.
        message: Snowflake's words, for example ``Failed to pull image``.
        exit_code: Last exit code; None before the end.
        restarts: How often it was started again.
        image: As Snowflake resolved it.
        started_at: When its process started.
    """

    instance_id: int
    name: str
    state: ContainerState
    message: str = ""
    exit_code: int | None = None
    restarts: int = 0
    image: str = ""
    started_at: datetime | None = None

    @property
    def unpullable(self) -> bool:
        """Whether Snowflake says that it cannot pull the image.

        Source: Monitoring services, platform events: a PENDING container's "Failed to pull image".
        """
        return self.state is ContainerState.PENDING and self.message.startswith("Failed to pull image")


@dataclass(frozen=True, slots=True)
class InstanceReport:
    """One instance of a job: ``status`` is PENDING, READY, FAILED, TERMINATING or SUCCEEDED."""

    instance_id: int
    status: str
    created_at: datetime | None = None
    started_at: datetime | None = None
    ip_address: str = ""


@dataclass(frozen=True, slots=True)
class PoolState:
    """A compute pool.

    Attributes:
        name: Upper case.
        state: STARTING, IDLE, ACTIVE, RESIZING, STOPPING, SUSPENDED or what Snowflake adds.
        instance_family: For example ``CPU_X64_S``.
        min_nodes: Fewest nodes.
        max_nodes: Most nodes.
        active_nodes: Nodes with a service or job on them.
        idle_nodes: Nodes without.
        jobs: Running jobs.
        services: Running services.
        auto_resume: Whether a submitted job starts a suspended pool.
        message: Status message; only DESCRIBE tells it.
    """

    name: str
    state: str
    instance_family: str = ""
    min_nodes: int = 0
    max_nodes: int = 0
    active_nodes: int = 0
    idle_nodes: int = 0
    jobs: int = 0
    services: int = 0
    auto_resume: bool = True
    message: str = ""


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One line of a job's persistent log (SPCS_GET_LOGS or the event table)."""

    timestamp: datetime
    instance_id: int
    container: str
    text: str
    stream: str = "stdout"


@dataclass(frozen=True, slots=True)
class StagedFile:
    """One file on a stage: ``name`` as LIST gives it, size in bytes, md5 in hexadecimal."""

    name: str
    size: int
    md5: str = ""


Row = Mapping[str, Any]


def _text(row: Row, *columns: str) -> str:
    for column in columns:
        value = row.get(column)
        if value is not None:
            return str(value)
    return ""


def _int(row: Row, column: str, default: int = 0) -> int:
    number = _int_or_none(row.get(column))
    return default if number is None else number


def _int_or_none(value: object) -> int | None:
    try:
        return int(str(value)) if value not in (None, "") else None
    except ValueError:
        return None


def _truth(row: Row, column: str, default: bool) -> bool:
    value = row.get(column)
    return default if value in (None, "") else str(value).lower() in ("true", "y", "yes", "1")


def moment(value: object) -> datetime | None:
    """A time with timezone from a datetime or ISO text; one without a timezone is UTC; nothing else is a time."""
    if isinstance(value, str):
        text = value.strip()
        if len(text) > 6 and text[-6] == " " and text[-5] in "+-":
            text = text[:-6] + text[-5:-2] + ":" + text[-2:]
        text = _nanoseconds(text.replace("Z", "+00:00"))
        try:
            value = datetime.fromisoformat(text)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _nanoseconds(text: str) -> str:
    """Cut a fraction of a second to the six digits that Python keeps."""
    head, dot, rest = text.partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    return f"{head}{dot}{rest[: min(digits, 6)].ljust(6, '0')}{rest[digits:]}" if dot and digits else text


def _json(value: object) -> Any:
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return None
    return value


def job_state(row: Row, source: str = "describe") -> JobState:
    """A row of DESCRIBE SERVICE or SHOW JOB SERVICES."""
    comment = _text(row, "comment")
    return JobState(
        name=JobName(_text(row, "database_name"), _text(row, "schema_name"), _text(row, "name")),
        status=classify(_text(row, "status")),
        compute_pool=_text(row, "compute_pool"),
        comment=comment,
        stamp=Stamp.from_comment(comment),
        created_at=moment(row.get("created_on")),
        replicas=_int(row, "target_instances", 1),
        query_warehouse=_text(row, "query_warehouse"),
        dns_name=_text(row, "dns_name"),
        owner=_text(row, "owner"),
        spec=_text(row, "spec"),
        source=source,
    )


def history_state(row: Row) -> JobState:
    """A row of GET_JOB_HISTORY."""
    parameters = _json(row.get("parameters"))
    replicas = parameters.get("REPLICAS") if isinstance(parameters, Mapping) else None
    deleted = moment(row.get("deleted_time"))
    return JobState(
        name=JobName(_text(row, "database_name"), _text(row, "schema_name"), _text(row, "name")),
        status=classify(_text(row, "status")),
        compute_pool=_text(row, "compute_pool_name"),
        created_at=moment(row.get("created_time")),
        ended_at=moment(row.get("completed_time")) or deleted,
        replicas=_int_or_none(replicas) or 1,
        owner=_text(row, "owner"),
        message=_text(row, "message"),
        query_id=_text(row, "query_id"),
        containers=_history_containers(_json(row.get("instance_statuses"))),
        deleted=deleted is not None,
        source="history",
    )


def _history_containers(statuses: object) -> tuple[ContainerReport, ...]:
    instances = statuses.get("instances") if isinstance(statuses, Mapping) else None
    reports = [
        ContainerReport(
            instance_id=_int(instance, "instanceId"),
            name=_text(container, "containerName"),
            state=ContainerState.of(_text(container, "status")),
            message=_text(container, "message"),
            exit_code=_int_or_none(container.get("lastExitCode")),
            restarts=_int(container, "restartCount"),
            image=_text(container, "image"),
            started_at=moment(container.get("startTime")),
        )
        for instance in instances or ()
        for container in instance.get("containers") or ()
    ]
    return tuple(sorted(reports, key=lambda report: (report.instance_id, report.name)))


def container_report(row: Row) -> ContainerReport:
    """A row of SHOW SERVICE CONTAINERS."""
    return ContainerReport(
        instance_id=_int(row, "instance_id"),
        name=_text(row, "container_name"),
        state=ContainerState.of(_text(row, "status")),
        message=_text(row, "message"),
        exit_code=_int_or_none(row.get("last_exit_code")),
        restarts=_int(row, "restart_count"),
        image=_text(row, "image_name"),
        started_at=moment(row.get("start_time")),
    )


def instance_report(row: Row) -> InstanceReport:
    """A row of SHOW SERVICE INSTANCES; the id is a text there."""
    return InstanceReport(
        instance_id=_int(row, "instance_id"),
        status=_text(row, "status").upper(),
        created_at=moment(row.get("creation_time")),
        started_at=moment(row.get("start_time")),
        ip_address=_text(row, "ip_address"),
    )


def pool_state(row: Row) -> PoolState:
    """A row of SHOW or DESCRIBE COMPUTE POOL."""
    return PoolState(
        name=_text(row, "name"),
        state=_text(row, "state").upper(),
        instance_family=_text(row, "instance_family"),
        min_nodes=_int(row, "min_nodes"),
        max_nodes=_int(row, "max_nodes"),
        active_nodes=_int(row, "active_nodes"),
        idle_nodes=_int(row, "idle_nodes"),
        jobs=_int(row, "num_jobs"),
        services=_int(row, "num_services"),
        auto_resume=_truth(row, "auto_resume", True),
        message=_text(row, "status_message"),
    )


def log_record(row: Row) -> LogRecord | None:
    """A row of SPCS_GET_LOGS; None when it has no time."""
    at = moment(row.get("timestamp"))
    if at is None:
        return None
    attributes = _json(row.get("record_attributes"))
    stream = attributes.get("log.iostream") if isinstance(attributes, Mapping) else None
    return LogRecord(at, _int(row, "instance_id"), _text(row, "container_name"), _text(row, "log"), stream or "stdout")


def staged_file(row: Row) -> StagedFile:
    """A row of LIST."""
    return StagedFile(_text(row, "name"), _int(row, "size"), _text(row, "md5"))
