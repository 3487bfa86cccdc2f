"""COPY INTO a table with VALIDATION_MODE: what would happen, without loading anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine import types
from airflow_provider_spcs.emulator.engine.failures import translated
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.result import Kind, Result, number, text
from airflow_provider_spcs.emulator.stages.load import bad_records, explained, register
from airflow_provider_spcs.emulator.stages.location import Staged
from airflow_provider_spcs.emulator.stages.records import records

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.stages.copy_clauses import Copy
    from airflow_provider_spcs.emulator.stages.formats import FileFormat
    from airflow_provider_spcs.emulator.stages.load import Loaded
    from airflow_provider_spcs.emulator.stages.location import Location
    from airflow_provider_spcs.emulator.stages.target import TargetColumn


def validate(  # noqa: PLR0917 - private to loading
    session: Session,
    copy: Copy,
    columns: list[TargetColumn],
    location: Location,
    shape: FileFormat,
    work: list[Loaded],
) -> Result:
    """The first rows, or the errors of all files.

    Raises:
        SnowflakeError: One of the first rows is bad.
    """
    if copy.validated_rows is None:
        return _errors(session, copy, location, shape, work)
    left, rows = copy.validated_rows, []
    for item in work:
        bad = bad_records(session, item.plan)
        if bad and bad[0][0] <= left:
            raise explained(session, copy, location, [item], SnowflakeError("A record does not fit.", 100080, "22000"))
        with session.account.engine.cursor() as cursor, translated(item.plan.names):
            register(cursor, item.plan)
            rows += cursor.execute(f"SELECT * FROM ({item.plan.select}) LIMIT {left}").fetchall()
        left = copy.validated_rows - len(rows)
        if left <= 0:
            break
    filled = work[0].plan.columns if work else columns
    return Result([types.parse(column.type).column(column.name) for column in filled], rows)


def _errors(session: Session, copy: Copy, location: Location, shape: FileFormat, work: list[Loaded]) -> Result:
    rows: list[tuple[object, ...]] = []
    for item in work:
        bad = bad_records(session, item.plan)
        wanted = {row for row, *_ in bad}
        texts = {}
        if wanted and shape.type == "CSV":
            staged = Staged(location, item.file, shape)
            texts = {row: record.text for row, record in enumerate(records(staged.path, shape), 1) if row in wanted}
        for row, line, check, shown in bad:
            problem = item.plan.problems[check]
            column = (
                f'"{copy.table.name}"["{problem.column.name}":{problem.column.position}]' if problem.column else None
            )
            said = (problem.message.format(shown), item.file.path, line or row, 1, None)
            kind = "parsing" if problem.column is None else "conversion"
            rows.append((*said, kind, problem.errno, "22000", column, row, line or row, texts.get(row)))
    columns = [text("ERROR"), text("FILE"), number("LINE"), number("CHARACTER"), number("BYTE_OFFSET")]
    columns += [text("CATEGORY"), number("CODE"), text("SQL_STATE"), text("COLUMN_NAME"), number("ROW_NUMBER")]
    return Result([*columns, number("ROW_START_LINE"), text("REJECTED_RECORD")], rows, kind=Kind.COPY)
