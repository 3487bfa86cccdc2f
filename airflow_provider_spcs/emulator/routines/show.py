"""SHOW and DESCRIBE of functions and procedures.

Source: Snowflake's documentation, "SHOW USER FUNCTIONS", "SHOW PROCEDURES", "DESCRIBE FUNCTION".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Column, Kind, Result, number, text, timestamp_ltz
from airflow_provider_spcs.emulator.routines.ddl import missing, signature
from airflow_provider_spcs.emulator.routines.store import FUNCTION, PROCEDURE, Found

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_BEFORE = ["name", "schema_name", "is_builtin", "is_aggregate", "is_ansi"]
_AFTER = ["arguments", "description", "catalog_name", "is_table_function", "valid_for_clustering", "is_secure"]
_OF_FUNCTIONS = ["secrets", "external_access_integrations", "is_external_function", "language", "is_memoizable",
                 "is_data_metric"]  # fmt: skip
_OF_PROCEDURES = ["secrets", "external_access_integrations"]


@command("SHOW FUNCTIONS", "SHOW USER FUNCTIONS")
def show_functions(session: Session, statement: Statement) -> Result:
    """SHOW [USER] FUNCTIONS [LIKE] [IN scope]: those that users created; built-in ones are not listed."""
    return _shown(session, statement, FUNCTION)


@command("SHOW PROCEDURES", "SHOW USER PROCEDURES")
def show_procedures(session: Session, statement: Statement) -> Result:
    """SHOW [USER] PROCEDURES [LIKE] [IN scope]: those that users created."""
    return _shown(session, statement, PROCEDURE)


@command("SHOW BUILTIN FUNCTIONS", "SHOW EXTERNAL FUNCTIONS")
def show_none(session: Session, statement: Statement) -> Result:
    """SHOW BUILTIN or EXTERNAL FUNCTIONS: none; COVERAGE.md lists the functions that are emulated."""
    Filter.parse(session, statement)
    return Result(_columns(FUNCTION), [], kind=Kind.SHOW)


def _columns(kind: str) -> list[Column]:
    last = _OF_FUNCTIONS if kind == FUNCTION else _OF_PROCEDURES
    counted = [number("min_num_arguments"), number("max_num_arguments")]
    return [timestamp_ltz("created_on"), *map(text, _BEFORE), *counted, *map(text, [*_AFTER, *last])]


def _shown(session: Session, statement: Statement, kind: str) -> Result:
    chosen = Filter.parse(session, statement)
    found = [
        item
        for item in session.account.routines.listed(session, kind)
        if chosen.within(item.name) and chosen.matches(item.name.name)
    ]
    rows = [_row(item, kind) for item in found]
    return Result(_columns(kind), rows if chosen.limit is None else rows[: chosen.limit], kind=Kind.SHOW)


def _row(item: Found, kind: str) -> tuple[object, ...]:
    routine = item.routine
    shown = f"{item.name.name}{routine.signature} RETURN {routine.returned}"
    description = routine.comment or ("user-defined function" if kind == FUNCTION else "user-defined procedure")
    first = (
        datetime.fromisoformat(item.created_on),
        item.name.name,
        item.name.schema,
        "N",
        "Y" if routine.kind.startswith("AGGREGATE") else "N",
        "N",
        len(routine.arguments) - len(routine.defaults),
        len(routine.arguments),
        shown,
        description,
        item.name.database,
        "Y" if routine.columns else "N",
        "N",
        "Y" if routine.said.get("VOLATILITY") == "SECURE" else "N",
        None,
        None,
    )
    return (*first, "N", routine.language, "N", "N") if kind == FUNCTION else first


@command("DESC FUNCTION", "DESCRIBE FUNCTION", "DESC PROCEDURE", "DESCRIBE PROCEDURE")
def describe_routine(session: Session, statement: Statement) -> Result:
    """DESCRIBE FUNCTION or PROCEDURE name (types): one line a property."""
    kind = statement.word(-1)
    name, kinds = signature(session, statement)
    statement.end()
    found = session.account.routines.find(session, kind, name, kinds)
    if found is None:
        raise missing(kind, name)
    routine = found.routine
    arguments = ", ".join(f"{argument} {its.name}" for argument, its in routine.arguments)
    rows: list[tuple[object, ...]] = [
        ("signature", f"({arguments})"),
        ("returns", str(routine.returns) if routine.returns is not None else routine.returned),
        ("language", routine.language),
        ("null handling", "RETURNS NULL ON NULL INPUT" if routine.strict else "CALLED ON NULL INPUT"),
        ("volatility", routine.said.get("VOLATILITY", "VOLATILE")),
        ("body", routine.body),
    ]
    if kind == PROCEDURE:
        rows.append(("execute as", routine.said.get("EXECUTE AS", "OWNER")))
    if routine.language == "PYTHON":
        rows += [
            ("imports", f"[{', '.join(routine.imports)}]"),
            ("handler", routine.handler),
            ("runtime_version", routine.said.get("RUNTIME_VERSION")),
            ("packages", routine.said.get("PACKAGES", "()")),
        ]
    return Result([text("property"), text("value")], rows, kind=Kind.DESCRIBE)
