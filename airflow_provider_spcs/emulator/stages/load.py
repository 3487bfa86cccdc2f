"""COPY INTO a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.engine.failures import translated
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, number, status, text
from airflow_provider_spcs.emulator.stages.copy_clauses import Copy, parse
from airflow_provider_spcs.emulator.stages.location import Staged
from airflow_provider_spcs.emulator.stages.naming import resolve as resolve_format
from airflow_provider_spcs.emulator.stages.plan import Plan, plan
from airflow_provider_spcs.emulator.stages.reference import normal
from airflow_provider_spcs.emulator.stages.target import columns_of

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.stages.location import File, Location
    from airflow_provider_spcs.emulator.statement import Statement


@dataclass
class Loaded:
    """What became of one file: its plan, its bad records, how many rows came in."""

    file: File
    plan: Plan
    bad: list[tuple[Any, ...]] = field(default_factory=list)
    skipped: bool = False
    rows: int = 0
    parsed: int = 0


@command("COPY INTO")
def copy_into(session: Session, statement: Statement) -> Result:
    """Load staged files into a table, or unload rows to a stage (``COPY INTO @stage``)."""
    from airflow_provider_spcs.emulator.stages.unload import unload

    if statement.is_string() or statement.word().startswith("@"):
        return unload(session, statement)
    return _load(session, parse(session, statement))


def _load(session: Session, copy: Copy) -> Result:
    location = session.account.stages.locate(session, copy.place)
    shape = resolve_format(session, copy.options.get("FILE_FORMAT"), copy.place)
    columns = columns_of(session, copy.table, copy.columns)
    files = _files(session, copy, location)
    if not files:
        return status("Copy executed with 0 files processed.", Kind.COPY)
    work = [Loaded(file, plan(session, copy, columns, Staged(location, file, shape))) for file in files]
    if copy.validation:
        from airflow_provider_spcs.emulator.stages.validate import validate

        return validate(session, copy, columns, location, shape, work)
    _load_all(session, copy, location, work)
    session.account.stages.loads.note(session, copy.table, location, [item.file for item in work if not item.skipped])
    if copy.flag("PURGE"):
        for item in work:
            if not item.skipped:
                location.file(item.file.path).unlink(missing_ok=True)
    return _result(copy, location, work)


def _load_all(session: Session, copy: Copy, location: Location, work: list[Loaded]) -> None:
    """Insert every file's records, as ON_ERROR says; all of them or none."""
    if copy.on_error != "ABORT_STATEMENT":
        for item in work:
            _examine(session, item, copy)
    try:
        if copy.on_error == "ABORT_STATEMENT":
            _guard(session, work)
        _insert(session, copy, work)
    except SnowflakeError as error:
        if copy.on_error != "ABORT_STATEMENT":
            raise
        raise explained(session, copy, location, work, error) from error


def _files(session: Session, copy: Copy, location: Location) -> list[File]:
    """The files to load: as the options choose, without those loaded before, up to SIZE_LIMIT bytes.

    Raises:
        SnowflakeError: 100016 when a file of FILES is missing.
    """
    pattern = copy.options.get("PATTERN")
    found = location.files(str(pattern) if pattern is not None else None)
    if "FILES" in copy.options:
        base = location.prefix if location.prefix.endswith("/") or not location.prefix else location.prefix + "/"
        known = {file.path: file for file in found}
        wanted = [base + normal(str(name)) for name in copy.options["FILES"]]
        for path in wanted:
            if path not in known and copy.on_error == "ABORT_STATEMENT":
                raise SnowflakeError(
                    f"Remote file '{location.label}{path}' was not found. There are several potential causes. "
                    "The file "
                    "might not exist. The required credentials may be missing or invalid.",
                    100016,
                    "22000",
                )
        found = [known[path] for path in wanted if path in known]
    if not copy.flag("FORCE"):
        found = session.account.stages.loads.new(session, copy.table, location, found)
    limit = copy.options.get("SIZE_LIMIT")
    if limit is None:
        return found
    chosen, size = [], 0
    for file in found:
        if size > int(limit):
            break
        chosen.append(file)
        size += file.size
    return chosen


