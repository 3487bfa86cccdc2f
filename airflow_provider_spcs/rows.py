"""Rows in: what Snowflake answers, as typed values.

Columns are found by name, never by place, and a missing column reads as nothing: Snowflake adds and moves columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from airflow_provider_spcs.naming import JobName, Stamp
from airflow_provider_spcs.status import ContainerState, JobStatus


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
