"""Amounts as a specification writes them: ``0.5``, ``500m``, ``2Gi``."""

from __future__ import annotations

import re

from airflow_provider_spcs.emulator.services.spec.node import Node

UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)(k|M|G|Ki|Mi|Gi|m)?\Z")


def cores(node: Node) -> float:
    """CPU in cores; ``500m`` is half a core."""
    match = _AMOUNT.match(node.text())
    if not match or match[2] not in {None, "m"}:
        raise node.fail(f"Value '{node.text()}' must be cores, for example 0.5 or 500m.")
    return float(match[1]) / (1000 if match[2] else 1)


def memory(node: Node) -> int:
    """Memory in bytes; a unit is needed.

    Source: service specification reference: M, Mi, G or Gi.
    """
    match = _AMOUNT.match(node.text())
    if not match or match[2] not in {"M", "Mi", "G", "Gi"}:
        raise node.fail(f"Value '{node.text()}' must have one of the units M, Mi, G, Gi, for example 2Gi.")
    return int(float(match[1]) * UNITS[match[2]])


def memory_request(node: Node) -> int:
    """Memory in bytes, where a bare ``0`` is allowed as well (resources of a stage volume's sidecar)."""
    return 0 if node.text() == "0" else memory(node)


def gibibytes(node: Node) -> int:
    """A whole number of GiB in bytes, as block volumes want it."""
    match = re.fullmatch(r"([1-9]\d*)Gi", node.text())
    if not match:
        raise node.fail(f"Value '{node.text()}' must be a whole number with the unit Gi, for example 10Gi.")
    return int(match[1]) * 2**30
