"""A document to a typed specification: its shape is judged here, its values by ``rules``."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.spec.model import (
    Container,
    Endpoint,
    Probe,
    Resources,
    SecretRef,
    ServiceRole,
    ServiceSpec,
    SessionToken,
)
from airflow_provider_spcs.spec.shape import SOURCE, as_mapping, each, mapping, nested, required, sequence
from airflow_provider_spcs.spec.volume_reader import read_volume
from airflow_provider_spcs.spec.volumes import VolumeMount

_SERVICES_ONLY = "autoScalingPolicies"


def read(document: Mapping[str, Any]) -> ServiceSpec:
    """The specification in ``document``.

    Raises:
        SpecError: With the path of what is wrong.
    """
    top = mapping("spec", document, ("spec", "capabilities", "serviceRoles"), at_top=True)
    if "spec" not in top:
        raise SpecError("spec", "there is no 'spec' key", "A specification begins with 'spec:'", "Add it", SOURCE)
    body = _plural(as_mapping("spec", top["spec"]))
    keys = ("containers", "volumes", "endpoints", "logExporters", "platformMonitor", "resourceManagement")
    body = mapping("spec", body, keys)
    rights = nested(top, "", "capabilities", "securityContext", keys=("executeAsCaller", "enableCustomCredentials"))
    return ServiceSpec(
        containers=each("spec.containers", body.get("containers"), _container),
        volumes=each("spec.volumes", body.get("volumes"), read_volume),
        endpoints=each("spec.endpoints", body.get("endpoints"), _endpoint),
        log_level=nested(body, "spec", "logExporters", "eventTableConfig", keys=("logLevel",)).get("logLevel"),
        metric_groups=sequence(
            "spec.platformMonitor.metricConfig.groups",
            nested(body, "spec", "platformMonitor", "metricConfig", keys=("groups",)).get("groups"),
        ),
        execute_as_caller=rights.get("executeAsCaller"),
        enable_custom_credentials=rights.get("enableCustomCredentials"),
        startup_order=_startup_order(body),
        service_roles=each("serviceRoles", top.get("serviceRoles"), _service_role),
    )


def _plural(body: Mapping[str, Any]) -> dict[str, Any]:
    """Two pages of Snowflake's write ``container`` and ``endpoint``; whether the server takes them is not known."""
    renamed = dict(body)
    for singular, plural in (("container", "containers"), ("endpoint", "endpoints")):
        if singular in renamed and plural not in renamed:
            warnings.warn(f"spec.{singular}: read as '{plural}', which is what is sent.", stacklevel=2)
            renamed[plural] = renamed.pop(singular)
    return renamed


def _container(path: str, value: Any) -> Container:
    keys = (
        "name", "image", "command", "args", "env", "readinessProbe", "livenessProbe", "volumeMounts", "resources",
        "mountSessionToken", "sessionTokenConfig", "secrets",
    )  # fmt: skip
    entry = mapping(path, value, keys)
    required(path, entry, "name", "image")
    env = entry.get("env", {})
    return Container(
        name=entry["name"],
        image=entry["image"],
        command=_texts(f"{path}.command", entry.get("command")),
        args=_texts(f"{path}.args", entry.get("args")),
        env=dict(as_mapping(f"{path}.env", env)),
        volume_mounts=each(f"{path}.volumeMounts", entry.get("volumeMounts"), _mount),
        resources=_resources(f"{path}.resources", entry.get("resources")),
        secrets=each(f"{path}.secrets", entry.get("secrets"), _secret),
        readiness_probe=_probe(f"{path}.readinessProbe", entry.get("readinessProbe")),
        liveness_probe=_probe(f"{path}.livenessProbe", entry.get("livenessProbe")),
        mount_session_token=entry.get("mountSessionToken"),
        session_token=_session_token(f"{path}.sessionTokenConfig", entry.get("sessionTokenConfig")),
    )


def _texts(path: str, value: Any) -> tuple[Any, ...]:
    """Numbers in a command line are the text they were written as."""
    numbers = (int, float)
    return tuple(
        str(entry) if isinstance(entry, numbers) and not isinstance(entry, bool) else entry
        for entry in sequence(path, value)
    )


