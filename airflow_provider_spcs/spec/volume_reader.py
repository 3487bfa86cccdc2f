"""Entries of ``spec.volumes`` to typed volumes."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.spec.shape import SOURCE, mapping, required
from airflow_provider_spcs.spec.volumes import BlockVolume, LocalVolume, MemoryVolume, StageVolume, Volume


def read_volume(path: str, value: Any) -> Volume:
    """One entry of ``spec.volumes``; its source says which kind."""
    keys = ("name", "source", "size", "blockConfig", "stageConfig", "uid", "gid")
    entry = mapping(path, value, keys)
    required(path, entry, "name", "source")
    source = entry["source"]
    if isinstance(source, str) and source.startswith("@"):
        _only(path, entry, source, "uid", "gid")
        return StageVolume(entry["name"], source, uid=entry.get("uid"), gid=entry.get("gid"), legacy=True)
    readers: dict[str, Callable[[str, dict[str, Any]], Volume]] = {
        "local": _local_volume,
        "memory": _memory_volume,
        "stage": _stage_volume,
        "block": _block_volume,
    }
    if not isinstance(source, str) or source not in readers:
        near = difflib.get_close_matches(str(source), readers, n=1)
        raise SpecError(
            f"{path}.source",
            f"{source!r} is no source of a volume",
            f"Sources are {', '.join(readers)}",
            f"Did you mean '{near[0]}'?" if near else "Use one of them",
            SOURCE,
        )
    return readers[source](path, entry)


def _only(path: str, entry: Mapping[str, Any], source: str, *allowed: str) -> None:
    for key in entry:
        if key not in ("name", "source", *allowed):
            raise SpecError(
                f"{path}.{key}",
                f"a volume with source {source!r} has no {key}",
                f"It has {', '.join(('name', 'source', *allowed))}",
                "Remove it, or change the source",
                SOURCE,
            )


def _local_volume(path: str, entry: dict[str, Any]) -> Volume:
    _only(path, entry, "local")
    return LocalVolume(entry["name"])


def _memory_volume(path: str, entry: dict[str, Any]) -> Volume:
    _only(path, entry, "memory", "size")
    required(path, entry, "size")
    return MemoryVolume(entry["name"], entry["size"])


def _stage_volume(path: str, entry: dict[str, Any]) -> Volume:
    _only(path, entry, "stage", "stageConfig", "uid", "gid")
    required(path, entry, "stageConfig")
    where = f"{path}.stageConfig"
    config = mapping(where, entry["stageConfig"], ("name", "metadataCache", "resources"))
    required(where, config, "name")
    resources = config.get("resources")
    if resources is not None:
        parts = mapping(f"{where}.resources", resources, ("requests", "limits"))
        resources = {
            key: mapping(f"{where}.resources.{key}", amounts, ("memory", "cpu")) for key, amounts in parts.items()
        }
    return StageVolume(
        entry["name"],
        config["name"],
        config.get("metadataCache"),
        resources or None,
        entry.get("uid"),
        entry.get("gid"),
    )


def _block_volume(path: str, entry: dict[str, Any]) -> Volume:
    _only(path, entry, "block", "size", "blockConfig", "uid", "gid")
    required(path, entry, "size")
    where = f"{path}.blockConfig"
    keys = ("initialContents", "iops", "throughput", "encryption", "snapshotOnDelete", "snapshotDeleteAfter")
    config = mapping(where, entry.get("blockConfig", {}), keys)
    contents = mapping(f"{where}.initialContents", config.get("initialContents", {}), ("fromSnapshot",))
    return BlockVolume(
        entry["name"],
        entry["size"],
        contents.get("fromSnapshot"),
        config.get("iops"),
        config.get("throughput"),
        config.get("encryption"),
        config.get("snapshotOnDelete"),
        config.get("snapshotDeleteAfter"),
        entry.get("uid"),
        entry.get("gid"),
    )
