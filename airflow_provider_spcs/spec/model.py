"""A typed service specification: frozen dataclasses to and from YAML."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.spec import text as spec_text
from airflow_provider_spcs.spec.families import FAMILIES
from airflow_provider_spcs.spec.quantities import memory_bytes
from airflow_provider_spcs.spec.volumes import Volume, VolumeMount

Scalar = str | int | float | bool


def _freeze(instance: object, *names: str) -> None:
    """Make tuples of the lists that people give."""
    for name in names:
        value = getattr(instance, name)
        if isinstance(value, list):
            object.__setattr__(instance, name, tuple(value))


@dataclass(frozen=True, slots=True)
class Resources:
    """What a container asks for and may use at most.

    Attributes:
        cpu: Request in cores, for example ``0.5`` or ``"500m"``.
        memory: Request with unit M, Mi, G or Gi, for example ``"2Gi"``.
        gpu: GPUs; the same number is requested and allowed, as Snowflake wants it.
        cpu_limit: Most cores; the node's own when None.
        memory_limit: Most memory; the node's own when None.
    """

    cpu: float | str | None = None
    memory: str | None = None
    gpu: int | None = None
    cpu_limit: float | str | None = None
    memory_limit: str | None = None

    def with_memory_times(self, factor: float) -> Resources:
        """The same with ``factor`` times the memory, in whole MiB; an amount that is not given stays so."""

        def times(amount: str | None) -> str | None:
            size = memory_bytes(amount)
            return amount if size is None else f"{math.ceil(size * factor / 2**20)}Mi"

        return replace(self, memory=times(self.memory), memory_limit=times(self.memory_limit))

    @classmethod
    def for_family(cls, family: str, *, share: float = 1.0) -> Resources:
        """The whole node of an instance family, or a share of it; request and limit are the same.

        Args:
            family: For example ``"HIGHMEM_X64_S"``.
            share: Part of the node above 0 and up to 1; GPUs are rounded down.

        Raises:
            SpecError: For an unknown family or a share out of range.
        """
        node = FAMILIES.get(family.upper())
        if node is None:
            raise SpecError(
                "resources",
                f"no instance family {family!r} is known here",
                f"Known are {', '.join(FAMILIES)}",
                "Name one of them, or give cpu and memory yourself",
                "Working with compute pools",
            )
        if not 0 < share <= 1:
            raise SpecError("resources", f"share={share}", "A share of a node is above 0 and at most 1", "Use 1.0")
        cpu = f"{max(1, int(node.cpu * 1000 * share))}m"
        memory = f"{max(1, int(node.memory * 1024 * share))}Mi" if share < 1 else f"{node.memory}Gi"
        return cls(cpu, memory, int(node.gpu * share) or None, cpu, memory)


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A Snowflake secret by name, given to a container as an environment variable or as files.

    Attributes:
        name: ``DB.SCHEMA.SECRET`` or what the role's session resolves.
        env_var: Environment variable that gets ``key``.
        directory: Absolute directory that gets the secret's files, kept up to date.
        key: ``username``, ``password``, ``secret_string`` or ``access_token``; with ``env_var`` only. Without it a
            variable gets ``secret_string``, the only part of a secret of the type GENERIC_STRING.
        reference: Whether ``name`` is a reference of a Native App.
    """

    name: str
    env_var: str | None = None
    directory: str | None = None
    key: str | None = None
    reference: bool = False

    def __post_init__(self) -> None:
        if self.env_var is not None and self.key is None:
            object.__setattr__(self, "key", "secret_string")


