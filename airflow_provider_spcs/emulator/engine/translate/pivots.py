"""PIVOT ... IN (ANY) and DEFAULT ON NULL, which DuckDB does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import physical
from airflow_provider_spcs.emulator.engine.failures import translated
from airflow_provider_spcs.emulator.engine.literals import literal
from airflow_provider_spcs.emulator.errors import unsupported

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.translate.call import Call


def rewrite(call: Call, node: exp.Pivot) -> None:
    """Settle one pivot of a tree whose tables and functions are rewritten already."""
    listed = node.args.get("fields") or []
    if node.args.get("unpivot"):
        _unpivoted(node, listed)
        return
    if len(listed) != 1 or not isinstance(listed[0], exp.In):
        return
    if any(isinstance(item, exp.PivotAny) for item in listed[0].expressions):
        listed[0].set("expressions", [_named(value) for value in _values(call, node, listed[0].this)])
    elif len(listed[0].expressions) == 1 and isinstance(listed[0].expressions[0], exp.Query):
        chosen = _answers(call, listed[0].expressions[0])
        listed[0].set("expressions", [_named(value) for value in chosen])
    default = node.args.get("default_on_null")
    if isinstance(default, exp.Expr):
        node.set("default_on_null", None)
        _fill(node, listed[0], default)


def _unpivoted(node: exp.Pivot, listed: list[exp.Expr]) -> None:
    """Let the rows of UNPIVOT say the columns' names, not their physical ones."""
    source = node.parent
    names = [part.name for item in listed if isinstance(item, exp.In) for part in item.expressions]
    if source is None or not any(physical.column_name(name) != name for name in names):
        return
    column = listed[0].this
    shown = exp.Anonymous(this="regexp_replace", expressions=[
        exp.column(column.this.copy() if isinstance(column, exp.Column) else column.copy()),
        exp.Literal.string(f"{physical.MASK}$"), exp.Literal.string(""),
    ])  # fmt: skip
    replaced = exp.Alias(this=shown, alias=exp.to_identifier(column.name, quoted=True))
    _over(source, exp.Star(replace=[replaced]), node)


def _over(source: exp.Expr, star: exp.Star, node: exp.Pivot) -> None:
    """Put a query of ``star`` over a pivoted source, in its place and under its name."""
    made = exp.Subquery(this=exp.Select(expressions=[star]).from_(source.copy()))
    made.set("alias", node.args["alias"].copy() if node.args.get("alias") else None)
    source.replace(made)


def _values(call: Call, node: exp.Pivot, column: exp.Expr) -> list[object]:
    """What the pivoted column holds now, in order; each becomes a column."""
    source = node.parent.copy() if node.parent is not None else exp.Table()
    source.set("pivots", None)
    return _answers(call, exp.select(column.copy()).distinct().from_(source).order_by("1"))


def _answers(call: Call, query: exp.Expr) -> list[object]:
    from airflow_provider_spcs.emulator.engine.translate import generate

    with call.session.account.engine.cursor() as cursor, translated(call.translation.names):
        for name, table in call.translation.relations.items():
            cursor.register(name, table)
        found = [row[0] for row in cursor.execute(generate(query)).fetchall() if row[0] is not None]
    return list(dict.fromkeys(found))


def _named(value: object) -> exp.Expr:
    """A value with the column name that Snowflake gives it: text in its quotes."""
    shown = literal(value)
    return exp.PivotAlias(this=shown, alias=exp.to_identifier(physical.column(shown.sql("snowflake")), quoted=True))


def _fill(node: exp.Pivot, listed: exp.In, default: exp.Expr) -> None:
    source = node.parent
    if source is None or len(node.expressions) != 1:
        raise unsupported("DEFAULT ON NULL with several aggregates")
    filled = []
    for item in listed.expressions:
        shown = item.args["alias"].name if isinstance(item, exp.PivotAlias | exp.Alias) else item.sql("duckdb")
        column = exp.to_identifier(shown, quoted=True)
        value = exp.Coalesce(this=exp.column(column.copy()), expressions=[default.copy()])
        filled.append(exp.Alias(this=value, alias=column))
    _over(source, exp.Star(replace=filled), node)