def _examine(session: Session, item: Loaded, copy: Copy) -> None:
    """Find the file's bad records, and whether they stop it from being loaded."""
    item.bad = bad_records(session, item.plan)
    if item.bad:
        with session.account.engine.cursor() as cursor, translated(item.plan.names):
            register(cursor, item.plan)
            total = cursor.execute(f"SELECT count(*) FROM ({item.plan.select})").fetchone()[0]
        item.skipped = not copy.allows(len(item.bad), int(total))
        item.parsed = int(total)


def _guard(session: Session, work: list[Loaded]) -> None:
    """Stop before anything is inserted when a file has records whose fault inserting would not notice.

    Raises:
        SnowflakeError: There is one; what it is, the caller finds out.
    """
    for item in work:
        if item.plan.unguarded and bad_records(session, item.plan):
            raise SnowflakeError(f"File '{item.file.path}' has records that do not fit the table.", 100080, "22000")


def bad_records(session: Session, planned: Plan) -> list[tuple[Any, ...]]:
    """The file's bad records: row, line, the number of the check that failed, the value."""
    with session.account.engine.cursor() as cursor, translated(planned.names):
        register(cursor, planned)
        found: list[tuple[Any, ...]] = cursor.execute(planned.checks).fetchall()
    return found


def register(cursor: Any, planned: Plan) -> None:
    """Make the plan's relations known to a cursor."""
    for name, relation in planned.relations.items():
        cursor.register(name, relation)


def _insert(session: Session, copy: Copy, work: list[Loaded]) -> None:
    relation = session.relation(copy.table)
    names = {name: shown for item in work for name, shown in item.plan.names.items()}

    def insert(cursor: Any) -> None:
        for item in work:
            if item.skipped:
                continue
            register(cursor, item.plan)
            columns = ", ".join(quoted(physical.column(column.name)) for column in item.plan.columns)
            values = item.plan.without([row[0] for row in item.bad])
            item.rows = int(cursor.execute(f"INSERT INTO {relation} ({columns}) {values}").fetchone()[0])

    session.transaction.write([], insert, names)


def explained(
    session: Session, copy: Copy, location: Location, work: list[Loaded], error: SnowflakeError
) -> SnowflakeError:
    """The error of the first bad record of all files; the original one when no check finds any."""
    for item in work:
        bad = bad_records(session, item.plan)
        if bad:
            row, line, check, shown = bad[0]
            problem = item.plan.problems[check]
            table = copy.table.name
            column = f', column "{table}"["{problem.column.name}":{problem.column.position}]' if problem.column else ""
            return SnowflakeError(
                f"{problem.message.format(shown)}\n  File '{location.label}{item.file.path}', line {line or row}, "
                f"character 1\n"
                f"  Row {row}{column}\n  If you would like to continue loading when an error is encountered, use other "
                "values such as 'SKIP_FILE' or 'CONTINUE' for the ON_ERROR option. For more information on loading "
                "options, please run 'info loading_data' in a SQL client.",
                problem.errno,
                "22000",
            )
    return error


def _result(copy: Copy, location: Location, work: list[Loaded]) -> Result:
    rows: list[tuple[object, ...]] = []
    for item in work:
        errors = len(item.bad)
        parsed = item.parsed or item.rows
        state = "LOAD_FAILED" if item.skipped else "PARTIALLY_LOADED" if errors else "LOADED"
        limit = 1 if not errors and copy.on_error == "ABORT_STATEMENT" else max(parsed, 1)
        if copy.flag("RETURN_FAILED_ONLY") and not errors:
            continue
        rows.append(
            (location.label + item.file.path, state, parsed, item.rows, limit, errors, *_first_error(copy, item))
        )
    columns = [text("file"), text("status"), number("rows_parsed"), number("rows_loaded"), number("error_limit")]
    columns += [number("errors_seen"), text("first_error"), number("first_error_line")]
    columns += [number("first_error_character"), text("first_error_column_name")]
    return Result(columns, rows, kind=Kind.COPY, changed={"inserted": sum(item.rows for item in work)})


def _first_error(copy: Copy, item: Loaded) -> tuple[object, ...]:
    if not item.bad:
        return (None, None, None, None)
    row, line, check, shown = item.bad[0]
    problem = item.plan.problems[check]
    column = f'"{copy.table.name}"["{problem.column.name}":{problem.column.position}]' if problem.column else None
    return (problem.message.format(shown), line or row, 1, column)
