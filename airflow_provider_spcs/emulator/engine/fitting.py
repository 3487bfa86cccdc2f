"""Values that INSERT, UPDATE and MERGE put into columns of limited size: refused when they do not fit.

Source: Snowflake's documentation, "String & binary data types" (no silent truncation) and "Numeric data types".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import time_formats
from airflow_provider_spcs.emulator.engine.translate import zoned
from airflow_provider_spcs.emulator.engine.translate.functions.variants import variant
from airflow_provider_spcs.emulator.engine.types import Declared
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.result import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_NUMBER = 38
_CONVERTED = {"TIMESTAMP_TZ", "VARIANT", "BINARY"}
"""Types whose values are made from others."""


def limited(kind: Declared | None) -> bool:
    """Whether DuckDB's type of a column holds more than Snowflake's, or holds values in another form."""
    if kind is not None and kind.name in _CONVERTED:
        return True
    if kind is None or kind.first is None or kind.loose:
        return False
    if kind.name == "VARCHAR":
        return kind.first < MAX_TEXT
    return kind.name == "NUMBER" and not kind.second and kind.first < _LONGEST_NUMBER


def fit_insert(tree: exp.Insert, columns: Sequence[tuple[str, Declared]]) -> None:
    """Check each value of an INSERT, be it of VALUES or of a query."""
    kinds = targets(tree, columns)
    if not any(limited(kind) for _, kind in kinds):
        return
    source = tree.expression
    if isinstance(source, exp.Values):
        for row in source.expressions:
            cells = row.expressions if isinstance(row, exp.Tuple) else [row]
            for cell, (_, kind) in zip(cells, kinds, strict=False):
                _replace(cell, kind)
    elif isinstance(source, exp.Query):
        tree.set("expression", _checked(source, kinds))


def fit_assignments(assignments: Sequence[Any], columns: Sequence[tuple[str, Declared]]) -> None:
    """Check the right sides of SET."""
    kinds = dict(columns)
    for assignment in assignments:
        if isinstance(assignment, exp.EQ) and isinstance(assignment.this, exp.Column):
            _replace(assignment.expression, kinds.get(assignment.this.name))


def fit_merge(then: exp.Insert, columns: Sequence[tuple[str, Declared]]) -> None:
    """Check the values of ``WHEN NOT MATCHED THEN INSERT (...) VALUES (...)``."""
    named = [column.name for column in then.this.expressions] if isinstance(then.this, exp.Tuple) else []
    known = dict(columns)
    kinds = [known.get(name) for name in named] if named else [kind for _, kind in columns]
    values = then.expression
    for cell, kind in zip(values.expressions if isinstance(values, exp.Tuple) else [], kinds, strict=False):
        _replace(cell, kind)


def bound(column: str, kind: Declared | None) -> str:
    """DuckDB text of a column of bound values, checked; moments with offsets are pairs already."""
    if kind is None or not limited(kind) or kind.name == "TIMESTAMP_TZ":
        return column
    return str(_fitted(exp.column(column), kind).sql("duckdb"))


def targets(tree: exp.Insert, columns: Sequence[tuple[str, Declared]]) -> list[tuple[str, Declared | None]]:
    """The columns that an INSERT fills, in its order, with their types."""
    if not isinstance(tree.this, exp.Schema):
        return list(columns)
    known = dict(columns)
    return [(column.name, known.get(column.name)) for column in tree.this.expressions]


def _replace(cell: exp.Expr, kind: Declared | None) -> None:
    if kind is None or not limited(kind) or isinstance(cell, exp.Null | exp.Var):
        return
    if isinstance(cell, exp.Column) and cell.name == "DEFAULT":
        return
    if kind.name == "TIMESTAMP_TZ":
        cell.replace(zoned.stored(_written_moment(cell) if isinstance(cell, exp.Literal) else cell))
        return
    if isinstance(cell, exp.Literal) and kind.name == "VARCHAR":
        if len(cell.this) > (kind.first or 0):
            raise too_long(cell.this)
        return
    cell.replace(_fitted(cell.copy(), kind))


def _written_moment(cell: exp.Literal) -> exp.Expr:
    """A text that says a moment as a cast of it, which DuckDB plans in a hundredth of the time."""
    said = time_formats.automatic(cell.this) if cell.is_string else None
    if said is None:
        return cell
    moment = exp.cast(exp.Literal.string(said), exp.DType.TIMESTAMPTZ)
    moment.meta["kind"] = Declared("TIMESTAMP_TZ")
    return moment


def _fitted(value: exp.Expr, kind: Declared) -> exp.Expr:
    if kind.name == "TIMESTAMP_TZ":
        return zoned.stored(value)
    if kind.name == "VARIANT":
        made: exp.Expr = variant(value)
        return made
    if kind.name == "BINARY":
        return exp.Anonymous(this="sf_binary", expressions=[value])
    name = "sf_fit" if kind.name == "VARCHAR" else "sf_fit_number"
    return exp.Anonymous(this=name, expressions=[value, exp.Literal.number(kind.first)])


def _checked(source: exp.Expr, kinds: list[tuple[str, Declared | None]]) -> exp.Expr:
    names = [exp.to_identifier(f"C{index}", quoted=True) for index in range(len(kinds))]
    shown = [
        _fitted(exp.column(name.copy()), kind) if kind is not None and limited(kind) else exp.column(name.copy())
        for name, (_, kind) in zip(names, kinds, strict=True)
    ]
    alias = exp.TableAlias(this=exp.to_identifier("S", quoted=True), columns=names)
    return exp.Select(expressions=shown).from_(exp.Subquery(this=source.copy(), alias=alias))


def too_long(value: str) -> SnowflakeError:
    """A text longer than its column (100078)."""
    return SnowflakeError(f"String '{value}' is too long and would be truncated", 100078, "22000")
