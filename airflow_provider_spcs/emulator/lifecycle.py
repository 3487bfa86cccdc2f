"""What a job, its instances and its containers can be, and what may follow what: tables, no action.

Source: statuses and messages as listed in Snowflake's page on monitoring services (platform events) and in
``tests/contract/facts.toml``.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class JobStatus(StrEnum):
    """A job service, or a service that runs for long, as a whole; only the latter is suspended."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLING = "CANCELLING"
    CANCELLED = "CANCELLED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    SUSPENDING = "SUSPENDING"
    SUSPENDED = "SUSPENDED"
    DELETING = "DELETING"
    DELETED = "DELETED"


class InstanceStatus(StrEnum):
    """One of a job's REPLICAS."""

    PENDING = "PENDING"
    READY = "READY"
    TERMINATING = "TERMINATING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class ContainerStatus(StrEnum):
    """One container of one instance."""

    PENDING = "PENDING"
    READY = "READY"
    TERMINATING = "TERMINATING"
    DONE = "DONE"
    FAILED = "FAILED"


_J, _I, _C = JobStatus, InstanceStatus, ContainerStatus

JOB_TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    _J.PENDING: frozenset({_J.RUNNING, _J.FAILED, _J.CANCELLING, _J.INTERNAL_ERROR, _J.DELETING}),
    _J.RUNNING: frozenset({_J.DONE, _J.FAILED, _J.CANCELLING, _J.INTERNAL_ERROR, _J.DELETING}),
    _J.CANCELLING: frozenset({_J.CANCELLED, _J.DELETING}),
    _J.DONE: frozenset({_J.DELETING}),
    _J.FAILED: frozenset({_J.DELETING}),
    _J.CANCELLED: frozenset({_J.DELETING}),
    _J.INTERNAL_ERROR: frozenset({_J.DELETING}),
    _J.DELETING: frozenset({_J.DELETED}),
    _J.DELETED: frozenset(),
}
SERVICE_TRANSITIONS: dict[JobStatus, frozenset[JobStatus]] = {
    _J.PENDING: frozenset({_J.RUNNING, _J.SUSPENDING, _J.DELETING}),
    _J.RUNNING: frozenset({_J.PENDING, _J.SUSPENDING, _J.DELETING}),
    _J.SUSPENDING: frozenset({_J.SUSPENDED, _J.DELETING}),
    _J.SUSPENDED: frozenset({_J.PENDING, _J.DELETING}),
    _J.DELETING: frozenset({_J.DELETED}),
    _J.DELETED: frozenset(),
}
"""A service has no end of its own: its containers are started again."""
INSTANCE_TRANSITIONS: dict[InstanceStatus, frozenset[InstanceStatus]] = {
    _I.PENDING: frozenset({_I.READY, _I.TERMINATING, _I.FAILED}),
    _I.READY: frozenset({_I.PENDING, _I.TERMINATING, _I.SUCCEEDED, _I.FAILED}),
    _I.TERMINATING: frozenset({_I.SUCCEEDED, _I.FAILED}),
    _I.SUCCEEDED: frozenset(),
    _I.FAILED: frozenset(),
}
CONTAINER_TRANSITIONS: dict[ContainerStatus, frozenset[ContainerStatus]] = {
    _C.PENDING: frozenset({_C.PENDING, _C.READY, _C.TERMINATING, _C.FAILED}),
    _C.READY: frozenset({_C.PENDING, _C.TERMINATING, _C.DONE, _C.FAILED}),
    _C.TERMINATING: frozenset({_C.DONE, _C.FAILED}),
    _C.DONE: frozenset(),
    _C.FAILED: frozenset(),
}
TERMINAL = frozenset({_J.DONE, _J.FAILED, _J.CANCELLED, _J.INTERNAL_ERROR, _J.DELETED})

