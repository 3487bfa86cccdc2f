"""A typed specification to the document that Snowflake reads; only what is set is written."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.redaction import hide, hide_arguments
from airflow_provider_spcs.spec.volumes import BlockVolume, MemoryVolume, StageVolume, Volume

if TYPE_CHECKING:
    from airflow_provider_spcs.spec.model import (
        Container,
        Endpoint,
        Probe,
        Resources,
        SecretRef,
        ServiceSpec,
        SessionToken,
    )


def _set(**entries: Any) -> dict[str, Any]:
    """The entries that are there: not None, not an empty list, mapping or tuple."""
    return {key: value for key, value in entries.items() if value is not None and value not in ((), [], {})}


def write(spec: ServiceSpec) -> dict[str, Any]:
    """The whole document, with its outer ``spec``."""
    body = _set(
        containers=[_container(container) for container in spec.containers],
        volumes=[_volume(volume) for volume in spec.volumes],
        endpoints=[_endpoint(endpoint) for endpoint in spec.endpoints],
        logExporters={"eventTableConfig": {"logLevel": spec.log_level}} if spec.log_level is not None else None,
        platformMonitor={"metricConfig": {"groups": list(spec.metric_groups)}} if spec.metric_groups else None,
        resourceManagement={"controlPolicy": {"startupOrder": {"type": spec.startup_order}}}
        if spec.startup_order is not None
        else None,
    )
    rights = _set(
        executeAsCaller=spec.execute_as_caller,
        enableCustomCredentials=spec.enable_custom_credentials,
    )
    return _set(
        spec=body,
        capabilities={"securityContext": rights} if rights else None,
        serviceRoles=[{"name": role.name, "endpoints": list(role.endpoints)} for role in spec.service_roles],
    )


def _container(container: Container) -> dict[str, Any]:
    return _set(
        name=container.name,
        image=container.image,
        command=list(container.command),
        args=list(container.args),
        env=dict(container.env),
        readinessProbe=_probe(container.readiness_probe),
        livenessProbe=_probe(container.liveness_probe),
        volumeMounts=[{"name": mount.name, "mountPath": mount.path} for mount in container.volume_mounts],
        resources=_resources(container.resources),
        mountSessionToken=container.mount_session_token,
        sessionTokenConfig=_session_token(container.session_token),
        secrets=[_secret(secret) for secret in container.secrets],
    )


def _probe(probe: Probe | None) -> dict[str, Any] | None:
    if probe is None:
        return None
    return _set(
        port=probe.port,
        path=probe.path,
        periodSeconds=probe.period_seconds,
        failureThreshold=probe.failure_threshold,
    )


def _resources(resources: Resources | None) -> dict[str, Any] | None:
    if resources is None:
        return None
    gpu = {} if resources.gpu is None else {"nvidia.com/gpu": resources.gpu}
    return _set(
        requests=_set(cpu=resources.cpu, memory=resources.memory) | gpu,
        limits=_set(cpu=resources.cpu_limit, memory=resources.memory_limit) | gpu,
    )


def _session_token(token: SessionToken | None) -> dict[str, Any] | None:
    if token is None:
        return None
    return _set(path=token.path, permission=token.permission, mountConnectionConfig=token.mount_connection_config)


def _secret(secret: SecretRef) -> dict[str, Any]:
    return _set(
        snowflakeSecret={"objectReference" if secret.reference else "objectName": secret.name},
        directoryPath=secret.directory,
        envVarName=secret.env_var,
        secretKeyRef=secret.key,
    )


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    return _set(
        name=endpoint.name,
        port=endpoint.port,
        portRange=endpoint.port_range,
        public=endpoint.public or None,
        protocol=endpoint.protocol,
        corsSettings=dict(endpoint.cors) if endpoint.cors is not None else None,
    )


def _volume(volume: Volume) -> dict[str, Any]:
    if isinstance(volume, MemoryVolume):
        return {"name": volume.name, "source": "memory", "size": volume.size}
    if isinstance(volume, StageVolume):
        return _stage_volume(volume)
    if isinstance(volume, BlockVolume):
        return _block_volume(volume)
    return {"name": volume.name, "source": "local"}


def _stage_volume(volume: StageVolume) -> dict[str, Any]:
    if volume.legacy:
        return _set(name=volume.name, source=volume.stage, uid=volume.uid, gid=volume.gid)
    resources = volume.resources
    config = _set(
        name=volume.stage,
        metadataCache=volume.metadata_cache,
        resources={key: dict(amounts) for key, amounts in resources.items()} if resources else None,
    )
    return _set(name=volume.name, source="stage", stageConfig=config, uid=volume.uid, gid=volume.gid)


def _block_volume(volume: BlockVolume) -> dict[str, Any]:
    config = _set(
        initialContents={"fromSnapshot": volume.snapshot} if volume.snapshot is not None else None,
        iops=volume.iops,
        throughput=volume.throughput,
        encryption=volume.encryption,
        snapshotOnDelete=volume.snapshot_on_delete,
        snapshotDeleteAfter=volume.snapshot_delete_after,
    )
    return _set(name=volume.name, source="block", size=volume.size, blockConfig=config, uid=volume.uid, gid=volume.gid)


def redacted(document: dict[str, Any]) -> dict[str, Any]:
    """A copy of a written document with secret-looking values of ``env``, ``command`` and ``args`` hidden."""
    shown = copy.deepcopy(document)
    for container in shown["spec"]["containers"]:
        if "env" in container:
            container["env"] = {name: hide(name, value) for name, value in container["env"].items()}
        for part in ("command", "args"):
            if part in container:
                container[part] = hide_arguments(container[part])
    return shown
