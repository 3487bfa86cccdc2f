"""TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY()): every job of the role for 30 days, dropped ones too."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import invalid_value
from airflow_provider_spcs.emulator.lifecycle import InstanceStatus
from airflow_provider_spcs.emulator.registry import table
from airflow_provider_spcs.emulator.result import Column, Result, text, timestamp_ltz
from airflow_provider_spcs.emulator.services import ddl
from airflow_provider_spcs.emulator.services.service_parts import zulu

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.services.store import JobRow

KEPT = timedelta(days=30)
MAX_ROWS = 10_000
COLUMNS = [
    text("QUERY_ID"), text("ID"), text("NAME"), text("DATABASE_NAME"), text("SCHEMA_NAME"),
    timestamp_ltz("CREATED_TIME"), timestamp_ltz("COMPLETED_TIME"), timestamp_ltz("DELETED_TIME"), text("STATUS"),
    text("MESSAGE"), Column("INSTANCE_STATUSES", "OBJECT"), text("COMPUTE_POOL_NAME"), text("OWNER"),
    text("OWNER_ROLE_TYPE"), Column("PARAMETERS", "OBJECT"), text("MANAGING_OBJECT"),
]  # fmt: skip


@table("SNOWFLAKE.SPCS.GET_JOB_HISTORY")
def get_job_history(
    session: Session, created_time_start: Any = None, created_time_end: Any = None, result_limit: Any = 100
) -> Result:
    """Columns, arguments and limits as documented.

    Source: https://docs.snowflake.com/en/sql-reference/functions/get_job_history
    """
    now = session.account.clock.now()
    if not str(result_limit).isdigit() or not 1 <= int(result_limit) <= MAX_ROWS:
        raise invalid_value(result_limit, "RESULT_LIMIT", f"It must be a whole number from 1 to {MAX_ROWS}.")
    start = max(_moment(created_time_start, "CREATED_TIME_START", now - KEPT), now - KEPT)
    end = _moment(created_time_end, "CREATED_TIME_END", now)
    rows = session.account.services.store.history(session.role, start.isoformat(), end.isoformat(), int(result_limit))
    return Result(COLUMNS, [_row(item) for item in rows])


def _moment(value: Any, what: str, default: datetime) -> datetime:
    if value is None:
        return default
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise invalid_value(value, what, "It must be a timestamp.") from None
    if not isinstance(value, datetime):
        raise invalid_value(value, what, "It must be a timestamp.")
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _row(job: JobRow) -> tuple[Any, ...]:
    details = job.details
    parameters: dict[str, Any] = {"ASYNC": details["is_async"]}
    if details["replicas_given"]:
        parameters["REPLICAS"] = len(job.instances)
    return (
        details["query_id"], job.id, job.name.name, job.name.database, job.name.schema, ddl.moment(job.created),
        ddl.moment(job.completed), ddl.moment(job.deleted), job.status, job.message or None,
        json.dumps(_statuses(job)), details["compute_pool"], details["owner"], "ROLE", json.dumps(parameters), None,
    )  # fmt: skip


def _statuses(job: JobRow) -> dict[str, Any]:
    seen = [item.status for item in job.instances]
    return {
        "failedInstances": seen.count(InstanceStatus.FAILED),
        "instances": [
            {
                "containers": [
                    {
                        "containerName": item.name,
                        "image": item.image,
                        "imageSha256": item.digest,
                        "lastExitCode": item.last_exit_code if item.exit_code is None else item.exit_code,
                        "message": item.message,
                        "restartCount": item.restart_count,
                        "startTime": zulu(item.start_time),
                        "status": str(item.status),
                    }
                    for item in instance.containers
                ],
                "instanceId": str(instance.id),
            }
            for instance in job.instances
        ],
        "pendingInstances": seen.count(InstanceStatus.PENDING),
        "runningInstances": seen.count(InstanceStatus.READY) + seen.count(InstanceStatus.TERMINATING),
        "succeededInstances": seen.count(InstanceStatus.SUCCEEDED),
        "totalInstances": len(seen),
    }
