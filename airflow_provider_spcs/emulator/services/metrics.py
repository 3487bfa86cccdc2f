"""Platform metrics of a running container, from its real processes.

Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/monitoring-services (metric groups).
"""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.events import rows
from airflow_provider_spcs.emulator.services import families

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.events.rows import Row
    from airflow_provider_spcs.emulator.runner import RunningContainer
    from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState, Job


def sample(
    account: Account, now: datetime, running: RunningContainer, live: tuple[Job, InstanceState, ContainerState]
) -> list[Row]:
    """The rows of one moment for the groups that the specification asks for."""
    job, instance, container = live
    resource = rows.attributes(account.name, job, instance, container)
    values: list[tuple[str, float, str]] = []
    groups = job.spec.metric_groups
    if "system" in groups:
        cpu, memory = usage(running.pid)
        values += [("container.cpu.usage", cpu, "cpu"), ("container.memory.usage", memory, "bytes")]
    if "system_limits" in groups:
        values += _limits(job, container.name)
    if "status" in groups:
        values += [("container.restarts", container.restart_count, "count"), ("container.state.running", 1, "count")]
    return [rows.metric(now, resource, name, value, unit) for name, value, unit in values]


def usage(pid: int) -> tuple[float, int]:
    """Cores used on average since the start, and bytes held now, of a process and all below it."""
    import psutil

    cpu, memory = 0.0, 0
    with contextlib.suppress(psutil.NoSuchProcess):
        first = psutil.Process(pid)
        seconds = max(_age(first), 0.01)
        for process in [first, *first.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                cpu += (times.user + times.system) / seconds
                memory += process.memory_info().rss
    return cpu, memory


def _age(process: object) -> float:
    import time

    return time.time() - float(process.create_time())  # type: ignore[attr-defined]


def _limits(job: Job, name: str) -> list[tuple[str, float, str]]:
    capacity = families.node(job.details["instance_family"])
    wanted = next(item for item in job.spec.containers if item.name == name)
    asked = families.reserved(wanted, capacity)
    cpu = families.cpu_limit(wanted.limits, capacity) or capacity.cpu
    memory = families.memory_limit(wanted.limits, capacity)
    return [
        ("container.cpu.limit", cpu, "cpu"),
        ("container.cpu.requested", asked.cpu, "cpu"),
        ("container.memory.limit", memory, "bytes"),
        ("container.memory.requested", asked.memory, "bytes"),
    ]
