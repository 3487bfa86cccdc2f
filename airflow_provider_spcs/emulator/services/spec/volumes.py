"""The ``spec.volumes`` list of a specification."""

from __future__ import annotations

import re

from airflow_provider_spcs.emulator.errors import unsupported
from airflow_provider_spcs.emulator.services.spec.containers import sidecar_requests
from airflow_provider_spcs.emulator.services.spec.model import Amounts, Volume
from airflow_provider_spcs.emulator.services.spec.node import Node
from airflow_provider_spcs.emulator.services.spec.quantity import gibibytes, memory

_FIELDS = ("size", "stageConfig", "blockConfig", "uid", "gid")
_BLOCK_FIELDS = ("initialContents", "iops", "throughput", "encryption", "snapshotOnDelete", "snapshotDeleteAfter")
_DURATION = re.compile(r"(\d+h)?(\d+m)?(\d+s)?\Z")


def volume(node: Node) -> Volume:
    """One volume, checked."""
    fields = node.fields(_FIELDS, required=("name", "source"))
    name, source = fields["name"].label(), fields["source"].text()
    if source.startswith("@"):
        _only(fields, "uid", "gid")
        return Volume(name, "stage", stage=source, uid=_id(fields.get("uid")), gid=_id(fields.get("gid")))
    kind = fields["source"].choice("local", "memory", "block", "stage")
    if kind == "stage":
        _only(fields, "uid", "gid", "stageConfig")
        stage, sidecar = _stage_config(node, fields.get("stageConfig"))
        ids = {key: _id(fields.get(key)) for key in ("uid", "gid")}
        return Volume(name, kind, stage=stage, sidecar=sidecar, **ids)
    if kind == "local":
        _only(fields)
        return Volume(name, kind)
    if "size" not in fields:
        raise node.fail(f"'size' must be set for a volume with source {kind}.")
    if kind == "memory":
        _only(fields, "size")
        return Volume(name, kind, size=memory(fields["size"]))
    _only(fields, "size", "blockConfig", "uid", "gid")
    if "blockConfig" in fields:
        _block_config(fields["blockConfig"])
    return Volume(name, kind, size=gibibytes(fields["size"]), uid=_id(fields.get("uid")), gid=_id(fields.get("gid")))


def _only(fields: dict[str, Node], *allowed: str) -> None:
    for key, node in fields.items():
        if key not in {"name", "source", *allowed}:
            raise node.fail(f"It does not apply to a volume with source {fields['source'].text()}.")


def _id(node: Node | None) -> int | None:
    return node.integer(0, 2**31 - 1) if node else None


def _stage_config(node: Node, config: Node | None) -> tuple[str, Amounts]:
    """The stage and what its sidecar reserves."""
    if config is None:
        raise node.fail("'stageConfig' must be set for a volume with source stage.")
    fields = config.fields(("metadataCache", "resources"), required=("name",))
    stage = fields["name"].text()
    if not stage.startswith("@"):
        raise fields["name"].fail(f"Stage '{stage}' must begin with '@'.")
    if "metadataCache" in fields and not _DURATION.match(fields["metadataCache"].text()):
        raise fields["metadataCache"].fail("Value must be a duration, for example 1h30m.")
    return stage, sidecar_requests(fields.get("resources"))


def _block_config(node: Node) -> None:
    fields = node.fields(_BLOCK_FIELDS)
    if "initialContents" in fields:
        raise unsupported(f"{fields['initialContents'].path}: block volumes from a snapshot")
    for key, high in (("iops", 80_000), ("throughput", 2_000)):
        if key in fields:
            fields[key].integer(1, high)
    if "encryption" in fields:
        fields["encryption"].choice("SNOWFLAKE_SSE", "SNOWFLAKE_FULL")
    if "snapshotOnDelete" in fields and fields["snapshotOnDelete"].boolean():
        raise unsupported(f"{fields['snapshotOnDelete'].path}: snapshots of block volumes")
    after = fields.get("snapshotDeleteAfter")
    if after and not re.fullmatch(r"\d+[hd]", after.text()):
        raise after.fail("Value must be hours or days, for example 12h or 7d.")
