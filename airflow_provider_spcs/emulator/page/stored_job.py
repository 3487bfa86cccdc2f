"""The job, and the container of it, that a request's address names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist
from airflow_provider_spcs.emulator.page import names

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState
    from airflow_provider_spcs.emulator.services.store import JobRow


def asked(account: Account, request: Request) -> JobRow:
    """The job of that name, dropped ones included: the one whose ``id`` is asked for, or the newest.

    Raises:
        SnowflakeError: 2003 when there never was one.
    """
    name, wanted = names.of(request), request.query_params.get("id")
    found = account.services.store.named(name)
    for row in found:
        if wanted in {None, "", row.id}:
            return row
    raise does_not_exist("Service", name)


def container(row: JobRow, request: Request) -> tuple[InstanceState, ContainerState]:
    """The container that ``instance`` and ``container`` name; without them, the first that failed, or the first.

    Raises:
        SnowflakeError: 395014 when the job has none of that name.
    """
    instance_id, name = request.query_params.get("instance", ""), request.query_params.get("container", "")
    chosen = [
        (instance, item)
        for instance in row.instances
        for item in instance.containers
        if instance_id in {"", str(instance.id)} and name in {"", item.name}
    ]
    if not chosen:
        raise SnowflakeError(f"Service '{row.name}' has no container '{name}' in instance '{instance_id}'.", 395014)
    failed = [pair for pair in chosen if pair[1].exit_code]
    return (failed or chosen)[0]
