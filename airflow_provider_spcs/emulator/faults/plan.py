"""Faults as data, for emulators in another process: ``faults.json`` in the home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_spcs.emulator.faults.job_faults import JobFaults
from airflow_provider_spcs.emulator.faults.request_faults import RequestFaults
from airflow_provider_spcs.emulator.faults.when import FaultError

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.faults.fault import Fault
    from airflow_provider_spcs.emulator.faults.faults import Faults

PLAN = "faults.json"
KNOWN = sorted(name for name in {*vars(RequestFaults), *vars(JobFaults)} if not name.startswith("_"))
"""The methods that arm a fault."""


def read(path: Path) -> list[dict[str, Any]]:
    """The plan in a file; empty when there is no file.

    Raises:
        FaultError: It is no list of objects.
    """
    if not path.exists():
        return []
    try:
        plan = json.loads(path.read_text())
    except ValueError as error:
        raise FaultError(f"{path}: not JSON: {error}. It holds a list of faults. Mend or delete it.") from error
    if not isinstance(plan, list) or not all(isinstance(item, dict) for item in plan):
        raise FaultError(f"{path}: no list of objects. Each names a `fault` and its arguments. Mend or delete it.")
    return plan


def arm(faults: Faults, item: dict[str, Any]) -> Fault:
    """Arm one fault of a plan.

    Args:
        faults: Where.
        item: The method's name as ``fault``, and its arguments.

    Raises:
        FaultError: There is no such fault, or it does not take these arguments.
    """
    arguments = dict(item)
    name = str(arguments.pop("fault", None))
    if name not in KNOWN:
        raise FaultError(f"faults plan: there is no fault {name!r}. Known are {', '.join(KNOWN)}.")
    try:
        return cast("Fault", getattr(faults, name)(**arguments))
    except TypeError as error:
        raise FaultError(f"faults plan: {name}: {error}. See Faults.{name}.") from error
