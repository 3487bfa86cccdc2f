"""Rows compared with rows: column by column, so that a NULL in one leaves unknown what the others do not settle.

DuckDB compares rows as values, where a NULL is unlike all others.
Source: Snowflake's documentation, "[NOT] IN" (row constructors) and "Ternary logic".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlglot import exp

_Joined = Callable[..., exp.Expr]


def settle(root: exp.Expr) -> None:
    """Write ``(a, b) IN ((1, 2), ...)`` and ``(a, b) = (1, 2)`` as comparisons of their columns."""
    for node in list(root.find_all(exp.In, exp.EQ, exp.NEQ)):
        row = node.this
        others = node.expressions if isinstance(node, exp.In) else [node.expression]
        if not others or not isinstance(row, exp.Tuple) or not all(_alike(row, other) for other in others):
            continue
        either = _halved(exp.Or, [_equal(row, other) for other in others])
        node.replace(exp.Not(this=either) if isinstance(node, exp.NEQ) else either)


def _alike(row: exp.Tuple, other: exp.Expr) -> bool:
    return isinstance(other, exp.Tuple) and len(other.expressions) == len(row.expressions)


def _equal(row: exp.Tuple, other: exp.Expr) -> exp.Expr:
    pairs = zip(row.expressions, other.expressions, strict=True)
    return _halved(exp.And, [exp.EQ(this=left.copy(), expression=right.copy()) for left, right in pairs])


def _halved(joined: _Joined, parts: Sequence[exp.Expr]) -> exp.Expr:
    """All parts joined, as a tree no deeper than it must be: long lists are walked by recursion."""
    if len(parts) == 1:
        return exp.Paren(this=parts[0])
    middle = len(parts) // 2
    return exp.Paren(this=joined(this=_halved(joined, parts[:middle]), expression=_halved(joined, parts[middle:])))
