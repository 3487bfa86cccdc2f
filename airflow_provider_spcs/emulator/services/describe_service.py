"""SHOW SERVICES, SHOW JOB SERVICES and DESCRIBE SERVICE."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import does_not_exist
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.objects import StoredObject
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, text
from airflow_provider_spcs.emulator.services import clauses, ddl, service_rows

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

MAX_ROWS = 10_000
_AFTER_COLUMN = "compute_pool"


@command("SHOW SERVICES")
def show_services(session: Session, statement: Statement) -> Result:
    """Jobs and services, or with EXCLUDE JOBS the latter only."""
    if statement.accept("EXCLUDE", "JOBS"):
        rows = [service_rows.row(item) for item in _chosen(session, statement, is_job=False)]
        columns, shown = service_rows.without({"is_job", "is_async_job"}, rows)
        return Result(columns, shown, kind=Kind.SHOW)
    rows = [service_rows.row(item) for item in _chosen(session, statement)]
    return Result(service_rows.COLUMNS, rows, kind=Kind.SHOW)


@command("SHOW JOB SERVICES")
def show_job_services(session: Session, statement: Statement) -> Result:
    """Job services only, without the column is_job."""
    rows = [service_rows.row(item) for item in _chosen(session, statement, is_job=True)]
    columns, shown = service_rows.without({"is_job"}, rows)
    return Result(columns, shown, kind=Kind.SHOW)


@command("DESCRIBE SERVICE", "DESC SERVICE", "DESCRIBE JOB SERVICE", "DESC JOB SERVICE")
def describe_service(session: Session, statement: Statement) -> Result:
    """The columns of SHOW SERVICES and the specification, which only the owner sees."""
    name = session.qualify(clauses.name(statement))
    statement.end()
    service = StoredObject("SERVICE", name, session.account.objects.get("SERVICE", name))
    spec = None
    if service.document["owner"] == session.role:
        spec = session.account.services.find(name).details["spec"]
    at = next(index for index, column in enumerate(service_rows.COLUMNS) if column.name == _AFTER_COLUMN) + 1
    columns = [*service_rows.COLUMNS[:at], text("spec"), *service_rows.COLUMNS[at:]]
    row = service_rows.row(service)
    return Result(columns, [(*row[:at], spec, *row[at:])], kind=Kind.DESCRIBE)


def _chosen(session: Session, statement: Statement, *, is_job: bool | None = None) -> list[StoredObject]:
    pool = None
    at = next(
        (index for index in range(len(statement.tokens)) if statement.word(index) == "COMPUTE"),
        None,
    )
    if at is not None and statement.word(at - 1) == "IN" and statement.word(at + 1) == "POOL":
        pool = _cut_pool(session, statement, statement.at + at - 1)
    chosen = Filter.parse(session, statement)
    if pool is not None:
        chosen.database = chosen.schema = None
    if chosen.limit is None or chosen.limit > MAX_ROWS:
        chosen.limit = MAX_ROWS
    found = session.account.objects.list("SERVICE", chosen.database, chosen.schema)
    return chosen.apply(
        item
        for item in found
        if pool in {None, item.document["compute_pool"]} and is_job in {None, item.document.get("is_job", True)}
    )


def _cut_pool(session: Session, statement: Statement, at: int) -> str:
    # The clauses that every SHOW shares know no IN COMPUTE POOL, so it is taken out of the tokens first.
    start, statement.at = statement.at, at + 3
    name = ddl.account_name(clauses.name(statement))
    del statement.tokens[at : statement.at]
    statement.at = start
    if session.account.objects.find("COMPUTE POOL", name) is None:
        raise does_not_exist("Compute Pool", Name.account_level(name.name))
    return name.name
