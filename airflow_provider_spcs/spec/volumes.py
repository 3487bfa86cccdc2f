"""Volumes of a service specification, and where a container mounts them."""

from __future__ import annotations

from collections.abc import Mapping
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
        resources: Requests and limits of the mount's own side container.
        uid: Owner of the files inside the container.
        gid: Group of the files inside the container.
        legacy: Whether it is written the first way (``source: "@stage"``), which Snowflake deprecates.
    """

    name: str
    stage: str
    metadata_cache: str | None = None
    resources: Mapping[str, Mapping[str, Any]] | None = None
    uid: int | None = None
    gid: int | None = None
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class BlockVolume:
    """A network disk of its own.

    Attributes:
        name: Volume's name.
        size: Whole Gi, for example ``"100Gi"``.
        snapshot: Snapshot that its first content comes from.
        iops: Operations per second.
        throughput: MiB per second.
        encryption: ``SNOWFLAKE_SSE`` or ``SNOWFLAKE_FULL``.
        snapshot_on_delete: Whether a snapshot is taken when the job is dropped.
        snapshot_delete_after: How long that snapshot lives: ``"12h"`` or ``"7d"``.
        uid: Owner of the files inside the container.
        gid: Group of the files inside the container.
    """

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
