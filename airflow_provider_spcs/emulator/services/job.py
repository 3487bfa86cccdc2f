"""A job service's state: the job, its instances, their containers; as objects and as JSON."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_spcs.emulator.lifecycle import (
    TERMINAL,
    WAITING,
    ContainerStatus,
    InstanceStatus,
    JobStatus,
)
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.services.families import Resources
from airflow_provider_spcs.emulator.services.spec.model import ServiceSpec


@dataclass
class ContainerState:
    """One container; times are ISO texts in UTC, ``record`` is what the runner needs to find it again.

    ``exit_code`` is of the process that was started last, ``last_exit_code`` of the one before a restart.
    """

    name: str
    image: str
    digest: str
    status: ContainerStatus = ContainerStatus.PENDING
    message: str = WAITING
    start_time: str | None = None
    exit_code: int | None = None
    restart_count: int = 0
    last_exit_code: int | None = None
    last_restart_time: str | None = None
    previous_log_path: str | None = None
    record: dict[str, Any] | None = None
    log_path: str | None = None


@dataclass
class InstanceState:
    """One instance; ``node`` is the index of the node that it holds, None while it has none."""

    id: int
    containers: list[ContainerState]
    created: str
    status: InstanceStatus = InstanceStatus.PENDING
    started: str | None = None
    node: int | None = None
    address: str = "127.0.0.1"
    retiring: bool = False
    """Whether it is to end although its service runs on."""


@dataclass
class Job:
    """One job service, or a service that runs for long.

    Args:
        id: Unique for ever, also when the name is used again.
        name: Its name.
        spec: What it runs.
        needs: What each instance holds of a node.
        details: What was fixed at submission (see ``submission.details``).
        instances: Its instances by id.
        status: As DESCRIBE SERVICE says it.
        message: Why it ended, as GET_JOB_HISTORY says it.
        completed: When it ended, ISO; None before.
        deleted: When it was dropped, ISO; None before.
    """

    id: str
    name: Name
    spec: ServiceSpec
    needs: Resources
    details: dict[str, Any]
    instances: list[InstanceState]
    status: JobStatus = JobStatus.PENDING
    message: str = ""
    completed: str | None = None
    deleted: str | None = None
    failure: str | None = field(default=None)

    @property
    def pool(self) -> str:
        """Name of its compute pool."""
        return str(self.details["compute_pool"])

    @property
    def service(self) -> dict[str, Any] | None:
        """``min_instances`` and the like of a service that runs for long; None for a job."""
        found: dict[str, Any] | None = self.details.get("service")
        return found

    @property
    def terminal(self) -> bool:
        """Whether its status changes no more by itself."""
        return self.status in TERMINAL

    def containers(self) -> Iterator[tuple[InstanceState, ContainerState]]:
        """Every container with its instance."""
        for instance in self.instances:
            for container in instance.containers:
                yield instance, container

    @property
    def live(self) -> bool:
        """Whether any of its processes may still run."""
        return any(item.record is not None and item.exit_code is None for _, item in self.containers())

    def state(self) -> list[dict[str, Any]]:
        """The instances as JSON-able data; :func:`instances` reads it."""
        return [{**vars(item), "containers": [dict(vars(part)) for part in item.containers]} for item in self.instances]


def fresh_instance(job_id: str, spec: ServiceSpec, index: int, now: str, *, alone: bool) -> InstanceState:
    """A new instance that waits for a node.

    Args:
        job_id: Of its job.
        spec: What it runs.
        index: Its id.
        now: ISO time.
        alone: Whether its job has no other.
    """
    return InstanceState(
        id=index,
        containers=[ContainerState(item.name, item.image, digest(item.image)) for item in spec.containers],
        created=now,
        address="127.0.0.1" if alone or sys.platform == "darwin" else _address(job_id, index),
    )


def _address(job_id: str, index: int) -> str:
    # All of 127/8 is loopback, but on macOS; a block of addresses a job keeps the ports of its instances apart.
    mark = hashlib.sha256(job_id.encode()).digest()
    return f"127.{100 + mark[0] % 100}.{(mark[1] + index // 250) % 256}.{index % 250 + 2}"


def digest(image: str) -> str:
    """What stands for an image's digest: stable for its name, as there are no image files here."""
    _, _, given = image.partition("@sha256:")
    return "sha256:" + (given or hashlib.sha256(image.encode()).hexdigest())


def instances(state: list[dict[str, Any]]) -> list[InstanceState]:
    """The instances that :meth:`Job.state` wrote."""
    return [
        InstanceState(
            **{
                **item,
                "status": InstanceStatus(item["status"]),
                "containers": [
                    ContainerState(**{**part, "status": ContainerStatus(part["status"])}) for part in item["containers"]
                ],
            }
        )
        for item in state
    ]
