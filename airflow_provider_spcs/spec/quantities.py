"""Amounts of cpu and memory as a specification writes them."""

from __future__ import annotations

import re

_CPU = re.compile(r"(?P<cores>[0-9]+(?:\.[0-9]+)?)(?P<milli>m?)\Z")
_MEMORY = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>Mi|Gi|M|G)\Z")
_BYTES = {"M": 10**6, "Mi": 2**20, "G": 10**9, "Gi": 2**30}


def cores(value: object) -> float | None:
    """Cores in ``0.5``, ``"0.5"`` or ``"500m"``; None when it is no amount above zero."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    match = _CPU.match(str(value))
    if match is None:
        return None
    number = float(match["cores"]) / (1000 if match["milli"] else 1)
    return number if number > 0 else None


def memory_bytes(value: object) -> int | None:
    """Bytes in ``"2Gi"``, ``"512M"`` and the like; None without a unit or when it is no amount above zero."""
    match = _MEMORY.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    number = float(match["number"]) * _BYTES[match["unit"]]
    return int(number) if number > 0 else None
