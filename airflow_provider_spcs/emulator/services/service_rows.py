"""The columns and rows of SHOW SERVICES and DESCRIBE SERVICE."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import Any

from airflow_provider_spcs.emulator.objects import StoredObject
from airflow_provider_spcs.emulator.result import Column, number, text, timestamp_ltz
from airflow_provider_spcs.emulator.services import ddl

# Source: https://docs.snowflake.com/en/sql-reference/sql/show-services
COLUMNS: list[Column] = [
    text("name"), text("status"), text("database_name"), text("schema_name"), text("owner"), text("compute_pool"),
    text("dns_name"), number("current_instances"), number("target_instances"), number("min_ready_instances"),
    number("min_instances"), number("max_instances"), text("auto_resume"), text("external_access_integrations"),
    timestamp_ltz("created_on"), timestamp_ltz("updated_on"), timestamp_ltz("resumed_on"),
    timestamp_ltz("suspended_on"), number("auto_suspend_secs"), text("comment"), text("owner_role_type"),
    text("query_warehouse"), text("is_job"), text("is_async_job"), text("spec_digest"), text("is_upgrading"),
    text("managing_object_domain"), text("managing_object_name"),
]  # fmt: skip


def row(service: StoredObject) -> tuple[Any, ...]:
    """One service under :data:`COLUMNS`."""
    name, values = service.name, service.document
    target, granted = values["target_instances"], values["external_access_integrations"]
    is_job = values.get("is_job", True)
    return (
        name.name, values["status"], name.database, name.schema, values["owner"], values["compute_pool"],
        values["dns_name"], values["current_instances"], target, values.get("min_ready_instances", target),
        values.get("min_instances", target), values.get("max_instances", target),
        ddl.flag(values.get("auto_resume", True)), json.dumps(granted) if granted else None,
        ddl.moment(values["created_on"]), ddl.moment(values["updated_on"]), ddl.moment(values.get("resumed_on")),
        ddl.moment(values.get("suspended_on")), values.get("auto_suspend_secs", 0), values["comment"], "ROLE",
        values["query_warehouse"], ddl.flag(is_job), ddl.flag(is_job and values["is_async_job"]),
        values["spec_digest"], ddl.flag(values.get("is_upgrading")), None, None,
    )  # fmt: skip


def without(names: set[str], rows: list[tuple[Any, ...]]) -> tuple[list[Column], list[tuple[Any, ...]]]:
    """Columns and rows less some columns."""
    kept = [index for index, column in enumerate(COLUMNS) if column.name not in names]
    cut = itemgetter(*kept)
    return [COLUMNS[index] for index in kept], [cut(item) for item in rows]
