"""SEQ of FLATTEN and SPLIT_TO_TABLE: one number for each row of the input.

DuckDB numbers nothing inside a correlated query. Rows of the only source before are numbered in that source; where
there are several, a function with a state says the number, and the order of the rows is lost.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate.functions.build import own

NUMBER = "%RECORD"
_statements = itertools.count()


def records(node: exp.Expr, listed: str, columns: Sequence[str], alias: str) -> exp.Expr:
    """The query of a list's records with the columns SEQ and ``columns``, to stand where ``node`` stands."""
    shown = ", ".join(f'u.r.{column.lower()}_ AS "{column}"' for column in columns)
    select = node.find_ancestor(exp.Select)
    if select is None or isinstance(node.parent, exp.From | exp.Subquery):
        return _constant(shown, listed)
    used = _uses(select, alias)
    # DuckDB keeps the order of the rows over a source of constants only when something stands between.
    if _single(node, select) and (used or _constants(select.root())):
        _number(select, used)
        return _constant(shown, listed)
    if not used:
        return _constant(shown, listed)
    source = f"SELECT sf_record('{next(_statements)}') AS s, {listed} AS l"
    return own(f'SELECT u.s AS "SEQ", {shown} FROM (SELECT q.s, unnest(q.l) AS r FROM ({source}) AS q) AS u')


def _constant(shown: str, listed: str) -> exp.Expr:
    return own(f'SELECT CAST(1 AS BIGINT) AS "SEQ", {shown} FROM (SELECT unnest({listed}) AS r) AS u')


def _uses(select: exp.Select, alias: str) -> list[Any]:
    """Where a query speaks of SEQ, by name or as one of all columns."""
    stars = [item for item in select.expressions if item.is_star and getattr(item, "table", "") in {"", alias}]
    named = [
        column
        for column in select.find_all(exp.Column)
        if column.name == "SEQ"
        and (column.table == alias if column.table else column.find_ancestor(exp.Select) is select)
    ]
    return [*stars, *named]


def _single(node: exp.Expr, select: exp.Select) -> bool:
    """Whether one table or query stands before, and nothing else beside it that brings rows together."""
    source = select.args["from_"].this
    joins = select.args.get("joins") or []
    laterals = select.args.get("laterals") or []
    first = joins[0].this if joins else laterals[0] if laterals else None
    plain = isinstance(source, exp.Table | exp.Subquery | exp.Values) and not source.args.get("pivots")
    return first is node and len(joins) <= 1 and plain and not _taken_whole(select, source)


def _constants(root: exp.Expr) -> bool:
    return any(
        isinstance(item, exp.Values) or not item.args.get("from_") for item in root.find_all(exp.Values, exp.Select)
    )


def _taken_whole(select: exp.Select, source: Any) -> bool:
    """Whether OBJECT_CONSTRUCT(*) makes an object of the source's row, which would show the number."""
    calls = (call for call in select.find_all(exp.Anonymous) if call.this == "to_json" and call.expressions)
    return any(isinstance(call.expressions[0], exp.Column) and call.expressions[0].name == source.alias_or_name
               for call in calls)  # fmt: skip


def _number(select: exp.Select, used: list[Any]) -> None:
    """Number the rows of a query's first source, and have SEQ mean that number."""
    source = select.args["from_"].this
    name = source.alias or (source.name if isinstance(source, exp.Table) else "VALUES")
    outer = exp.Subquery(this=exp.Select(), alias=exp.TableAlias(this=exp.to_identifier(name, quoted=True)))
    source.replace(outer)
    row = exp.alias_(own("row_number() OVER ()"), exp.to_identifier(NUMBER, quoted=True))
    outer.set("this", exp.select(exp.Star(), row).from_(source))
    number = exp.column(exp.to_identifier(NUMBER, quoted=True), exp.to_identifier(name, quoted=True))
    for item in select.expressions:
        if item.is_star and getattr(item, "table", "") in {"", name}:
            star = item.this if isinstance(item, exp.Column) else item
            star.set("except_", [*(star.args.get("except_") or []), exp.to_identifier(NUMBER, quoted=True)])
    for item in used:
        _speak(item, number)


def _speak(item: Any, number: exp.Expr) -> None:
    named = exp.alias_(number.copy(), exp.to_identifier("SEQ", quoted=True))
    if item.is_star:
        star = item.this if isinstance(item, exp.Column) else item
        star.set("replace", [*(star.args.get("replace") or []), named])
    else:
        item.replace(named if isinstance(item.parent, exp.Select) else number.copy())
