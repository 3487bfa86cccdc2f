"""The rules of volumes.

``Source:`` service specification reference; Stage volumes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from airflow_provider_spcs.errors import SpecError
from airflow_provider_spcs.spec.quantities import cores, memory_bytes
from airflow_provider_spcs.spec.volumes import BlockVolume, LocalVolume, MemoryVolume, StageVolume

_REFERENCE = "service specification reference"
_PART = r'(?:[A-Za-z_][A-Za-z0-9_$]*|"(?:[^"]|"")+")'
_STAGE = re.compile(rf"@{_PART}(?:\.{_PART}){{0,2}}(?:/[^\x00-\x1f]*)?\Z")
_CACHE = re.compile(r"(?:[0-9]+[smhd])+\Z")
_BLOCK_SIZE = re.compile(r"[1-9][0-9]*Gi\Z")
_ENCRYPTION = ("SNOWFLAKE_SSE", "SNOWFLAKE_FULL")


def _problem(where: str, what: str, rule: str, mend: str) -> SpecError:
    return SpecError(where, what, rule, mend, _REFERENCE)


def volume_problems(where: str, volume: object) -> Iterator[SpecError]:
    """What is wrong with one volume, beyond its name."""
    if isinstance(volume, MemoryVolume):
        if memory_bytes(volume.size) is None:
            rule = "size is a number above 0 with a unit of M, Mi, G, Gi"
            yield _problem(f"{where}.size", f"{volume.size!r} is no amount", rule, "Write 2Gi")
    elif isinstance(volume, StageVolume):
        yield from _stage(where, volume)
        yield from _owner(where, volume)
    elif isinstance(volume, BlockVolume):
        yield from _block(where, volume)
        yield from _owner(where, volume)
    elif not isinstance(volume, LocalVolume):
        rule = "Volumes are LocalVolume, MemoryVolume, StageVolume and BlockVolume"
        yield _problem(where, f"it is a {type(volume).__name__}", rule, "Use one of them")


def _owner(where: str, volume: StageVolume | BlockVolume) -> Iterator[SpecError]:
    for key, value in (("uid", volume.uid), ("gid", volume.gid)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            yield _problem(f"{where}.{key}", f"{value!r}", "It is a whole number from 0", "Use one")


def _stage(where: str, volume: StageVolume) -> Iterator[SpecError]:
    path = f"{where}.source" if volume.legacy else f"{where}.stageConfig.name"
    stage = volume.stage
    if not isinstance(stage, str) or not _STAGE.match(stage) or ".." in stage.partition("/")[2].split("/"):
        rule = "A stage volume is a directory of an internal stage: @db.schema.stage or @db.schema.stage/dir"
        yield _problem(path, f"{stage!r} is not a stage", rule, "Write it like @ml.jobs.models/weekly")
    if volume.legacy and (volume.metadata_cache is not None or volume.resources):
        rule = "metadataCache and resources belong to stageConfig"
        yield _problem(where, "the old form of a stage volume has neither", rule, "Leave legacy out")
    cache = volume.metadata_cache
    if cache is not None and (not isinstance(cache, str) or not _CACHE.match(cache)):
        yield _problem(f"{where}.stageConfig.metadataCache", f"{cache!r}", "It is a time like 1h30m", "Write 60s")
    for part, amounts in (volume.resources or {}).items():
        for key, value in amounts.items():
            amount = cores(value) if key == "cpu" else memory_bytes(value)
            if amount is None and str(value) not in ("0", "0Gi", "0Mi", "0m"):
                path = f"{where}.stageConfig.resources.{part}.{key}"
                yield _problem(path, f"{value!r} is no amount", "It is an amount with its unit", "Write 500m or 1Gi")


def _block(where: str, volume: BlockVolume) -> Iterator[SpecError]:
    if not isinstance(volume.size, str) or not _BLOCK_SIZE.match(volume.size):
        yield _problem(f"{where}.size", f"{volume.size!r}", "It is a whole number of Gi", "Write it like 100Gi")
    config = f"{where}.blockConfig"
    for key, value in (("iops", volume.iops), ("throughput", volume.throughput)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            yield _problem(f"{config}.{key}", f"{value!r}", "It is a whole number from 1", "Use one")
    if volume.encryption is not None and volume.encryption not in _ENCRYPTION:
        rule = f"It is one of {', '.join(_ENCRYPTION)}"
        yield _problem(f"{config}.encryption", f"{volume.encryption!r}", rule, "Use one")
    if volume.snapshot_on_delete not in (None, True, False):
        yield _problem(f"{config}.snapshotOnDelete", f"{volume.snapshot_on_delete!r}", "It is true or false", "Use one")
    after = volume.snapshot_delete_after
    if after is not None and (not isinstance(after, str) or not re.match(r"[1-9][0-9]*[hd]\Z", after)):
        rule = "It is hours or days, like 12h or 7d"
        yield _problem(f"{config}.snapshotDeleteAfter", f"{after!r}", rule, "Write 7d")
    if volume.snapshot is not None and not str(volume.snapshot).strip():
        yield _problem(
            f"{config}.initialContents.fromSnapshot", f"{volume.snapshot!r}", "It names a snapshot", "Name it"
        )