SERVICE_MESSAGES: dict[JobStatus, str] = {
    _J.PENDING: "Service is pending",
    _J.RUNNING: "Service is running",
    _J.SUSPENDING: "Service is suspending",
    _J.SUSPENDED: "Service is suspended",
    _J.DELETING: "Service is deleting",
    _J.DELETED: "Service has been deleted",
}
"""By analogy with the messages for jobs; Snowflake documents only those."""
JOB_MESSAGES: dict[JobStatus, str] = {
    _J.PENDING: "Job is pending",
    _J.RUNNING: "Job is running",
    _J.DONE: "Job is completed",
    _J.FAILED: "Job has failed",
    _J.INTERNAL_ERROR: "Job has encountered an error",
    _J.CANCELLING: "Job is being canceled",
    _J.CANCELLED: "Job has been canceled",
    _J.DELETING: "Job is deleting",
    _J.DELETED: "Job has been deleted",
}
INSTANCE_MESSAGES: dict[InstanceStatus, str] = {
    _I.PENDING: "Job instance is pending",
    _I.READY: "Job instance is running",
    _I.TERMINATING: "Job instance is terminating",
    _I.SUCCEEDED: "Job instance has completed",
    _I.FAILED: "Job instance failed",
}
SCALED_IN = "Service instance is not needed any more"
ERRORS = frozenset({"FAILED", "INTERNAL_ERROR"})
"""Statuses whose platform event has severity ERROR."""

WAITING = "Waiting to start"
PROVISIONING = "Compute pool node(s) are being provisioned"
UNSCHEDULABLE = "Unschedulable due to insufficient resources"
SUSPENDED_POOL = "Compute pool is suspended"
PULL_FAILED = "Failed to pull image"
RUNNING = "Running"
COMPLETED = "Completed successfully"
USER_ERROR = "User application error, check container logs"
RETRYING = "Encountered fatal error, retrying"
FATAL_ERROR = "Encountered fatal error while running, check container logs"
START_ERROR = "Encountered fatal error while starting container"
NODE_LOST = "Encountered fatal error"
OOM_KILLED = "Container was OOMKilled due to resource usage"


def probe_failing(path: str, port: int) -> str:
    """What SHOW SERVICE CONTAINERS says of a container whose readiness probe is not answered yet."""
    return f"Readiness probe is failing at path: {path}, port: {port}"


def exit_message(exit_code: int, *, oom_killed: bool) -> str:
    """What SHOW SERVICE CONTAINERS says of a container that ended with ``exit_code``.

    126 and 127 mean that the command could not be started; 128 + n that signal n ended it.
    """
    if oom_killed:
        return OOM_KILLED
    if exit_code == 0:
        return COMPLETED
    if exit_code in {126, 127}:
        return START_ERROR
    return FATAL_ERROR if exit_code > 128 else USER_ERROR


def instance_status(containers: Iterable[ContainerStatus]) -> InstanceStatus:
    """An instance's status from its containers': it ends when every container has, and fails with any of them."""
    seen = set(containers)
    if seen <= {_C.DONE, _C.FAILED}:
        return _I.FAILED if _C.FAILED in seen else _I.SUCCEEDED
    if _C.TERMINATING in seen:
        return _I.TERMINATING
    return _I.PENDING if _C.PENDING in seen else _I.READY


def job_status(instances: Iterable[InstanceStatus]) -> JobStatus:
    """A job's status from its instances'.

    Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/working-with-services
    """
    seen = set(instances)
    if _I.FAILED in seen:
        return _J.FAILED
    if seen == {_I.SUCCEEDED}:
        return _J.DONE
    return _J.RUNNING if seen & {_I.READY, _I.SUCCEEDED, _I.TERMINATING} else _J.PENDING


def service_status(instances: Iterable[InstanceStatus], wanted: int) -> JobStatus:
    """A service's status while it is not suspended: it runs when ``wanted`` of its instances are ready.

    Source: https://docs.snowflake.com/en/sql-reference/sql/create-service (MIN_READY_INSTANCES)
    """
    return _J.RUNNING if list(instances).count(_I.READY) >= wanted else _J.PENDING
