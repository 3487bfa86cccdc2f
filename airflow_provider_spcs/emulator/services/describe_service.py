"""SHOW SERVICES, SHOW JOB SERVICES and DESCRIBE SERVICE."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import does_not_exist
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, text
from airflow_provider_spcs.emulator.services import clauses, ddl, service_rows, workload_types

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

MAX_ROWS = 10_000
_AFTER_COLUMN = "compute_pool"
_POOL, _IS_JOB = (3 + service_rows.KEYS.index(key) for key in ("compute_pool", "is_job"))


@command("SHOW SERVICES")
def show_services(session: Session, statement: Statement) -> Result:
    """Jobs and services, or with EXCLUDE JOBS the latter only."""
    if statement.accept("EXCLUDE", "JOBS"):
        columns, shown = service_rows.without({"is_job", "is_async_job"}, _chosen(session, statement, is_job=False))
        return Result(columns, shown, kind=Kind.SHOW)
    return Result(service_rows.COLUMNS, _chosen(session, statement), kind=Kind.SHOW)


@command("SHOW JOB SERVICES")
def show_job_services(session: Session, statement: Statement) -> Result:
    """Job services only, without the column is_job."""
    columns, shown = service_rows.without({"is_job"}, _chosen(session, statement, is_job=True))
    return Result(columns, shown, kind=Kind.SHOW)


@command("DESCRIBE SERVICE", "DESC SERVICE", "DESCRIBE JOB SERVICE", "DESC JOB SERVICE")
def describe_service(session: Session, statement: Statement) -> Result:
    """The columns of SHOW SERVICES and the specification, which only the owner sees."""
    name = session.qualify(clauses.name(statement))
    statement.end()
    owner = session.account.objects.get("SERVICE", name)["owner"]
    spec = None
    if owner == session.role:
        spec = session.account.services.find(name).details["spec"]
    at = next(index for index, column in enumerate(service_rows.COLUMNS) if column.name == _AFTER_COLUMN) + 1
    columns = [*service_rows.COLUMNS[:at], text("spec"), *service_rows.COLUMNS[at:]]
    found = session.account.objects.values("SERVICE", service_rows.KEYS, *name)
    if not found:
        raise does_not_exist("SERVICE", name)
    row = service_rows.row(*found[0])
    return Result(columns, [(*row[:at], spec, *row[at:])], kind=Kind.DESCRIBE)


def _chosen(session: Session, statement: Statement, *, is_job: bool | None = None) -> list[tuple[Any, ...]]:
    """The rows that the statement's clauses choose."""
    pool = None
    at = next(
        (index for index in range(len(statement.tokens)) if statement.word(index) == "COMPUTE"),
        None,
    )
    if at is not None and statement.word(at - 1) == "IN" and statement.word(at + 1) == "POOL":
        pool = _cut_pool(session, statement, statement.at + at - 1)
    types = _cut_types(statement)
    chosen = Filter.parse(session, statement)
    if pool is not None:
        chosen.database = chosen.schema = None
    if chosen.limit is None or chosen.limit > MAX_ROWS:
        chosen.limit = MAX_ROWS
    found = session.account.objects.values("SERVICE", service_rows.KEYS, chosen.database, chosen.schema)
    passed = (
        item
        for item in found
        if pool in {None, item[_POOL]}
        and is_job in {None, item[_IS_JOB] != 0}
        and ("SERVICE" if item[_IS_JOB] == 0 else "JOB") in types
        and chosen.passes(Name(*item[:3]))
    )
    return [service_rows.row(*item) for item in islice(passed, chosen.limit)]


def _cut_pool(session: Session, statement: Statement, at: int) -> str:
    # The clauses that every SHOW shares know no IN COMPUTE POOL, so it is taken out of the tokens first.
    start, statement.at = statement.at, at + 3
    name = ddl.account_name(clauses.name(statement))
    del statement.tokens[at : statement.at]
    statement.at = start
    if session.account.objects.find("COMPUTE POOL", name) is None:
        raise does_not_exist("Compute Pool", Name.account_level(name.name))
    return name.name


def _cut_types(statement: Statement) -> frozenset[str]:
    # Likewise of no other SHOW; it is the last clause.
    start = statement.at
    while not statement.done and not statement.looking_at("OF", "TYPE"):
        statement.at += 1
    at = statement.at
    types = workload_types.read(statement)
    del statement.tokens[at : statement.at]
    statement.at = start
    return types
