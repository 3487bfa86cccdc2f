"""ALTER SERVICE: SUSPEND, RESUME, SET, UNSET and FROM SPECIFICATION; jobs have none of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist
from airflow_provider_spcs.emulator.lifecycle import JobStatus
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.services import clauses, ddl, job_statement, references, submission
from airflow_provider_spcs.emulator.services.create_service import OPTIONS, completed, level
from airflow_provider_spcs.emulator.services.job_statement import JobRequest, SpecSource

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.objects import Document
    from airflow_provider_spcs.emulator.statement import Statement

NOT_FOR_JOBS = 395024
_SETTABLE: dict[str, clauses.Reader] = OPTIONS | {
    "QUERY_WAREHOUSE": clauses.name,
    "EXTERNAL_ACCESS_INTEGRATIONS": clauses.parenthesised(lambda statement: ".".join(clauses.name(statement))),
    "COMMENT": clauses.string,
    "LOG_LEVEL": level,
    "LOG_EVENT_LEVEL": level,
}
_UNSET: dict[str, Any] = {
    "MIN_INSTANCES": 1, "MAX_INSTANCES": None, "MIN_READY_INSTANCES": None, "AUTO_RESUME": True,
    "AUTO_SUSPEND_SECS": 0, "QUERY_WAREHOUSE": None, "EXTERNAL_ACCESS_INTEGRATIONS": [], "COMMENT": None,
    "LOG_LEVEL": None, "LOG_EVENT_LEVEL": None,
}  # fmt: skip


@command("ALTER SERVICE")
def alter_service(session: Session, statement: Statement) -> Result:
    """SUSPEND, RESUME, SET, UNSET, FROM SPECIFICATION; refused for jobs, as on Snowflake."""
    if_exists = clauses.if_exists(statement)
    name = session.qualify(clauses.name(statement))
    document = session.account.objects.find("SERVICE", name)
    if document is None:
        if if_exists:
            return status("Statement executed successfully.")
        raise does_not_exist("Service", name)
    if document.get("is_job", True):
        message = f"Operation ALTER SERVICE is not allowed on job service '{name}'."
        raise SnowflakeError(message, NOT_FOR_JOBS, "0A000")
    services = session.account.services
    if statement.accept("SUSPEND"):
        statement.end()
        services.change(document["id"], services.supervisor.scaling.suspend)
    elif statement.accept("RESUME"):
        statement.end()
        if document["status"] not in {JobStatus.SUSPENDED, JobStatus.SUSPENDING}:
            raise _wrong_state(name, document["status"], "resumed")
        services.change(document["id"], services.supervisor.scaling.resume)
    elif statement.accept("FROM"):
        _upgrade(session, statement, name, document)
    else:
        _set(session, name, document, ddl.set_or_unset(statement, _SETTABLE, _UNSET))
    return status("Statement executed successfully.")


def _upgrade(session: Session, statement: Statement, name: Name, document: Document) -> None:
    request = JobRequest((document["compute_pool"],), SpecSource())
    job_statement.specification(statement, request)
    statement.end()
    services = session.account.services
    row = services.find(name)
    details = submission.specified(
        session, name, submission.spec_text(session, request.spec), row.details["compute_pool"],
        row.details["external_access_integrations"],
    )  # fmt: skip
    services.change(document["id"], lambda job: services.supervisor.scaling.upgrade(job, details))


def _set(session: Session, name: Name, document: Document, given: dict[str, Any]) -> None:
    options = {key.lower(): value for key, value in given.items() if key in OPTIONS}
    changes: dict[str, Any] = {}
    if options:
        current = {key.lower(): document[key.lower()] for key in OPTIONS}
        merged = {key: value for key, value in (current | options).items() if value is not None}
        changes |= completed(merged)
    if "QUERY_WAREHOUSE" in given:
        parts = given["QUERY_WAREHOUSE"]
        changes["query_warehouse"] = references.warehouse(session, parts) if parts else None
    if "EXTERNAL_ACCESS_INTEGRATIONS" in given:
        names = references.integrations(session, given["EXTERNAL_ACCESS_INTEGRATIONS"])
        changes["external_access_integrations"] = names
    if "COMMENT" in given:
        changes["comment"] = given["COMMENT"]
    session.account.objects.update("SERVICE", name, **changes)
    services = session.account.services
    services.change(document["id"], lambda job: services.supervisor.scaling.reconfigure(job, changes))


def _wrong_state(name: Name, state: str, verb: str) -> SnowflakeError:
    return SnowflakeError(f"Invalid state. Service '{name}' is in state {state} and cannot be {verb}.", 90064, "22000")
