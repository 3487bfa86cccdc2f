"""What can be wrong with a record, as expressions that are NULL for good ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlglot import exp

from airflow_provider_spcs.emulator.stages.conversion import Node, cast, converted, cuts

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.stages.copy_clauses import Copy
    from airflow_provider_spcs.emulator.stages.formats import FileFormat
    from airflow_provider_spcs.emulator.stages.target import TargetColumn


@dataclass(frozen=True)
class Problem:
    """What a failed check means: the column, and the message with ``{}`` for the value."""

    column: TargetColumn | None
    message: str
    errno: int


@dataclass
class Checks:
    """Conditions that hold for bad records, the value each is about, and what it means.

    Args:
        copy: The statement.
        shape: The file's format.
    """

    copy: Copy
    shape: FileFormat
    problems: list[Problem] = field(default_factory=list)
    _conditions: list[tuple[Node, Node]] = field(default_factory=list)

    def count_fields(self, count: int) -> None:
        """Records have exactly ``count`` fields."""
        fields = exp.column("SF_FIELDS", quoted=True)
        message = (
            f"Number of columns in file ({{}}) does not match that of the corresponding table ({count}), use file "
            "format option error_on_column_count_mismatch=false to ignore this error"
        )
        self._add(exp.NEQ(this=fields, expression=exp.Literal.number(count)), fields, Problem(None, message, 100080))

    def fits(self, column: TargetColumn, expression: Node) -> None:
        """The expression's value can go into the column, and every cast inside it works."""
        casts = [
            (node.this, node.to.sql("snowflake")) for node in expression.find_all(exp.Cast) if type(node) is exp.Cast
        ]
        if not column.semi_structured:
            casts.append((expression, column.type))
        for operand, to in casts:
            if to.startswith(("VARCHAR", "TEXT")):
                continue  # everything is text; its length has a check of its own
            missing = converted(operand, to, self.shape, tried=True).is_(exp.null())
            self._add(exp.and_(_present(operand), missing), operand, Problem(column, *_unrecognized(to)))
        if column.length and not cuts(self.copy):
            size = exp.Length(this=cast(expression, "VARCHAR"))
            problem = Problem(column, "String '{}' is too long and would be truncated", 100078)
            self._add(exp.GT(this=size, expression=exp.Literal.number(column.length)), expression, problem)
        if not column.nullable:
            problem = Problem(column, "NULL result in a non-nullable column", 100072)
            self._add(expression.copy().is_(exp.null()), exp.Literal.string(""), problem)

    def expressions(self) -> list[Node]:
        """One column for each check: the offending value as text, NULL for good records."""
        return [
            exp.alias_(
                exp.Case(ifs=[exp.If(this=condition.copy(), true=cast(value, "VARCHAR"))]),
                f"SF_CHECK_{index}",
                quoted=True,
            )
            for index, (condition, value) in enumerate(self._conditions)
        ]

    def _add(self, condition: Node, value: Node, problem: Problem) -> None:
        self._conditions.append((condition, value))
        self.problems.append(problem)


def _present(operand: Node) -> Node:
    return operand.copy().is_(exp.null()).not_()


def _unrecognized(to: str) -> tuple[str, int]:
    """Message and errno for a value that is none of a type."""
    kind = to.partition("(")[0].upper()
    if kind.startswith(("NUMBER", "DECIMAL", "INT", "FLOAT", "DOUBLE", "BIGINT", "SMALLINT", "TINYINT")):
        return "Numeric value '{}' is not recognized", 100038
    if kind.startswith("BOOL"):
        return "Boolean value '{}' is not recognized", 100037
    if kind == "DATE":
        return "Date '{}' is not recognized", 100040
    return f"{'Timestamp' if kind.startswith('TIMESTAMP') else kind.title()} '{{}}' is not recognized", 100035
