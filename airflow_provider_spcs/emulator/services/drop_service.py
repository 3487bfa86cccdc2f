"""DROP SERVICE, for jobs and services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.services import clauses

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

NEEDS_FORCE = 395023


@command("DROP SERVICE", "DROP JOB SERVICE")
def drop_service(session: Session, statement: Statement) -> Result:
    """Stops the job or service and removes it; a job's history stays."""
    if_exists = clauses.if_exists(statement)
    name = session.qualify(clauses.name(statement))
    force = statement.accept("FORCE")
    statement.end()
    objects = session.account.objects
    if objects.find("SERVICE", name) is None:
        if if_exists:
            return status(f"Drop statement executed successfully ({name.name} already dropped).")
        raise does_not_exist("Service", name)
    job = session.account.services.job(session.account.services.find(name))
    if not force and any(volume.source == "block" for volume in job.spec.volumes):
        raise SnowflakeError(
            f"Service '{name}' has block storage volumes that would be lost. Use DROP SERVICE ... FORCE to drop it.",
            NEEDS_FORCE,
            "55006",
        )
    objects.drop("SERVICE", name)
    return status(f"{name.name} successfully dropped.")
