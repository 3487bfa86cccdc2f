"""Rows of SHOW as the REST API's JSON: which fields, of which type, under which name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from airflow_provider_spcs.emulator.names import written

Shape = dict[str, Callable[[Any], Any]]
Row = Mapping[str, Any]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _name(value: Any) -> str | None:
    return None if value in (None, "") else written(str(value))


def _whole(value: Any) -> int | None:
    return None if value in (None, "", "null") else int(value)


def _truth(value: Any) -> bool | None:
    return None if value in (None, "") else str(value).lower() in {"true", "y", "yes", "on", "1"}


def _moment(value: Any) -> str | None:
    return value.isoformat() if isinstance(value, datetime) else _text(value)


def _listed(value: Any) -> list[str]:
    """A list that SHOW writes as text, for example ``["EAI1"]``, ``LINEAR(a, b)`` or nothing."""
    inner = str(value or "").partition("(")[2].rpartition(")")[0] or str(value or "")
    return [part.strip().strip('"') for part in inner.strip("[]").split(",") if part.strip()]


def _only_transient(value: Any) -> str:
    known = {"TRANSIENT", "TEMPORARY"}
    return str(value) if value in known else "PERMANENT"


_COMMON: Shape = {"name": _name, "created_on": _moment, "owner": _text, "owner_role_type": _text, "comment": _text}
_PLACED: Shape = {"database_name": _name, "schema_name": _name}

SHAPES: dict[str, Shape] = {
    "databases": _COMMON
    | {"kind": _only_transient, "is_default": _truth, "is_current": _truth, "origin": _text, "options": _text,
       "retention_time": _whole, "budget": _text},
    "schemas": _COMMON
    | {"kind": _only_transient, "is_default": _truth, "is_current": _truth, "database_name": _name, "options": _text,
       "retention_time": _whole, "budget": _text},
    "warehouses": _COMMON
    | {"state": _text, "type": _text, "size": _text, "min_cluster_count": _whole, "max_cluster_count": _whole,
       "started_clusters": _whole, "running": _whole, "queued": _whole, "is_default": _truth, "is_current": _truth,
       "auto_suspend": _whole, "auto_resume": _text, "available": _text, "provisioning": _text, "quiescing": _text,
       "other": _text, "resumed_on": _moment, "updated_on": _moment, "scaling_policy": _text, "budget": _text},
    "compute-pools": _COMMON
    | {"state": _text, "min_nodes": _whole, "max_nodes": _whole, "instance_family": _text, "num_services": _whole,
       "num_jobs": _whole, "auto_suspend_secs": _whole, "auto_resume": _truth, "active_nodes": _whole,
       "idle_nodes": _whole, "target_nodes": _whole, "resumed_on": _moment, "updated_on": _moment,
       "is_exclusive": _truth, "application": _text, "budget": _text, "error_code": _text, "status_message": _text},
    "stages": _COMMON | _PLACED
    | {"url": _text, "has_credentials": _truth, "has_encryption_key": _truth, "region": _text, "cloud": _text,
       "storage_integration": _name, "endpoint": _text},
    "image-repositories": _COMMON | _PLACED | {"repository_url": _text},
    "tables": _COMMON | _PLACED
    | {"kind": _only_transient, "rows": _whole, "bytes": _whole, "cluster_by": _listed, "automatic_clustering": _truth,
       "change_tracking": _truth, "enable_schema_evolution": _truth, "budget": _text},
    "services": _COMMON | _PLACED
    | {"status": _text, "compute_pool": _name, "dns_name": _text, "current_instances": _whole,
       "target_instances": _whole, "min_ready_instances": _whole, "min_instances": _whole, "max_instances": _whole,
       "auto_resume": _truth, "external_access_integrations": _listed, "updated_on": _moment, "resumed_on": _moment,
       "suspended_on": _moment, "auto_suspend_secs": _whole, "query_warehouse": _name, "is_job": _truth,
       "is_async_job": _truth, "spec_digest": _text, "is_upgrading": _truth, "managing_object_domain": _text,
       "managing_object_name": _text},
    "views": _COMMON | _PLACED | {"text": _text, "is_secure": _truth, "is_materialized": _truth},
    "roles": _COMMON
    | {"is_default": _truth, "is_current": _truth, "is_inherited": _truth, "assigned_to_users": _whole,
       "granted_to_roles": _whole, "granted_roles": _whole},
    "users": _COMMON
    | {"login_name": _text, "display_name": _text, "disabled": _truth, "default_warehouse": _text,
       "default_namespace": _text, "default_role": _text},
    "containers": _PLACED
    | {"service_name": _name, "service_status": _text, "instance_id": _text, "instance_status": _text,
       "container_name": _text, "status": _text, "message": _text, "image_name": _text, "image_digest": _text,
       "restart_count": _whole, "start_time": _moment},
    "instances": _PLACED
    | {"service_name": _name, "service_status": _text, "instance_id": _text, "status": _text, "spec_digest": _text,
       "creation_time": _moment, "start_time": _moment},
    "endpoints": {"name": _text, "port": _whole, "portRange": _text, "protocol": _text, "is_public": _truth,
                  "ingress_url": _text},
    "files": {"name": _text, "size": _text, "md5": _text, "last_modified": _text},
}  # fmt: skip
"""By the resource's word in the path: field of the row, and how its value becomes JSON."""


def shaped(resource: str, row: Row) -> dict[str, Any]:
    """A row of SHOW as the resource's JSON; fields that the row does not have are left out."""
    return {field: convert(row[field]) for field, convert in SHAPES[resource].items() if field in row}


def column(row: Row) -> dict[str, Any]:
    """A row of DESCRIBE TABLE as a column of a table."""
    return {
        "name": written(str(row["name"])),
        "datatype": row["type"],
        "nullable": row["null?"] == "Y",
        "default": _text(row["default"]),
        "comment": _text(row["comment"]),
    }
