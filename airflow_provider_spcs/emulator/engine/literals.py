"""Python values as literals in a syntax tree, and a constant expression's tree back as a value."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlglot import exp


def literal(value: Any) -> exp.Expr:  # noqa: PLR0911 - one return a type
    """The tree of a value, typed so that DuckDB sees what Snowflake would.

    Raises:
        TypeError: The value has no SQL form.
    """
    if value is None:
        return exp.null()
    if isinstance(value, bool):
        return exp.Boolean(this=value)
    if isinstance(value, int | Decimal):
        number = exp.Literal.number(format(abs(value), "f") if isinstance(value, Decimal) else abs(value))
        return exp.Neg(this=number) if value < 0 else number
    if isinstance(value, float):
        return exp.cast(exp.Literal.string(repr(value)), "DOUBLE")
    if isinstance(value, bytes | bytearray):
        return exp.func("FROM_HEX", exp.Literal.string(value.hex()), dialect="duckdb")
    if isinstance(value, datetime):
        kind = "TIMESTAMPTZ" if value.tzinfo else "TIMESTAMP"
        return exp.Cast(this=exp.Literal.string(value.isoformat(sep=" ")), to=exp.DataType.build(kind))
    if isinstance(value, date):
        return exp.cast(exp.Literal.string(value.isoformat()), "DATE")
    if isinstance(value, time):
        return exp.cast(exp.Literal.string(value.isoformat()), "TIME")
    if isinstance(value, str):
        return exp.Literal.string(value)
    raise TypeError(f"a {type(value).__name__} cannot be bound")


def sql_text(value: Any) -> str:
    """The value as DuckDB SQL text."""
    return str(literal(value).sql("duckdb"))
