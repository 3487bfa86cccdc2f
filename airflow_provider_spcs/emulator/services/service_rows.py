"""The columns and rows of SHOW SERVICES and DESCRIBE SERVICE."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import Any

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


KEYS = (
    "status", "owner", "compute_pool", "dns_name", "current_instances", "target_instances", "min_ready_instances",
    "min_instances", "max_instances", "auto_resume", "external_access_integrations", "created_on", "updated_on",
    "resumed_on", "suspended_on", "auto_suspend_secs", "comment", "query_warehouse", "is_job", "is_async_job",
    "spec_digest", "is_upgrading",
)  # fmt: skip
"""The properties of a service's document that a row shows, in the order of :func:`row`'s arguments."""


def row(database: str, schema: str, name: str, *values: Any) -> tuple[Any, ...]:
    """One service under :data:`COLUMNS`.

    Args:
        database: Of its name.
        schema: Of its name.
        name: Of its name.
        values: One for each of :data:`KEYS`, as ``ObjectStore.values`` gives them.
    """
    (
        status, owner, pool, dns, current, target, ready, least, most, resumes, granted, created, updated, resumed,
        suspended, suspends, comment, warehouse, is_job, is_async, digest, upgrading,
    ) = values  # fmt: skip
    job = is_job is None or bool(is_job)
    return (
        name, status, database, schema, owner, pool, dns, current, target, target if ready is None else ready,
        target if least is None else least, target if most is None else most,
        ddl.flag(resumes is None or resumes), _listed(granted),
        ddl.moment(created), ddl.moment(updated), ddl.moment(resumed), ddl.moment(suspended), suspends or 0, comment,
        "ROLE", warehouse, ddl.flag(job), ddl.flag(job and is_async), digest, ddl.flag(upgrading), None, None,
    )  # fmt: skip


def _listed(granted: str | None) -> str | None:
    return json.dumps(json.loads(granted)) if granted and granted != "[]" else None


def without(names: set[str], rows: list[tuple[Any, ...]]) -> tuple[list[Column], list[tuple[Any, ...]]]:
    """Columns and rows less some columns."""
    kept = [index for index, column in enumerate(COLUMNS) if column.name not in names]
    cut = itemgetter(*kept)
    return [COLUMNS[index] for index in kept], [cut(item) for item in rows]
