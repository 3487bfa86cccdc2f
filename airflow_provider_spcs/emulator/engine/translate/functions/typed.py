"""SYSTEM$TYPEOF: the type of an expression and how it is stored."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

_BYTES = [(2, 1), (4, 2), (9, 4), (18, 8)]
_STORED = {"FLOAT": "DOUBLE", "BOOLEAN": "SB1", "DATE": "SB4", "TIME": "SB8"}
_LARGE = {"VARCHAR", "BINARY", "VARIANT", "OBJECT", "ARRAY"}


def name_of(kinds: Any, node: exp.Anonymous) -> exp.Expr:
    """The text as a literal, by what the tree and the tables say.

    Source: Snowflake's documentation of SYSTEM$TYPEOF.
    """
    inner = node.expressions[0]
    if isinstance(inner, exp.Null):
        return exp.Literal.string("NULL[LOB]")
    kind = kinds.of(inner)
    if kind is None:
        return exp.Literal.string("VARIANT[LOB]")
    stored = _STORED.get(kind.name, "SB16")
    if kind.name in _LARGE:
        stored = "LOB"
    elif kind.name == "NUMBER":
        stored = next((f"SB{size}" for digits, size in _BYTES if (kind.first or 38) <= digits), "SB16")
    return exp.Literal.string(f"{kind}[{stored}]")
