"""Volumes of a service specification, and where a container mounts them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class VolumeMount:
    """A volume at an absolute path of a container."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class LocalVolume:
    """Disk of the node, shared by the containers of one instance."""

    name: str


@dataclass(frozen=True, slots=True)
class MemoryVolume:
    """Memory of the node as a disk; ``size`` for example ``"2Gi"``. Mounted at /dev/shm it is shared memory."""

    name: str
    size: str


@dataclass(frozen=True, slots=True)
class StageVolume:
    """A directory of an internal stage.

    Attributes:
        name: Volume's name.
        stage: ``@db.schema.stage`` or ``@db.schema.stage/dir``.
        metadata_cache: How long listings are kept, for example ``"1h30m"``.
        resources: Requests and limits of the mount's own side container, as in Snowflake's reference.
        uid: Owner of the files inside the container.
        gid: Group of the files inside the container.
        legacy: Whether it is written the first way (``source: "@stage"``), which Snowflake deprecates.
    """

    name: str
    stage: str
    metadata_cache: str | None = None
    resources: dict[str, Any] | None = None
    uid: int | None = None
    gid: int | None = None
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class BlockVolume:
    """A network disk of its own; ``size`` in whole Gi, for example ``"100Gi"``."""

    name: str
    size: str
    snapshot: str | None = None
    iops: int | None = None
    throughput: int | None = None
    encryption: str | None = None
    snapshot_on_delete: bool | None = None
    snapshot_delete_after: str | None = None
    uid: int | None = None
    gid: int | None = None


Volume = LocalVolume | MemoryVolume | StageVolume | BlockVolume