@dataclass(frozen=True, slots=True)
class Probe:
    """An HTTP GET that has to answer 200; ``period_seconds`` between two, ``failure_threshold`` failures in a row."""

    port: int
    path: str
    period_seconds: int | None = None
    failure_threshold: int | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A port, or a range of TCP ports ``"32768-60999"``, that a container listens on."""

    name: str
    port: int | None = None
    port_range: str | None = None
    public: bool = False
    protocol: str | None = None
    cors: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SessionToken:
    """Where and how the session token is written (``sessionTokenConfig``)."""

    path: str | None = None
    permission: str | None = None
    mount_connection_config: bool | None = None


@dataclass(frozen=True, slots=True)
class ServiceRole:
    """A role that may reach some endpoints."""

    name: str
    endpoints: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _freeze(self, "endpoints")


@dataclass(frozen=True, slots=True)
class Container:
    """One container.

    Attributes:
        name: Lower-case letters, digits and ``-``.
        image: ``/db/schema/repository/image:tag``.
        command: Replaces the image's ENTRYPOINT.
        args: Replaces the image's CMD.
        env: Environment variables; not shown by ``repr``.
        volume_mounts: Where volumes are.
        resources: What it asks for and may use.
        secrets: Snowflake secrets.
        readiness_probe: When it is ready.
        liveness_probe: When it has to be restarted.
        mount_session_token: False for no ``/snowflake/session/token``.
        session_token: Where that token is.
    """

    name: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, Scalar] = field(default_factory=dict, repr=False)
    volume_mounts: tuple[VolumeMount, ...] = ()
    resources: Resources | None = None
    secrets: tuple[SecretRef, ...] = ()
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    mount_session_token: bool | None = None
    session_token: SessionToken | None = None

    def __post_init__(self) -> None:
        _freeze(self, "command", "args", "volume_mounts", "secrets")
        if self.resources == Resources():
            object.__setattr__(self, "resources", None)


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A whole specification. Building one checks every rule; a bad one never exists.

    Attributes:
        containers: At least one.
        volumes: What containers mount.
        endpoints: Ports that other services and instances may reach.
        log_level: What reaches the event table: ``INFO`` (all), ``ERROR`` (stderr) or ``NONE``.
        metric_groups: Of ``system``, ``system_limits``, ``status``, ``network``, ``storage``.
        execute_as_caller: Capability of caller's rights.
        enable_custom_credentials: Capability of own credentials.
        startup_order: ``FirstInstance`` starts instance 0 before the others (undocumented; the ML client sends it).
        service_roles: Who may reach which endpoint.

    Raises:
        SpecError: With the path of the first thing that is wrong; all others are in its ``others``.
    """

    containers: tuple[Container, ...]
    volumes: tuple[Volume, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    log_level: str | None = None
    metric_groups: tuple[str, ...] = ()
    execute_as_caller: bool | None = None
    enable_custom_credentials: bool | None = None
    startup_order: str | None = None
    service_roles: tuple[ServiceRole, ...] = ()

    def __post_init__(self) -> None:
        from airflow_provider_spcs.spec.rules import check

        _freeze(self, "containers", "volumes", "endpoints", "metric_groups", "service_roles")
        check(self)

    @classmethod
    def from_yaml(cls, text: str) -> ServiceSpec:
        """From YAML or JSON text.

        Raises:
            SpecError: When the text is no document, or the document no specification.
        """
        document = spec_text.parse(text)
        if not isinstance(document, dict):
            found = "nothing" if document is None else f"a {type(document).__name__}"
            raise SpecError(
                "spec", f"the text holds {found}", "A specification is a mapping that begins with 'spec:'", "Add it"
            )
        return cls.from_dict(document)

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> ServiceSpec:
        """From a document as YAML gives it; unknown keys are refused with the nearest known one.

        Raises:
            SpecError: When it is no specification.
        """
        from airflow_provider_spcs.spec.reader import read

        return read(document)

    def to_dict(self) -> dict[str, Any]:
        """As Snowflake spells it; only what is set."""
        from airflow_provider_spcs.spec.writer import write

        return write(self)

    def to_yaml(self, *, redact: bool = False) -> str:
        """As YAML.

        Args:
            redact: Hide values of variables and options that look secret: for printing, not for sending.
        """
        from airflow_provider_spcs.spec.writer import redacted, write

        document = write(self)
        return spec_text.dump(redacted(document) if redact else document)

    def to_sql_text(self) -> str:
        """As JSON for ``FROM SPECIFICATION $$...$$``; no content can end that literal."""
        return spec_text.sql_text(self.to_dict())

    def merge_overrides(self, overrides: Mapping[str, Any]) -> ServiceSpec:
        """A new spec with ``overrides`` merged in.

        Args:
            overrides: In Snowflake's spelling, with or without the outer ``spec``. Mappings are merged by key, None
                removes a key; containers, volumes and endpoints are merged by name, mounts by path, secrets by target;
                any other list is replaced.

        Raises:
            SpecError: When the result is no specification.
        """
        from airflow_provider_spcs.spec.overrides import merge

        return ServiceSpec.from_dict(merge(self.to_dict(), overrides))

    @property
    def container_names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(container.name for container in self.containers)

    def container(self, name: str) -> Container:
        """The container of that name; KeyError when there is none."""
        for container in self.containers:
            if container.name == name:
                return container
        raise KeyError(name)
