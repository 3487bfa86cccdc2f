"""A whole specification: its parts, and what they say of each other."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from airflow_provider_spcs.emulator.errors import unsupported
from airflow_provider_spcs.emulator.services.spec.containers import MAX_SECRETS, container
from airflow_provider_spcs.emulator.services.spec.endpoints import endpoint
from airflow_provider_spcs.emulator.services.spec.model import Container, Endpoint, ServiceSpec, Volume
from airflow_provider_spcs.emulator.services.spec.node import Node, invalid
from airflow_provider_spcs.emulator.services.spec.volumes import volume

log = logging.getLogger(__name__)

MAX_CONTAINERS, MAX_ENDPOINTS, MAX_VOLUMES = 20, 100, 20
METRIC_GROUPS = ("system", "system_limits", "status", "network", "storage")
_SPEC_FIELDS = ("endpoints", "volumes", "logExporters", "platformMonitor", "resourceManagement")


def parse(data: Any) -> ServiceSpec:
    """The specification as typed values.

    Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/specification-reference

    Raises:
        SnowflakeError: 395018, naming the path inside the specification.
    """
    if not isinstance(data, dict):
        raise invalid("it must be a mapping with the key 'spec'.")
    for key in data:
        if key not in {"spec", "capabilities", "serviceRoles"}:
            raise invalid(f"unknown option '{key}'.")
    if data.get("spec") is None:
        raise invalid("missing 'spec'.")
    _capabilities(data.get("capabilities"))
    fields = Node("spec", _plural(data["spec"])).fields(_SPEC_FIELDS, required=("containers",))
    containers = tuple(container(item) for item in fields["containers"].items(MAX_CONTAINERS))
    endpoints = tuple(endpoint(item) for item in _items(fields.get("endpoints"), MAX_ENDPOINTS))
    volumes = tuple(volume(item) for item in _items(fields.get("volumes"), MAX_VOLUMES))
    for path, named in (("containers", containers), ("endpoints", endpoints), ("volumes", volumes)):
        _unique(path, named)
    _mounted(containers, volumes)
    if (count := sum(len(item.secrets) for item in containers)) > MAX_SECRETS:
        raise invalid(f"invalid 'spec.containers'. They use {count} secrets; at most {MAX_SECRETS} are allowed.")
    if data.get("serviceRoles") is not None:
        _roles(Node("serviceRoles", data["serviceRoles"]), {item.name for item in endpoints})
    return ServiceSpec(
        containers,
        endpoints,
        volumes,
        _log_level(fields.get("logExporters")),
        _groups(fields.get("platformMonitor")),
        _first_instance_first(fields.get("resourceManagement")),
    )


def _plural(value: Any) -> Any:
    """``container`` and ``endpoint`` stand for the plural, as in some of Snowflake's own examples.

    Whether Snowflake takes them is not known, so whoever writes them is warned.
    """
    if not isinstance(value, dict):
        return value
    for one in ("container", "endpoint"):
        if one in value and f"{one}s" not in value:
            log.warning(
                "Specification: '%s' is taken for '%ss', which Snowflake's reference has. Write that.", one, one
            )
            value = {f"{key}s" if key == one else key: item for key, item in value.items()}
    return value


def _items(node: Node | None, limit: int) -> list[Node]:
    return node.items(limit) if node else []


def _unique(path: str, named: Sequence[Container | Endpoint | Volume]) -> None:
    seen: set[str] = set()
    for index, item in enumerate(named):
        if item.name in seen:
            raise invalid(f"invalid 'spec.{path}[{index}].name'. Name '{item.name}' is used twice.")
        seen.add(item.name)


def _mounted(containers: tuple[Container, ...], volumes: tuple[Volume, ...]) -> None:
    known = {item.name for item in volumes}
    for at, item in enumerate(containers):
        for index, (name, _) in enumerate(item.mounts):
            if name not in known:
                raise invalid(
                    f"invalid 'spec.containers[{at}].volumeMounts[{index}].name'. "
                    f"Volume '{name}' is not defined in 'spec.volumes'."
                )


def _log_level(node: Node | None) -> str:
    if node is None:
        return "INFO"
    table = node.fields(("eventTableConfig",)).get("eventTableConfig")
    level = table.fields(("logLevel",)).get("logLevel") if table else None
    return level.choice("INFO", "ERROR", "NONE") if level else "INFO"


def _groups(node: Node | None) -> tuple[str, ...]:
    if node is None:
        return ()
    config = node.fields(("metricConfig",)).get("metricConfig")
    groups = config.fields(("groups",)).get("groups") if config else None
    return tuple(item.choice(*METRIC_GROUPS) for item in groups.items()) if groups else ()


def _capabilities(value: Any) -> None:
    if value is None:
        return
    context = Node("capabilities", value).fields(("securityContext",)).get("securityContext")
    for flag in context.fields(("executeAsCaller", "enableCustomCredentials")).values() if context else ():
        if flag.boolean():
            raise unsupported(flag.path)


def _first_instance_first(node: Node | None) -> bool:
    fields = node.fields(("controlPolicy", "autoScalingPolicies")) if node else {}
    if "autoScalingPolicies" in fields:
        raise unsupported("spec.resourceManagement.autoScalingPolicies")
    control = fields.get("controlPolicy")
    policy = control.fields(("startupOrder",)).get("startupOrder") if control else None
    order = policy.fields((), required=("type",))["type"] if policy else None
    return order is not None and order.choice("FirstInstance", "Parallel") == "FirstInstance"


def _roles(node: Node, endpoints: set[str]) -> None:
    for item in node.items():
        fields = item.fields((), required=("name", "endpoints"))
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", fields["name"].text()):
            raise fields["name"].fail("Name must begin with a letter and have letters, digits and '_' only.")
        for used in fields["endpoints"].items():
            if used.text() not in endpoints:
                raise used.fail(f"Endpoint '{used.text()}' is not defined in 'spec.endpoints'.")
