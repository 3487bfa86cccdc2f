"""COLLATE on an expression: what stands beside it is compared by the same key.

Source: Snowflake's documentation, "Collation support": the specifiers ci, ai, upper, lower and the trims.
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.deviations import deviates

_COMPARED = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ, exp.In, exp.Between,
             exp.Like, exp.ILike, exp.StartsWith, exp.EndsWith, exp.Contains, exp.StrPosition, exp.Ordered)  # fmt: skip
_NAMED = {"CONTAINS", "CHARINDEX", "STARTSWITH", "ENDSWITH", "POSITION"}
_KEYS = {"trim": "trim", "ltrim": "ltrim", "rtrim": "rtrim", "ai": "strip_accents", "ci": "lower", "lower": "lower",
         "upper": "upper"}  # fmt: skip


def settle(root: exp.Expr) -> None:
    """Take every collation out of a tree, its key into the comparisons around it."""
    for asked in list(root.find_all(exp.Collation)):
        inner = asked.this
        asked.replace(exp.Literal.string(_said(inner)) if isinstance(inner, exp.Collate) else exp.null())
    for node in list(root.find_all(exp.Collate)):
        keys = [word for word in _said(node).lower().split("-") if word in _KEYS]
        place = _comparison(node)
        value = node.this
        node.replace(value)
        if place is not None:
            for operand in _operands(place):
                _wrap(operand, keys)


def _said(node: Any) -> str:
    return str(node.expression.name)


def _comparison(node: exp.Expr) -> Any:
    """What compares a collated value; None when nothing does."""
    place = node.parent
    while isinstance(place, exp.Paren):
        place = place.parent
    if isinstance(place, exp.If) and isinstance(place.parent, exp.Case) and place.parent.this is not None:
        return place.parent if place.this is node else None
    if isinstance(place, exp.Case):
        return place if place.this is node else None
    named = isinstance(place, exp.Anonymous) and str(place.this).upper() in _NAMED
    return place if named or isinstance(place, _COMPARED) else None


def _operands(place: Any) -> list[Any]:
    if isinstance(place, exp.Case):
        return [place.this, *(item.this for item in place.args.get("ifs", []))]
    if isinstance(place, exp.Ordered):
        return [place.this]
    if isinstance(place, exp.Anonymous):
        return list(place.expressions[:2])
    names = ("this", "expression", "low", "high", "substr")
    return [*(place.args[name] for name in names if place.args.get(name) is not None), *place.expressions]


def _wrap(operand: Any, keys: list[str]) -> None:
    place = exp.Var(this="collated")  # it keeps the operand's place while the operand goes into its key
    operand.replace(place)
    made = operand
    for key in keys:
        made = exp.Anonymous(this=_KEYS[key], expressions=[made])
    place.replace(made)


deviates(
    "collations",
    "COLLATE on an expression decides how it is compared (ci, ai, upper, lower, trim), not a language's order; "
    "GROUP BY, DISTINCT, MIN and MAX take no notice of it. COLLATE on a column is refused.",
)
