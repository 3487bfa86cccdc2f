"""CREATE SERVICE: a helper that runs for long, with endpoints that jobs reach."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import invalid_value
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.services import clauses, job_statement, submission
from airflow_provider_spcs.emulator.services.job_statement import Clause, JobRequest

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

MAX_INSTANCES = 100
OPTIONS: dict[str, clauses.Reader] = {
    "MIN_INSTANCES": clauses.integer(1, MAX_INSTANCES, "MIN_INSTANCES"),
    "MAX_INSTANCES": clauses.integer(1, MAX_INSTANCES, "MAX_INSTANCES"),
    "MIN_READY_INSTANCES": clauses.integer(0, MAX_INSTANCES, "MIN_READY_INSTANCES"),
    "AUTO_RESUME": clauses.boolean,
    "AUTO_SUSPEND_SECS": clauses.integer(0, 2**31 - 1, "AUTO_SUSPEND_SECS"),
}
"""What CREATE and ALTER SERVICE say of instances and of suspending."""
LEVELS = ("INFO", "ERROR", "OFF", "TRACE", "DEBUG", "WARN", "FATAL")


def level(statement: Statement) -> str:
    """A level of LOG_LEVEL or LOG_EVENT_LEVEL; platform events are always written, whatever it says."""
    word = clauses.word(statement)
    if word not in LEVELS:
        raise invalid_value(word, "LOG_LEVEL", f"It must be one of {', '.join(LEVELS)}.")
    return word


def _option(key: str, reader: clauses.Reader) -> Clause:
    def clause(statement: Statement, request: JobRequest) -> None:
        request.service = {**(request.service or {}), key.lower(): reader(statement)}

    return clause


def _ignored(reader: Callable[[Statement], object]) -> Clause:
    def clause(statement: Statement, _request: JobRequest) -> None:
        reader(statement)

    return clause


_CLAUSES: dict[str, Clause] = (
    job_statement.COMMON
    | {key: _option(key, reader) for key, reader in OPTIONS.items()}
    | {"LOG_LEVEL": _ignored(level), "LOG_EVENT_LEVEL": _ignored(level)}
)


@command("CREATE SERVICE")
def create_service(session: Session, statement: Statement) -> Result:
    """Starts MIN_INSTANCES instances and restarts what ends; there is no scaling by load."""
    unless_exists = clauses.if_not_exists(statement)
    parts = clauses.name(statement)
    request = job_statement.parse(statement, _CLAUSES)
    request.name = parts
    request.service = completed(request.service or {})
    name = session.qualify(parts)
    if unless_exists and session.account.objects.find("SERVICE", name) is not None:
        return status(f"{name.name} already exists, statement succeeded.")
    made = submission.submit(session, request, submission.spec_text(session, request.spec))
    return status(f"Service {made.name.name} successfully created.")


def completed(given: dict[str, Any]) -> dict[str, Any]:
    """The options of a service with the defaults of those that are not given.

    Source: https://docs.snowflake.com/en/sql-reference/sql/create-service

    Raises:
        SnowflakeError: 1008 when they contradict each other.
    """
    low = given.get("min_instances", 1)
    found = {
        "min_instances": low,
        "max_instances": given.get("max_instances", low),
        "min_ready_instances": given.get("min_ready_instances", low),
        "auto_resume": given.get("auto_resume", True),
        "auto_suspend_secs": given.get("auto_suspend_secs", 0),
    }
    if low > found["max_instances"]:
        raise invalid_value(low, "MIN_INSTANCES", f"It must not be more than MAX_INSTANCES, {found['max_instances']}.")
    if found["min_ready_instances"] > low:
        raise invalid_value(
            found["min_ready_instances"], "MIN_READY_INSTANCES", f"It must not be more than MIN_INSTANCES, {low}."
        )
    return found
