"""Which expression over a file fills which column of the table."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value
from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.stages.conversion import Node
from airflow_provider_spcs.emulator.stages.records import records

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.stages.copy_clauses import Copy
    from airflow_provider_spcs.emulator.stages.formats import FileFormat
    from airflow_provider_spcs.emulator.stages.location import Staged
    from airflow_provider_spcs.emulator.stages.scan import Scan
    from airflow_provider_spcs.emulator.stages.target import TargetColumn

Filled = list[tuple["TargetColumn", str]]
"""Columns with Snowflake SQL over ``$1``, ``$2``...; no casts to the column's type yet."""


def by_position(columns: list[TargetColumn], shape: FileFormat) -> Filled:
    """A CSV file's fields in the order of the columns; a JSON or Parquet file's value in the only column.

    Raises:
        SnowflakeError: 2019 when a JSON or Parquet file would have to fill several columns.
    """
    if shape.type == "CSV":
        return [(column, f"${column.position}") for column in columns]
    if len(columns) != 1 or not columns[0].semi_structured:
        raise SnowflakeError(
            f"SQL compilation error:\n{shape.type} file format can produce one and only one column of type variant, "
            "object, or array. Load data into separate columns using the MATCH_BY_COLUMN_NAME copy option or copy with "
            "transformation.",
            2019,
            "0A000",
        )
    return [(columns[0], "$1")]


def by_name(session: Session, copy: Copy, columns: list[TargetColumn], staged: Staged, scan: Scan) -> Filled | None:
    """The file's fields by MATCH_BY_COLUMN_NAME; None when that option is not set.

    Raises:
        SnowflakeError: 1008 for an unknown mode, 2 for CSV without PARSE_HEADER.
    """
    mode = str(copy.options.get("MATCH_BY_COLUMN_NAME", "NONE")).upper()
    if mode == "NONE":
        return None
    if mode not in {"CASE_SENSITIVE", "CASE_INSENSITIVE"}:
        raise invalid_value(mode, "MATCH_BY_COLUMN_NAME", "CASE_SENSITIVE, CASE_INSENSITIVE or NONE.")
    fold: Callable[[str], str] = str.upper if mode == "CASE_INSENSITIVE" else str
    fields = {fold(name): expression for name, expression in _fields(session, staged, scan).items()}
    return [(column, fields[fold(column.name)]) for column in columns if fold(column.name) in fields]


def _fields(session: Session, staged: Staged, scan: Scan) -> dict[str, str]:
    """The file's fields by name, as expressions."""
    if staged.shape.type == "CSV":
        if not staged.shape.flag("PARSE_HEADER"):
            raise SnowflakeError(
                "SQL compilation error:\nMATCH_BY_COLUMN_NAME for CSV needs the file format option "
                "PARSE_HEADER = TRUE.",
                2,
                "0A000",
            )
        header = next(records(staged.path, staged.shape, headers=True), None)
        return {name or "": f"${index}" for index, name in enumerate(header.fields if header else [], 1)}
    if staged.shape.type == "PARQUET":
        return {name: f"$1:{quoted(name)}" for name in scan.fields}
    return {name: f"$1:{quoted(name)}" for name in json_keys(session, scan)}


def json_keys(session: Session, scan: Scan) -> list[str]:
    """The keys of a JSON file's objects, in the order in which they first come."""
    query = f'SELECT DISTINCT to_json(json_keys("$1")) FROM ({scan.sql}) WHERE json_type("$1") = \'OBJECT\''
    with session.account.engine.cursor() as cursor:
        found = cursor.execute(query).fetchall()
    keys: dict[str, None] = {}
    for (row,) in found:
        keys.update(dict.fromkeys(json.loads(row)))
    return list(keys)


def transformed(select: Node, columns: list[TargetColumn]) -> list[Node]:
    """The expressions of a transforming SELECT, one for each column.

    Raises:
        SnowflakeError: 2020 when their number is not the columns'.
    """
    found = [item.unalias() for item in select.expressions]
    if len(found) != len(columns):
        raise SnowflakeError(
            f"SQL compilation error:\nInsert value list does not match column list expecting {len(columns)} but "
            f"got {len(found)}",
            2020,
            "42601",
        )
    return found
