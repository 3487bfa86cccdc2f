"""The DuckDB statements that load one file: what to insert, and which of its records cannot be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.stages.checks import Checks, Problem
from airflow_provider_spcs.emulator.stages.conversion import Node, fitted
from airflow_provider_spcs.emulator.stages.mapping import by_name, by_position, transformed
from airflow_provider_spcs.emulator.stages.scan import Scan, fast_csv, scan, slow_csv, text
from airflow_provider_spcs.emulator.stages.select import resolve

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.stages.copy_clauses import Copy
    from airflow_provider_spcs.emulator.stages.formats import FileFormat
    from airflow_provider_spcs.emulator.stages.location import Staged
    from airflow_provider_spcs.emulator.stages.target import TargetColumn


@dataclass
class Plan:
    """How one file is loaded.

    Args:
        columns: The columns that are filled.
        select: DuckDB query of the values to insert.
        checks: DuckDB query with one row for each bad record: row number, line, and the first check that failed.
        relations: Arrow tables that both need.
        names: Physical names and how the user writes them, for errors.
        problems: What each check says, by its number in ``checks``.
    """

    columns: list[TargetColumn]
    select: str
    checks: str
    relations: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @property
    def unguarded(self) -> bool:
        """Whether a record can be bad in a way that inserting it would not notice: fields too many, text too long."""
        return any(problem.errno in {100078, 100080} for problem in self.problems)

    def without(self, rows: list[int]) -> str:
        """The values to insert, but not those of some records."""
        if not rows:
            return self.select
        listed = ", ".join(str(row) for row in rows)
        return f'{self.select} WHERE SF_STAGE."METADATA$FILE_ROW_NUMBER" NOT IN ({listed})'


def plan(session: Session, copy: Copy, columns: list[TargetColumn], staged: Staged) -> Plan:
    """Plan the loading of one file.

    Raises:
        SnowflakeError: The statement does not fit the table or the file's format.
    """
    found = _scan(session, copy, columns, staged)
    tree, filled = _tree(session, copy, columns, staged, found)
    checks = _checks(filled, staged.shape, found, copy)
    values = [
        exp.alias_(fitted(expression, column, copy, staged.shape), f"SF_VALUE_{column.position}", quoted=True)
        for column, expression in filled
    ]
    insert, relations, names = _translated(session, tree, values, found)
    row = exp.column("METADATA$FILE_ROW_NUMBER", quoted=True)
    line = exp.column("SF_LINE", quoted=True) if found.uneven else exp.alias_(exp.null(), "SF_LINE", quoted=True)
    failed, more, _ = _translated(session, tree, [row, line, *checks.expressions()], found)
    return Plan(
        [column for column, _ in filled],
        insert,
        _first_failed(failed, len(checks.problems)),
        relations | more,
        names,
        checks.problems,
    )


def _checks(filled: list[tuple[TargetColumn, Node]], shape: FileFormat, found: Scan, copy: Copy) -> Checks:
    checks = Checks(copy, shape)
    if found.uneven and shape.flag("ERROR_ON_COLUMN_COUNT_MISMATCH") and copy.query is None:
        checks.count_fields(len(filled))
    for column, expression in filled:
        checks.fits(column, expression)
    return checks


def _first_failed(failed: str, count: int) -> str:
    """For each bad record of a query of checks: row, line, the first check that failed, its value."""
    if not count:
        return "SELECT 0, 0, 0, '' WHERE FALSE"
    names = [quoted(f"SF_CHECK_{index}") for index in range(count)]
    first = " ".join(f"WHEN {name} IS NOT NULL THEN {index}" for index, name in enumerate(names))
    return (
        f'SELECT * FROM (SELECT "METADATA$FILE_ROW_NUMBER", SF_LINE, CASE {first} END AS failed, '
        f"coalesce({', '.join(names)}) FROM ({failed})) WHERE failed IS NOT NULL ORDER BY 1"
    )


def _scan(session: Session, copy: Copy, columns: list[TargetColumn], staged: Staged) -> Scan:
    """The file's records; of a CSV file that has to fit the table, with the number of fields when they differ."""
    strict = copy.query is None and staged.shape.type == "CSV" and staged.shape.flag("ERROR_ON_COLUMN_COUNT_MISMATCH")
    if not strict or "MATCH_BY_COLUMN_NAME" in copy.options:
        return scan(session, staged.location, [staged.file], staged.shape, width=len(columns))
    even = fast_csv(session, staged, len(columns), pad=False)
    if even is None:
        return slow_csv(session, staged, len(columns))
    metadata = f'{text(staged.file.path)} AS "METADATA$FILENAME", row_number() OVER () AS "METADATA$FILE_ROW_NUMBER"'
    return Scan(f"SELECT *, {metadata} FROM {even[1]}", even[0])


def _tree(
    session: Session, copy: Copy, columns: list[TargetColumn], staged: Staged, found: Scan
) -> tuple[exp.Select, list[tuple[TargetColumn, Node]]]:
    """A query over the file's records as Snowflake's tree, and the expression of each column."""
    if copy.query is not None and copy.query.lstrip()[:1] not in {"@", "'"}:
        tree = _parsed(session, copy.query, copy.binds)
        return tree, list(zip(columns, transformed(tree, columns), strict=True))
    named = by_name(session, copy, columns, staged, found)
    filled = by_position(columns, staged.shape) if named is None else named
    shown = ", ".join(expression for _, expression in filled) or "NULL"
    tree = _parsed(session, f"SELECT {shown} FROM '@~' SF_STAGE", [])
    expressions = [item.unalias() for item in tree.expressions]
    return tree, [(column, expression) for (column, _), expression in zip(filled, expressions, strict=False)]


def _parsed(session: Session, query: str, binds: list[Any]) -> exp.Select:
    from airflow_provider_spcs.emulator.engine.translate.parser import parse
    from airflow_provider_spcs.emulator.engine.translate.rewrite import settle

    tree = parse(*settle(session, query, binds))
    source = tree.args["from_"].this
    if not source.alias:
        source.set("alias", exp.TableAlias(this=exp.to_identifier("SF_STAGE", quoted=True)))
    return tree  # type: ignore[return-value]


def _translated(
    session: Session, tree: exp.Select, expressions: list[Node], found: Scan
) -> tuple[str, dict[str, Any], dict[str, str]]:
    """DuckDB text of ``expressions`` over the tree's source."""
    from airflow_provider_spcs.emulator.engine.translate import Translation, generate
    from airflow_provider_spcs.emulator.engine.translate.rules import apply

    own = tree.copy()
    own.set("expressions", [expression.copy() for expression in expressions])
    translation = Translation(own)
    resolve(session, translation, lambda _reference, _width: found)
    apply(session, translation)
    return generate(translation.tree), translation.relations, translation.names