def _mount(path: str, value: Any) -> VolumeMount:
    entry = mapping(path, value, ("name", "mountPath"))
    required(path, entry, "name", "mountPath")
    return VolumeMount(entry["name"], entry["mountPath"])


def _probe(path: str, value: Any) -> Probe | None:
    if value is None:
        return None
    entry = mapping(path, value, ("port", "path", "periodSeconds", "failureThreshold"))
    required(path, entry, "port", "path")
    return Probe(entry["port"], entry["path"], entry.get("periodSeconds"), entry.get("failureThreshold"))


def _resources(path: str, value: Any) -> Resources | None:
    if value is None:
        return None
    entry = mapping(path, value, ("requests", "limits"))
    keys = ("memory", "cpu", "nvidia.com/gpu")
    requests = mapping(f"{path}.requests", entry.get("requests", {}), keys)
    limits = mapping(f"{path}.limits", entry.get("limits", {}), keys)
    gpus = (requests.get("nvidia.com/gpu"), limits.get("nvidia.com/gpu"))
    if gpus[0] != gpus[1]:
        raise SpecError(
            path,
            f"nvidia.com/gpu is {gpus[0]} in requests and {gpus[1]} in limits",
            "A GPU is seen only when both have the same number",
            "Write the same number in both",
            SOURCE,
        )
    return Resources(
        requests.get("cpu"), requests.get("memory"), _whole(gpus[0]), limits.get("cpu"), limits.get("memory")
    )


def _whole(value: Any) -> Any:
    """``"1"`` as 1; Snowflake's own examples quote it now and then."""
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value


def _secret(path: str, value: Any) -> SecretRef:
    entry = mapping(path, value, ("snowflakeSecret", "directoryPath", "envVarName", "secretKeyRef"))
    required(path, entry, "snowflakeSecret")
    named = entry["snowflakeSecret"]
    reference = False
    if isinstance(named, Mapping):
        inner = mapping(f"{path}.snowflakeSecret", named, ("objectName", "objectReference"))
        if len(inner) != 1:
            raise SpecError(
                f"{path}.snowflakeSecret",
                f"it has {len(inner)} of objectName and objectReference",
                "It has exactly one of them",
                "Keep objectName, unless this is a Native App",
                SOURCE,
            )
        reference = "objectReference" in inner
        named = next(iter(inner.values()))
    return SecretRef(named, entry.get("envVarName"), entry.get("directoryPath"), entry.get("secretKeyRef"), reference)


def _session_token(path: str, value: Any) -> SessionToken | None:
    if value is None:
        return None
    entry = mapping(path, value, ("path", "permission", "mountConnectionConfig"))
    return SessionToken(entry.get("path"), entry.get("permission"), entry.get("mountConnectionConfig"))


def _endpoint(path: str, value: Any) -> Endpoint:
    entry = mapping(path, value, ("name", "port", "portRange", "public", "protocol", "corsSettings"))
    required(path, entry, "name")
    return Endpoint(
        entry["name"],
        entry.get("port"),
        entry.get("portRange"),
        entry.get("public", False),
        entry.get("protocol"),
        entry.get("corsSettings"),
    )


def _service_role(path: str, value: Any) -> ServiceRole:
    entry = mapping(path, value, ("name", "endpoints"))
    required(path, entry, "name")
    return ServiceRole(entry["name"], sequence(f"{path}.endpoints", entry.get("endpoints")))


def _startup_order(body: Mapping[str, Any]) -> Any:
    management = body.get("resourceManagement")
    if isinstance(management, Mapping) and _SERVICES_ONLY in management:
        raise SpecError(
            f"spec.resourceManagement.{_SERVICES_ONLY}",
            "a job does not scale",
            "Scaling policies are for services; a job's instances are its replicas",
            "Remove it and give replicas",
            SOURCE,
        )
    chain = ("resourceManagement", "controlPolicy", "startupOrder")
    return nested(body, "spec", *chain, keys=("type",)).get("type")
