"""What a container is asked to be: plain data, complete before anything starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from airflow_provider_spcs.emulator.names import Name

TOKEN_PATH = "/snowflake/session/token"  # noqa: S105 (a path, not a token)


@dataclass(frozen=True)
class Mount:
    """A directory of the host at an absolute path of the container.

    Args:
        kind: What the specification calls it; ``source`` is what is mounted for every kind.
        source: Directory on the host; made when missing unless ``kind`` is ``"stage"``.
        target: Absolute path inside.
        read_only: Whether the container may only read it.
        size: Bytes it holds at most, for a memory volume of this container alone; None for no limit.
    """

    kind: Literal["stage", "local", "memory", "block"]
    source: Path
    target: str
    read_only: bool = False
    size: int | None = None


@dataclass(frozen=True)
class TokenSettings:
    """The session token that the platform puts into every container.

    Args:
        text: The token.
        path: Absolute path inside.
        mode: Permission bits of the file.
    """

    text: str = field(repr=False)
    path: str = TOKEN_PATH
    mode: int = 0o644


@dataclass(frozen=True)
class Neighbour:
    """A port of another service, or of one of its instances, that a container reaches by name.

    Args:
        names: What it is called inside.
        port: The same inside and at the other end.
        doors: Directory with the other end's sockets, one for each instance and port.
        instance: The only instance that is meant; None for any.
        address: Where the first instance listens if it has no network of its own.
        six: Whether the door has an IPv6 address: it leaves the port free for a server of the container's own.
    """

    names: tuple[str, ...]
    port: int
    doors: Path
    instance: int | None
    address: str
    six: bool = False


@dataclass(frozen=True)
class ContainerRequest:
    """One container of one instance of a job service.

    Args:
        job: Name of the job service.
        instance_id: From 0.
        container: Container name in the specification.
        image: As the specification writes it; looked up in ``images.yaml``.
        command: Replaces the image's entry point; None keeps it.
        args: Arguments of the command.
        env: Variables of the specification and of the platform; they win over the image's.
        mounts: Volumes.
        secret_files: Content by absolute path inside.
        token: The session token; None for none.
        memory_limit_bytes: More than this ends the container with 137; None for no limit.
        cpu_limit: Cores, may be fractional; None for no limit.
        allowed_hosts: ``host:port`` granted by external access integrations; ``*.example.com:443`` and ``0.0.0.0:443``
            (any host on that port) as in network rules; a missing port means 443 and 80.
        replicas: Instances of the job.
        index: This instance's number, the same as ``instance_id`` for jobs.
        address: Loopback address of this instance.
        hosts: Further names that resolve inside: name to addresses.
        shared_network: True when other containers or instances of the job must be reachable over loopback: they get
            one network together.
        network: Which network that is; by default the job's.
        published: Ports that others reach through sockets in ``doors``.
        doors: Directory of those sockets; made when missing.
        neighbours: What it reaches of other services.
    """

    job: Name
    instance_id: int
    container: str
    image: str
    command: tuple[str, ...] | None = None
    args: tuple[str, ...] = ()
    env: dict[str, str] = field(default_factory=dict, repr=False)
    mounts: tuple[Mount, ...] = ()
    secret_files: dict[str, bytes] = field(default_factory=dict, repr=False)
    token: TokenSettings | None = None
    memory_limit_bytes: int | None = None
    cpu_limit: float | None = None
    allowed_hosts: tuple[str, ...] = ()
    replicas: int = 1
    index: int = 0
    address: str = "127.0.0.1"
    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    shared_network: bool = False
    network: str | None = None
    published: tuple[int, ...] = ()
    doors: Path | None = None
    neighbours: tuple[Neighbour, ...] = ()
