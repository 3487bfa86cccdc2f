"""Instance families of compute pools: what one node of each holds.

Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/working-with-compute-pool and the
table in snowflake-ml-python 2.6 (``jobs/_utils/constants.py``); figures of the AWS, Azure and GCP families together.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.services.spec.model import Amounts, Container, ServiceSpec

# What a container gets reserved that asks for nothing.
# Source: service specification reference; the reference and BCR-1648 disagree whether the limit can raise it.
DEFAULT_CPU = 0.5
DEFAULT_MEMORY = 2**29
STAGES_PER_NODE = 8
"""Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/snowflake-stage-volume"""


@dataclass(frozen=True)
class Resources:
    """CPU in cores, memory in bytes, GPUs, mounted stages."""

    cpu: float
    memory: int
    gpu: int = 0
    stages: int = 0

    def __add__(self, other: Resources) -> Resources:
        return Resources(
            self.cpu + other.cpu, self.memory + other.memory, self.gpu + other.gpu, self.stages + other.stages
        )

    def fits(self, room: Resources) -> bool:
        """Whether this much is at most ``room``."""
        # Thirds of a core in binary do not add up exactly.
        within = self.cpu <= room.cpu + 1e-9 and self.memory <= room.memory
        return within and self.gpu <= room.gpu and self.stages <= room.stages


@cache
def every() -> dict[str, Resources]:
    """What one node of each family holds."""
    text = Path(__file__).with_name("families.json").read_text()
    return {
        name: Resources(row["cpu"], row["memory_gib"] * 2**30, row["gpu"], STAGES_PER_NODE)
        for name, row in json.loads(text).items()
    }


def node(family: str) -> Resources:
    """What one node of ``family`` holds.

    Raises:
        SnowflakeError: 1008 for a family that does not exist.
    """
    found = every().get(family.upper())
    if found is None:
        raise SnowflakeError(f"SQL compilation error:\nInvalid instance family '{family}'.", 1008, "22023")
    return found


def reserved(container: Container, capacity: Resources) -> Resources:
    """What a container holds of its node: its requests, or what follows from its limits."""
    requests, limits = container.requests, container.limits
    return Resources(
        _derived(requests.cpu, limits.cpu, DEFAULT_CPU, capacity.cpu),
        int(_derived(requests.memory, limits.memory, DEFAULT_MEMORY, capacity.memory)),
        # A GPU that is not in both is not visible at all.
        requests.gpu or 0 if limits.gpu is not None else 0,
    )


def _derived(request: float | None, limit: float | None, default: float, capacity: float) -> float:
    if request is not None:
        return request
    return min(default, capacity if limit is None else limit, capacity)


def instance_needs(spec: ServiceSpec, capacity: Resources) -> Resources:
    """What one instance holds of a node: the sum over its containers and its stage volumes' sidecars."""
    total = Resources(0, 0)
    for container in spec.containers:
        total += reserved(container, capacity)
    for volume in spec.volumes:
        if volume.stage is not None:
            total += Resources(volume.sidecar.cpu or 0, volume.sidecar.memory or 0, stages=1)
    return total


def memory_limit(limits: Amounts, capacity: Resources) -> int:
    """A container's memory limit in bytes: what the specification gives, at most its node's memory.

    Source: service specification reference: a container without a limit has its node's capacity.
    """
    return capacity.memory if limits.memory is None else min(limits.memory, capacity.memory)


def cpu_limit(limits: Amounts, capacity: Resources) -> float | None:
    """A container's CPU limit in cores, capped at its node; None when the specification gives none."""
    return None if limits.cpu is None else min(limits.cpu, capacity.cpu)
