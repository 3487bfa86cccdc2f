"""What containers reach of other services: endpoints by DNS name.

Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/working-with-services
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.runner import Neighbour
    from airflow_provider_spcs.emulator.services.job import Job
    from airflow_provider_spcs.emulator.services.spec.model import ServiceSpec

MOST_PORTS_OF_A_RANGE = 32
"""Longer ranges work between the instances of a job only, which share a network."""


def ports(spec: ServiceSpec) -> Iterator[int]:
    """The ports that others reach."""
    for endpoint in spec.endpoints:
        if endpoint.port is not None:
            yield endpoint.port
        elif endpoint.port_range is not None:
            low, _, high = endpoint.port_range.partition("-")
            if int(high) - int(low) < MOST_PORTS_OF_A_RANGE:
                yield from range(int(low), int(high) + 1)


def doors(account: Account, job: Job) -> Path:
    """Where the sockets of a service's instances lie."""
    return account.home.directory("doors") / job.id


def names(job: Job, *, of_schema: Job) -> tuple[str, ...]:
    """The DNS names of a service as ``of_schema`` knows them: its label alone is enough in the same schema."""
    full = str(job.details["dns_name"])
    near = (job.name.database, job.name.schema) == (of_schema.name.database, of_schema.name.schema)
    return (full, full.partition(".")[0]) if near else (full,)


def of(account: Account, job: Job) -> Iterator[Neighbour]:
    """What a container that starts now is to reach; a service that is made later is known to later containers.

    Another service's instances at the time of the start have the names that begin with ``instances.``.
    """
    from airflow_provider_spcs.emulator.runner import Neighbour

    # A service listens itself, most often on the very port that others have too.
    listening, own_ports = job.service is not None, set(ports(job.spec))
    others = list(account.services.supervisor.jobs.values())
    # Services come first, should there be more than a container can be given.
    for other in sorted(others, key=lambda item: item.service is None):
        if other.terminal or (other is job and job.service is None):
            continue
        own = names(other, of_schema=job)
        directory = doors(account, other)
        address = other.instances[0].address if other.instances else "127.0.0.1"
        for port in ports(other.spec):
            six = listening or port in own_ports
            yield Neighbour(own, port, directory, None, address, six)
            for instance in other.instances:
                each = tuple(f"instances.{name}" for name in own)
                yield Neighbour(each, port, directory, instance.id, instance.address, six)
