"""The DuckDB statements that load one file: what to insert, and which of its records cannot be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.names import quoted
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

    def without(self, rows: list[int]) -> str:
        """The values to insert, but not those of some records."""
        if not rows:
            return self.select
        listed = ", ".join(str(row) for row in rows)
        return f'{self.select} WHERE SF_STAGE."METADATA$FILE_ROW_NUMBER" NOT IN ({listed})'


@dataclass(frozen=True)
class Problem:
    """What a failed check means: the column, and the message with ``{}`` for the value."""

    column: TargetColumn | None
    message: str
    errno: int


def plan(session: Session, copy: Copy, columns: list[TargetColumn], staged: Staged) -> Plan:
    """Plan the loading of one file.

    Raises:
        SnowflakeError: The statement does not fit the table or the file's format.
    """
    found = _scan(session, copy, columns, staged)
    tree, filled = _tree(session, copy, columns, staged, found)
    checks, problems = _checks(filled, staged.shape, found, copy)
    values = [
        exp.alias_(_fitted(expression, column, copy), f"SF_VALUE_{column.position}", quoted=True)
        for column, expression in filled
    ]
    insert, relations, names = _translated(session, tree, values, found)
    row = exp.column("METADATA$FILE_ROW_NUMBER", quoted=True)
    line = exp.column("SF_LINE", quoted=True) if found.uneven else exp.alias_(exp.null(), "SF_LINE", quoted=True)
    failed, more, _ = _translated(session, tree, [row, line, *checks], found)
    flags = [f"WHEN {quoted(f'SF_CHECK_{index}')} IS NOT NULL THEN {index}" for index in range(len(problems))]
    shown = [
        f"WHEN {quoted(f'SF_CHECK_{index}')} IS NOT NULL THEN {quoted(f'SF_CHECK_{index}')}"
        for index in range(len(problems))
    ]
    query = "SELECT 0, 0, 0, '' WHERE FALSE"
    if problems:
        query = (
            f'SELECT * FROM (SELECT "METADATA$FILE_ROW_NUMBER", SF_LINE, CASE {" ".join(flags)} END AS failed, '
            f"CASE {' '.join(shown)} END FROM ({failed})) WHERE failed IS NOT NULL ORDER BY 1"
        )
    return Plan([column for column, _ in filled], insert, query, relations | more, names, problems)


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
) -> tuple[exp.Select, list[tuple[TargetColumn, exp.Expression]]]:
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
    session: Session, tree: exp.Select, expressions: list[exp.Expression], found: Scan
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


def _fitted(expression: exp.Expression, column: TargetColumn, copy: Copy) -> exp.Expression:
    """The expression as the column's type; cut to its length when the statement asks for that."""
    if column.length and (copy.flag("TRUNCATECOLUMNS") or not copy.flag("ENFORCE_LENGTH", True)):
        expression = exp.func("LEFT", exp.cast(expression.copy(), "VARCHAR"), exp.Literal.number(column.length))
    return _cast(exp.Cast, expression, column.type)


def _cast(kind: type[exp.Cast], expression: exp.Expression, to: str) -> exp.Expression:
    return kind(this=expression.copy(), to=exp.DataType.build(to, dialect="snowflake"))


def _checks(
    filled: list[tuple[TargetColumn, exp.Expression]], shape: FileFormat, found: Scan, copy: Copy
) -> tuple[list[exp.Expression], list[Problem]]:
    """Expressions that are NULL for good records and the offending value for bad ones, with what they mean."""
    conditions: list[tuple[exp.Expression, exp.Expression]] = []
    problems: list[Problem] = []
    if found.uneven and shape.flag("ERROR_ON_COLUMN_COUNT_MISMATCH") and copy.query is None:
        fields = exp.column("SF_FIELDS", quoted=True)
        count = len(filled)
        conditions.append((exp.NEQ(this=fields, expression=exp.Literal.number(count)), fields))
        message = (
            f"Number of columns in file ({{}}) does not match that of the corresponding table ({count}), use file format "
            "option error_on_column_count_mismatch=false to ignore this error"
        )
        problems.append(Problem(None, message, 100080))
    for column, expression in filled:
        _check_column(column, expression, copy, conditions, problems)
    shown = [
        exp.alias_(
            exp.Case(ifs=[exp.If(this=condition.copy(), true=_as_text(value))]), f"SF_CHECK_{index}", quoted=True
        )
        for index, (condition, value) in enumerate(conditions)
    ]
    return list(shown), problems


def _check_column(
    column: TargetColumn,
    expression: exp.Expression,
    copy: Copy,
    conditions: list[tuple[exp.Expression, exp.Expression]],
    problems: list[Problem],
) -> None:
    casts = [(node.this, node.to.sql("snowflake")) for node in expression.find_all(exp.Cast) if type(node) is exp.Cast]
    if not column.semi_structured:
        casts.append((expression, column.type))
    for operand, to in casts:
        tried = _cast(exp.TryCast, operand, to)
        conditions.append((exp.and_(operand.copy().is_(exp.null()).not_(), tried.is_(exp.null())), operand))
        problems.append(
            Problem(column, _unrecognized(to), 100038 if _is_number(to) else 100040 if "DATE" in to else 100035)
        )
    if column.length and not copy.flag("TRUNCATECOLUMNS") and copy.flag("ENFORCE_LENGTH", True):
        size = exp.Length(this=_as_text(expression))
        conditions.append((exp.GT(this=size, expression=exp.Literal.number(column.length)), expression))
        problems.append(Problem(column, "String '{}' is too long and would be truncated", 100078))
    if not column.nullable:
        conditions.append((expression.copy().is_(exp.null()), exp.Literal.string("")))
        problems.append(Problem(column, "NULL result in a non-nullable column", 100072))


def _as_text(expression: exp.Expression) -> exp.Expression:
    return _cast(exp.Cast, expression, "VARCHAR")


def _is_number(to: str) -> bool:
    return to.upper().startswith(("NUMBER", "DECIMAL", "INT", "FLOAT", "DOUBLE", "BIGINT", "SMALLINT", "TINYINT"))


def _unrecognized(to: str) -> str:
    kind = (
        "Numeric value"
        if _is_number(to)
        else "Boolean value"
        if to.upper().startswith("BOOL")
        else to.partition("(")[0].title()
    )
    return f"{kind} '{{}}' is not recognized"
