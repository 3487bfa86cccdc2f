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


def insert(account: Account, batch: list[Row]) -> None:
    """Append rows, all or none."""
    import pyarrow as pa

    columns = list(zip(*batch, strict=True))
    types = [pa.timestamp("us"), *[pa.string()] * 6]
    names = ["timestamp", "resource_attributes", "record_type", "value", "scope", "record", "record_attributes"]
    arrays = [pa.array(values, kind) for values, kind in zip(columns, types, strict=True)]
    with account.engine.cursor() as cursor:
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
