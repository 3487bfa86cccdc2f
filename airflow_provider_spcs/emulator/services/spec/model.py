"""A specification after reading: frozen and typed."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Amounts:
    """CPU in cores, memory in bytes, GPUs; None where the specification is silent."""

    cpu: float | None = None
    memory: int | None = None
    gpu: int | None = None


@dataclass(frozen=True)
class SecretUse:
    """A secret's name and where its parts go: files in ``directory``, or ``key`` in the variable ``env_name``."""

    name: str
    directory: str | None = None
    env_name: str | None = None
    key: str | None = None


@dataclass(frozen=True)
class Probe:
    """An HTTP check; times in seconds."""

    port: int
    path: str
    period: int
    failures: int


@dataclass(frozen=True)
class TokenMount:
    """Where the session token lies, with which mode, and whether a connections.toml is beside it."""

    directory: str = "/snowflake/session"
    permission: int = 0o600
    connection_config: bool = False


@dataclass(frozen=True)
class Container:
    """One container; ``mounts`` are pairs of a volume's name and an absolute path."""

    name: str
    image: str
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] | None = None
    env: tuple[tuple[str, str], ...] = ()
    mounts: tuple[tuple[str, str], ...] = ()
    requests: Amounts = Amounts()
    limits: Amounts = Amounts()
    readiness: Probe | None = None
    liveness: Probe | None = None
    secrets: tuple[SecretUse, ...] = ()
    token: TokenMount | None = field(default_factory=TokenMount)


@dataclass(frozen=True)
class Endpoint:
    """A port that others reach; ``port_range`` is ``"low-high"``."""

    name: str
    port: int | None
    port_range: str | None
    public: bool
    protocol: str


@dataclass(frozen=True)
class Volume:
    """A volume: ``source`` is local, memory, block or stage; sizes in bytes; ``sidecar`` is what its mount reserves."""

    name: str
    source: str
    stage: str | None = None
    size: int | None = None
    uid: int | None = None
    gid: int | None = None
    sidecar: Amounts = Amounts()


@dataclass(frozen=True)
class ServiceSpec:
    """The whole specification; ``first_instance_first``: the others start once instance 0 runs."""

    containers: tuple[Container, ...]
    endpoints: tuple[Endpoint, ...] = ()
    volumes: tuple[Volume, ...] = ()
    log_level: str = "INFO"
    metric_groups: tuple[str, ...] = ()
    first_instance_first: bool = False

    def volume(self, name: str) -> Volume:
        """The volume of that name, which the reader has checked to exist."""
        return next(volume for volume in self.volumes if volume.name == name)
