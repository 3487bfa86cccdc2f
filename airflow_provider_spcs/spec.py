"""A typed service specification: frozen dataclasses to and from YAML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_spcs.volumes import Volume, VolumeMount


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

    @classmethod
    def for_family(cls, family: str, *, share: float = 1.0) -> Resources:
        """The whole node of an instance family, or a share of it, for example ``for_family("HIGHMEM_X64_S")``."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A Snowflake secret by name, given to a container as an environment variable or as files.

    Attributes:
        name: ``DB.SCHEMA.SECRET`` or what the role's session resolves.
        env_var: Environment variable that gets ``key``.
        directory: Absolute directory that gets the secret's files, kept up to date.
        key: ``username``, ``password``, ``secret_string`` or ``access_token``; with ``env_var`` only.
        reference: Whether ``name`` is a reference of a Native App.
    """

    name: str
    env_var: str | None = None
    directory: str | None = None
    key: str | None = None
    reference: bool = False


@dataclass(frozen=True, slots=True)
class Probe:
    """An HTTP GET that has to answer 200."""

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
    protocol: str = "HTTP"
    cors: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class SessionToken:
    """Where and how the session token is written (``sessionTokenConfig``)."""

    path: str | None = None
    permission: str | None = None
    mount_connection_config: bool | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """One container; see Snowflake's service specification reference for each field."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    volume_mounts: tuple[VolumeMount, ...] = ()
    resources: Resources | None = None
    secrets: tuple[SecretRef, ...] = ()
    readiness_probe: Probe | None = None
    liveness_probe: Probe | None = None
    mount_session_token: bool | None = None
    session_token: SessionToken | None = None


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A whole specification. Building one checks every rule; a bad one never exists.

    Raises:
        SpecError: With the path of what is wrong, for example ``spec.containers[0].secrets[1]``.
    """

    containers: tuple[Container, ...]
    volumes: tuple[Volume, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    log_level: str | None = None
    metric_groups: tuple[str, ...] = ()
    execute_as_caller: bool | None = None
    enable_custom_credentials: bool | None = None

    @classmethod
    def from_yaml(cls, text: str) -> ServiceSpec:
        """From YAML or JSON text."""
        raise NotImplementedError

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> ServiceSpec:
        """From a document as YAML gives it; unknown keys are refused with the nearest known one."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """As Snowflake spells it."""
        raise NotImplementedError

    def to_yaml(self, *, redact: bool = False) -> str:
        """As YAML; ``redact`` hides values of variables that look secret, for printing."""
        raise NotImplementedError

    def to_sql_text(self) -> str:
        """As JSON that can stand between ``$$``: every dollar sign that could close it is written ``\\u0024``."""
        raise NotImplementedError

    def merge_overrides(self, overrides: Mapping[str, Any]) -> ServiceSpec:
        """A new spec with ``overrides`` merged in: mappings by key, lists of named things by name, None removes."""
        raise NotImplementedError

    @property
    def container_names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(container.name for container in self.containers)
