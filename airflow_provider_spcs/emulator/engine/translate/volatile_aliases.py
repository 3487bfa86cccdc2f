"""Aliases of random values that the same SELECT uses again: computed once a row, in a query below.

Snowflake lets an expression use another column's alias; DuckDB refuses that where the aliased expression is volatile.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp

_RANDOM = (exp.Rand, exp.Uniform, exp.Normal, exp.Randstr, exp.Uuid, exp.Zipf)
_SOURCES = ("from_", "joins", "laterals")


def settle(root: exp.Expr) -> None:
    """Move what is random, named and used again into a query of its own below the SELECT that has it."""
    for select in reversed(list(root.find_all(exp.Select))):
        drawn = [item for item in select.expressions if isinstance(item, exp.Alias) and _random(item)]
        names = {item.alias for item in drawn}
        if _referenced(select, names) and _movable(select):
            _move(select, names)


def _random(item: exp.Expr) -> bool:
    return any(
        isinstance(node, _RANDOM) or (isinstance(node, exp.Anonymous) and str(node.this).upper() == "UUID_STRING")
        for node in _own(item)
    )


def _own(node: exp.Expr) -> Iterator[exp.Expr]:
    """An expression's nodes without those of queries in it."""
    return iter(node.walk(prune=lambda part: isinstance(part, exp.Query) and part is not node))


def _uses(node: exp.Expr, names: set[str]) -> bool:
    return any(isinstance(part, exp.Column) and not part.table and part.name in names for part in _own(node))


def _referenced(select: exp.Select, names: set[str]) -> set[str]:
    """Those of the names that another expression of the SELECT uses; ORDER BY may use any alias as it is."""
    users: list[Any] = [select.args.get(clause) for clause in ("where", "group", "having", "qualify")]
    users += select.expressions
    return {name for name in names for user in users if user is not None and _uses(user, {name})}


def _movable(select: exp.Select) -> bool:
    stars = sum(bool(item.is_star) for item in select.expressions)
    nested = any(isinstance(part, exp.Query) for item in select.expressions for part in _own(item) if part is not item)
    return stars < 2 and not nested and not select.args.get("connect")


def _move(select: exp.Select, names: set[str]) -> None:
    below = _Below(names, {item.alias for item in select.expressions if isinstance(item, exp.Alias)})
    grouped = select.args.get("group") is not None or any(
        isinstance(part, exp.AggFunc) and not isinstance(part.parent, exp.Window | exp.IgnoreNulls | exp.RespectNulls)
        for item in select.expressions
        for part in _own(item)
    )
    outer = [below.item(item, grouped=grouped) for item in select.expressions]
    inner = exp.Select()
    for clause in _SOURCES:
        if select.args.get(clause):
            inner.set(clause, select.args[clause])
            select.set(clause, None)
    where = select.args.get("where")
    if where is not None and not _uses(where, names):
        select.set("where", None)
        inner.set("where", where)
    for clause in ("where", "group", "having", "qualify", "order"):
        if select.args.get(clause) is not None:
            below.columns(select.args[clause], "")
    inner.set("expressions", below.chosen)
    for item in outer:
        if item.is_star:
            item.set("except_", [exp.to_identifier(name, quoted=True) for name in below.names])
    select.set("expressions", outer)
    source = exp.Subquery(this=inner, alias=exp.TableAlias(this=exp.to_identifier("%DRAWN", quoted=True)))
    select.set("from_", exp.From(this=source))


class _Below:
    """What the query below offers.

    Args:
        drawn: The random columns' names.
        aliases: The names that the SELECT gives.
    """

    def __init__(self, drawn: set[str], aliases: set[str]) -> None:
        self._drawn = drawn
        self._aliases = aliases
        self.chosen: list[exp.Expr] = []
        self.names: list[str] = []

    def item(self, item: exp.Expr, *, grouped: bool) -> exp.Expr:
        """What stands above for one expression of the SELECT."""
        if item.is_star:
            self.chosen.append(item)
            return exp.Star()
        shown = item.alias_or_name
        named = shown in self._drawn and _random(item)
        above = grouped or _uses(item, self._aliases - {shown}) or item.find(exp.Window) is not None
        if named or not above or isinstance(item, exp.Column):
            kept = self._add(item.unalias(), shown if named else None)
            return exp.alias_(kept, exp.to_identifier(shown, quoted=True))
        self.columns(item, shown)
        return item

    def columns(self, node: exp.Expr, shown: str) -> None:
        """Let an expression above, itself named ``shown``, read its columns from below."""
        for column in [part for part in _own(node) if isinstance(part, exp.Column) and not part.is_star]:
            if column.table or column.name not in self._aliases - {shown}:
                column.replace(self._add(column.copy(), None))

    def _add(self, value: exp.Expr, name: str | None) -> exp.Expr:
        there = next((item for item in self.chosen if isinstance(value, exp.Column) and item.unalias() == value), None)
        name = name or (there.alias if there is not None else f"%DRAWN{len(self.names)}")
        if name not in self.names:
            self.names.append(name)
            self.chosen.append(exp.alias_(value, exp.to_identifier(name, quoted=True)))
        return exp.column(exp.to_identifier(name, quoted=True))
