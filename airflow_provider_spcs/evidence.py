"""What Snowflake can say about a job that did not end well; its silence must not hide how the job ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.errors import SpcsError

if TYPE_CHECKING:
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.naming import JobName
    from airflow_provider_spcs.rows import ContainerReport, JobState, PoolState
    from airflow_provider_spcs.waiting import Log


def containers_of(hook: SpcsHook, name: JobName, state: JobState | None, log: Log) -> list[ContainerReport]:
    """The job's containers; what its state last said of them when they cannot be asked for."""
    known = list(state.containers) if state else []
    try:
        return hook.containers(name) or known
    except SpcsError as error:
        log.warning("The containers of %s could not be asked for: %s", name, error)
        return known


def pool_of(hook: SpcsHook, pool: str) -> PoolState | None:
    """The compute pool; None when there is none or it cannot be asked for."""
    try:
        return hook.pool_state(pool) if pool else None
    except SpcsError:
        return None
