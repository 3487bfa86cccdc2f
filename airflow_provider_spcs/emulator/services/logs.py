"""SYSTEM$GET_SERVICE_LOGS: the end of a container's log, read from its file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist, invalid_value
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import scalar
from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.services.store import JobRow

MAX_BYTES = 100 * 1024
LOGS_UNAVAILABLE = 395014


@scalar("SYSTEM$GET_SERVICE_LOGS")
def get_service_logs(  # noqa: PLR0917  a SQL function's arguments have no names
    session: Session,
    service: str,
    instance_id: object = 0,
    container: str | None = None,
    lines: object = None,
    previous: object = False,
    since: object = None,
    timestamps: object = False,
) -> str:
    """Two to seven arguments; at most the last 100 KB.

    Source: https://docs.snowflake.com/en/sql-reference/functions/system_get_service_logs; the last two arguments are
    those that snowflake-cli sends to follow a log.
    """
    job = session.account.services.find(named(session, service))
    state = _container(job, _instance(job, instance_id), container)
    path = state.log_path
    if truth(previous):
        path = state.previous_log_path
    if truth(previous) and path is None:
        raise SnowflakeError(
            f"Container '{state.name}' of service '{job.name.name}' was not restarted; there are no previous logs.",
            LOGS_UNAVAILABLE,
            "22023",
        )
    if path is None:
        raise SnowflakeError(
            f"Container '{state.name}' has no logs. {state.message}, Container Status: {state.status}. "
            "Waiting to start, Container Status: PENDING",
            LOGS_UNAVAILABLE,
            "22023",
        )
    first = session.account.faults.log_starts.get(path, 0)
    found = _read(Path(path), _moment(since), first, with_times=truth(timestamps))
    limit = _count(lines)
    if limit is not None:
        found = found[-limit:] if limit else []
    return _last_bytes(found)


def named(session: Session, service: object) -> Name:
    """The full name that a function's first argument says."""
    statement = Statement.parse(str(service))
    name = session.qualify(statement.name())
    statement.end()
    return name


def truth(value: object) -> bool:
    """A boolean argument, also written as a string."""
    return str(value).strip().upper() in {"TRUE", "1"}


def _instance(job: JobRow, instance_id: object) -> InstanceState:
    wanted = str(instance_id).strip()
    for instance in job.instances:
        if str(instance.id) == wanted.removesuffix(".0"):
            return instance
    available = ", ".join(str(item.id) for item in job.instances)
    raise SnowflakeError(
        f"Unable to get container status for instance id: {wanted}. Available instances: {available}.",
        LOGS_UNAVAILABLE,
        "22023",
    )


def _container(job: JobRow, instance: InstanceState, name: str | None) -> ContainerState:
    if name is None and len(instance.containers) == 1:
        return instance.containers[0]
    for container in instance.containers:
        if container.name == name:
            return container
    available = ", ".join(item.name for item in instance.containers)
    raise SnowflakeError(
        f"Container '{name}' does not exist in service '{job.name.name}'. Available containers: {available}.",
        LOGS_UNAVAILABLE,
        "22023",
    )


def _count(lines: object) -> int | None:
    if lines is None or lines == "":
        return None
    try:
        count = int(str(lines))
    except ValueError:
        count = -1
    if count < 0:
        raise invalid_value(lines, "number of lines", "It must be a whole number, not negative.")
    return count


def _moment(since: object) -> str | None:
    """The start as text that compares with a log's own times: UTC, nanoseconds, ``Z``."""
    if since is None or since == "":
        return None
    text = str(since)
    head, dot, fraction = text.removesuffix("Z").partition(".")
    digits = fraction if fraction.isdigit() else ""
    try:
        when = datetime.fromisoformat(head if digits or not dot else text)
    except ValueError:
        raise invalid_value(since, "since", "It must be an ISO time such as 2026-01-02T03:04:05Z.") from None
    if when.tzinfo is not None:
        when = when.astimezone(UTC).replace(tzinfo=None)
    digits = digits or f"{when.microsecond:06d}"
    return f"{when:%Y-%m-%dT%H:%M:%S}.{digits:0<9.9}Z"


def _read(path: Path, since: str | None, first: int, *, with_times: bool) -> list[str]:
    # Lines are stored with a time and a stream that are not counted, so more is read until enough is shown.
    size, wanted = path.stat().st_size if path.exists() else 0, 4 * MAX_BYTES
    while True:
        start = max(first, size - wanted)
        stored = _lines(path, start, whole=start == first)
        found = [shown for line in stored if (shown := _shown(line, since, with_times=with_times)) is not None]
        enough = sum(map(len, found)) + len(found) > MAX_BYTES
        older = since is not None and bool(stored) and stored[0] < since
        if start == first or enough or older:
            return found
        wanted *= 4


def _lines(path: Path, start: int, *, whole: bool) -> list[str]:
    if not path.exists():
        raise does_not_exist("Log", path.parent.name)
    with path.open("rb") as file:
        file.seek(start)
        stored = file.read().decode("utf-8", "replace").split("\n")
    # The first line is cut unless the log begins with it.
    return stored if whole else stored[1:]


def _shown(line: str, since: str | None, *, with_times: bool) -> str | None:
    when, _, rest = line.partition(" ")
    stream, _, text = rest.partition(" ")
    if stream not in {"stdout", "stderr"} or (since is not None and when < since):
        return None
    return f"{when} {text}" if with_times else text


def _last_bytes(lines: list[str]) -> str:
    content = "\n".join(lines).encode()
    if len(content) > MAX_BYTES:
        content = content[-MAX_BYTES:]
        content = content[content.find(b"\n") + 1 :]
    return content.decode("utf-8", "replace")
