"""The event table ``SNOWFLAKE.TELEMETRY.EVENTS``: rows in, rows of one job service out."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine.physical import relation
from airflow_provider_spcs.emulator.names import Name

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.events.rows import Row

TABLE = relation(Name("SNOWFLAKE", "TELEMETRY", "EVENTS"))
POSITIONS = "main.spcs_log_positions"
"""By log, the byte up to which its lines are rows; in the same file, so that a kill neither loses nor doubles any."""


def open_positions(account: Account) -> dict[str, int]:
    """Make the table of positions, or leave only the last one of each log; what it says."""
    with account.engine.cursor() as cursor:
        cursor.execute(f"CREATE TABLE IF NOT EXISTS {POSITIONS} (log VARCHAR, position BIGINT)")
        latest = f"SELECT log, max(position) AS position FROM {POSITIONS} GROUP BY log"
        cursor.execute(f"CREATE OR REPLACE TABLE {POSITIONS} AS {latest}")
        return dict(cursor.execute(f"SELECT log, position FROM {POSITIONS}").fetchall())


def insert(account: Account, batch: list[Row], positions: list[tuple[str, int]]) -> None:
    """Append rows, and note how far the logs are read, all or none."""
    with account.engine.cursor() as cursor:
        cursor.execute("BEGIN")
        if batch:
            _append(cursor, batch)
        for log, moved in positions:
            cursor.execute(f"INSERT INTO {POSITIONS} VALUES (?, ?)", [log, moved])
        cursor.execute("COMMIT")


def _append(cursor: Any, batch: list[Row]) -> None:
    import pyarrow as pa

    columns = list(zip(*batch, strict=True))
    types = [pa.timestamp("us"), *[pa.string()] * 6]
    names = ["timestamp", "resource_attributes", "record_type", "value", "scope", "record", "record_attributes"]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    cursor.register("spcs_event_batch", pa.table(arrays, names))
    cursor.execute(
        f'INSERT INTO {TABLE} ("TIMESTAMP", "OBSERVED_TIMESTAMP", "RESOURCE_ATTRIBUTES", "RECORD_TYPE", "VALUE",'
        ' "SCOPE", "RECORD", "RECORD_ATTRIBUTES") SELECT timestamp, timestamp, resource_attributes::JSON,'
        " record_type, value::JSON, scope::JSON, record::JSON, record_attributes::JSON FROM spcs_event_batch"
    )
    cursor.unregister("spcs_event_batch")


def of_service(
    account: Account, service_id: str, record_type: str, start: datetime, end: datetime
) -> list[tuple[datetime, dict[str, Any], Any, dict[str, Any], dict[str, Any]]]:
    """One service's records of a type, by time: time, resource attributes, value, record, record attributes."""
    with account.engine.cursor() as cursor:
        found = cursor.execute(
            'SELECT "TIMESTAMP", "RESOURCE_ATTRIBUTES"::VARCHAR, "VALUE"::VARCHAR, "RECORD"::VARCHAR,'
            f' "RECORD_ATTRIBUTES"::VARCHAR FROM {TABLE} WHERE "RECORD_TYPE" = ? AND'
            ' json_extract_string("RESOURCE_ATTRIBUTES", \'$."snow.service.id"\') = ?'
            ' AND "TIMESTAMP" >= ? AND "TIMESTAMP" <= ? ORDER BY "TIMESTAMP", rowid',
            [record_type, service_id, start, end],
        ).fetchall()
    return [
        (when, json.loads(resource), json.loads(value), json.loads(record or "{}"), json.loads(marks or "{}"))
        for when, resource, value, record, marks in found
    ]


def latest(
    account: Account, record_type: str, limit: int
) -> list[tuple[datetime, dict[str, Any], Any, dict[str, Any]]]:
    """The newest records of a type, newest first: time, resource attributes, value, record."""
    with account.engine.cursor() as cursor:
        found = cursor.execute(
            'SELECT "TIMESTAMP", "RESOURCE_ATTRIBUTES"::VARCHAR, "VALUE"::VARCHAR, "RECORD"::VARCHAR'
            f' FROM {TABLE} WHERE "RECORD_TYPE" = ? ORDER BY "TIMESTAMP" DESC LIMIT ?',
            [record_type, limit],
        ).fetchall()
    return [
        (when, json.loads(resource or "{}"), json.loads(value or "null"), json.loads(record or "{}"))
        for when, resource, value, record in found
    ]
