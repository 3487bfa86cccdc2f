"""Arithmetic by Snowflake's rules: division, averages, shares, hashes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate import results
from airflow_provider_spcs.emulator.engine.translate.functions.build import function, sql
from airflow_provider_spcs.emulator.engine.translate.functions.semistructured import empty_for_none
from airflow_provider_spcs.emulator.engine.types import Declared
from airflow_provider_spcs.emulator.errors import invalid_value

_DIGITS = 38


def exact(kinds: Any, node: exp.Expr) -> exp.Expr:
    """A result that is a number on Snowflake and a float in DuckDB: quotients, means, variances, medians.

    Source: Snowflake's documentation, "Arithmetic operators": scale of a division; examples of the functions.
    """
    if isinstance(node, exp.Window | exp.WithinGroup | exp.Filter):
        return _wrapped(kinds, node)
    made: exp.Expr = node
    if isinstance(node, exp.Div):
        plain = isinstance(node.expression, exp.Literal) and float(node.expression.this or 0) != 0
        made = node if plain else function("sf_divide", node.this, node.expression)
    elif isinstance(node, _DEVIATIONS):
        return _deviation(kinds, node)
    elif not isinstance(node, _INEXACT):
        return node
    kind = kinds.of(node)
    if isinstance(node.parent, exp.Window | exp.WithinGroup | exp.Filter | exp.Order):
        return made  # the whole call is cast, by its own turn
    return _scaled(made, kind)


def _scaled(made: exp.Expr, kind: Declared | None) -> exp.Expr:
    if kind is None or kind.name != "NUMBER":
        return made
    cast = exp.Cast(this=made.copy(), to=exp.DataType.build(f"DECIMAL(38, {kind.second or 0})"))
    cast.meta["declared"] = Declared("NUMBER", kind.first, kind.second or 0)
    return cast


_DEVIATIONS = (exp.Stddev, exp.StddevSamp, exp.StddevPop)


def _deviation(kinds: Any, node: Any) -> exp.Expr:
    """The root of the variance, which of numbers is a number: STDDEV of 1, 1 and 3 is the root of 1.333333.

    Source: examples of STDDEV in the reference of Snowpark for Python.
    """
    kind = results.mean(kinds.of(node.this))
    if kind is None or kind.name != "NUMBER":
        kept: exp.Expr = node
        return kept
    made: exp.Expr = (exp.VariancePop if isinstance(node, exp.StddevPop) else exp.Variance)(this=node.this)
    if isinstance(node.parent, exp.Window | exp.Filter):
        made.meta["deviation"] = kind
        return made
    return function("sqrt", _scaled(made, kind))


_INEXACT = (exp.Avg, exp.Median, exp.Variance, exp.VariancePop, exp.Kurtosis)
_WITHIN = (*_INEXACT, exp.PercentileCont)


def _wrapped(kinds: Any, node: exp.Expr) -> exp.Expr:
    """``AVG(x) OVER (...)``, ``PERCENTILE_CONT(p) WITHIN GROUP (...)``: the number of the function inside."""
    inner: Any = node.this
    while isinstance(inner, exp.WithinGroup | exp.Filter | exp.IgnoreNulls | exp.RespectNulls | exp.Order):
        inner = inner.this
    if not isinstance(inner, _WITHIN) or isinstance(node.parent, exp.Window | exp.Filter):
        return node
    if inner.meta.get("deviation") is not None:
        return function("sqrt", _scaled(node, inner.meta["deviation"]))
    kind = kinds.of(inner)
    if isinstance(inner, exp.Avg) and results.sliding(inner) and kind is not None and kind.name == "NUMBER":
        factor = 10 ** (kind.second or 0)
        return _scaled(
            sql(f"trunc(round({node.sql('duckdb')} * {factor}, 6)) / {factor}"), kind
        )  # a moving mean is cut off
    return _scaled(node, kind)


def _places(node: Any) -> exp.Expr:
    """ROUND and TRUNC to a computed number of places, which DuckDB takes for floats only."""
    named = isinstance(node, exp.Anonymous)  # TRUNC of what may be a date keeps its name
    source, wanted = [*node.expressions, None][:2] if named else (node.this, node.args.get("decimals"))
    if wanted is None or wanted.find(exp.Column) is None:
        kept: exp.Expr = node
        return kept
    factor = f"power(10, {wanted.sql('duckdb')})"
    name = "round" if isinstance(node, exp.Round) else "trunc"
    return _scaled(sql(f"{name}({source.sql('duckdb')} * {factor}) / {factor}"), source.meta.get("kind"))


def _power(node: exp.Literal) -> exp.Expr:
    """``1e3`` is the whole number 1000, not a float, where a number has room for its digits.

    Source: Snowflake's documentation of SYSTEM$TYPEOF: ``1e10`` is NUMBER(11,0).
    """
    if node.is_string or "e" not in node.this.lower():
        return node
    plain = format(Decimal(node.this), "f")
    return exp.Literal.number(plain) if len(plain.replace(".", "")) <= _DIGITS else node


def _counted(node: Any) -> exp.Expr:
    """COUNT of several expressions counts the rows in which none is NULL; JSON's null is none of a VARIANT's values.

    Source: Snowflake's documentation of COUNT, "Usage notes".
    """
    kind = node.this.meta.get("kind")
    distinct = isinstance(node.this, exp.Distinct)
    several = node.expressions or (distinct and len(node.this.expressions) > 1)
    if not several and kind is not None and kind.name == "VARIANT":
        counted = node.this.expressions[0] if distinct else node.this
        value = f"nullif(CAST({counted.sql('duckdb')} AS JSON), CAST('null' AS JSON))"
        return sql(f"count({'DISTINCT ' if distinct else ''}{value})")
    if not node.expressions:
        kept: exp.Expr = node
        return kept
    known = " AND ".join(f"({item.sql('duckdb')}) IS NOT NULL" for item in (node.this, *node.expressions))
    return sql(f"count(CASE WHEN {known} THEN 1 END)")


def _bits(node: Any) -> exp.Expr:
    """BITAND_AGG and the like round numbers and read texts."""
    kind = node.this.meta.get("kind")
    if kind is not None and not kind.integer:
        node.set("this", sql(f"CAST({node.this.sql('duckdb')} AS BIGINT)"))
    kept: exp.Expr = node
    return kept


def _modulo(node: exp.Expr) -> exp.Expr:
    if isinstance(node.expression, exp.Literal):
        return node
    return function("sf_modulo", node.this, node.expression)


def _hash(node: exp.Expr) -> exp.Expr:
    if node.meta.get("duckdb"):
        return node
    items = ", ".join(item.sql("duckdb") for item in node.expressions)
    return sql(f"CAST(CAST(hash({items}) AS HUGEINT) - 9223372036854775808 AS BIGINT)")


def _hash_agg(node: exp.Expr) -> exp.Expr:
    """One number for all rows, whatever their order; 0 for none."""
    inner = node.expressions[0] if node.expressions else exp.null()
    distinct = isinstance(inner, exp.Distinct)
    items = ", ".join(item.sql("duckdb") for item in (inner.expressions if distinct else node.expressions))
    hashed = f"{'DISTINCT ' if distinct else ''}CAST(hash({items}) % 1000000007 AS HUGEINT)"
    return sql(f"CAST(coalesce(sum({hashed}), 0) AS BIGINT)")


def _ratio(node: exp.Expr) -> exp.Expr:
    window = node.parent
    inner = node.expressions[0].sql("duckdb")
    if not isinstance(window, exp.Window):
        return node
    node.meta["ratio"] = inner
    return node


def _window(node: exp.Expr) -> exp.Expr:
    changes = node.this.meta.get("changes") if isinstance(node.this, exp.Expr) else None
    if changes is not None:
        listed = node.copy()
        listed.set("this", sql(f"list({changes})"))
        return function("sf_changes", listed)
    inner = node.this.meta.get("ratio") if isinstance(node.this, exp.Expr) else None
    if inner is None:
        return empty_for_none(node)
    total = node.copy()
    total.set("this", sql(f"sum({inner})"))
    return _scaled(sql(f"(CAST({inner} AS DOUBLE) / nullif({total.sql('duckdb')}, 0))"), node.meta.get("kind"))


def _extreme(node: Any) -> exp.Expr:
    """GREATEST and LEAST of what is never NULL need no look for NULLs, which would draw random values twice."""
    if all(_certain(item) for item in (node.this, *node.expressions)):
        node.set("ignore_nulls", True)
    kept: exp.Expr = node
    return kept


_DRAWN = {"sf_normal", "sf_uniform_int", "random"}


def _certain(node: Any) -> bool:
    if isinstance(node, exp.Literal | exp.Rand):
        return True
    if isinstance(node, exp.Round | exp.Floor | exp.Ceil | exp.Neg | exp.Paren | exp.Cast):
        return not isinstance(node, exp.TryCast) and _certain(node.this)
    return isinstance(node, exp.Anonymous) and node.this in _DRAWN and all(map(_certain, node.expressions))


def _sample(node: exp.Expr) -> exp.Expr:
    """A sample of so many rows, or per cent of them.

    Source: "SAMPLE / TABLESAMPLE": a probability of 0 to 100, or 0 to 1000000 rows.
    """
    for part, most in (("percent", 100), ("size", 1_000_000)):
        given = node.args.get(part)
        if isinstance(given, exp.Literal) and not given.is_string and Decimal(given.this) > most:
            raise invalid_value(given.this, "SAMPLE", f"A number from 0 to {most}.")
    if node.args.get("size") is not None:
        node.set("method", None)  # a number of rows: DuckDB has one method for that
    elif (method := node.args.get("method")) is not None and method.name.upper() == "BLOCK":
        method.set("this", "SYSTEM")
    return node


def _checked(name: str) -> Callable[[Any], exp.Expr]:
    """A function of floats that errs where it has no value.

    Source: tests of Snowpark for Python: "Invalid floating point operation: sqrt(-1)".
    """
    return lambda node: function(name, exp.cast(node.this.copy(), "DOUBLE"))


CLASSES: dict[type, Callable[[Any], exp.Expr]] = {
    exp.Literal: _power,
    exp.Cbrt: _checked("sf_cbrt"),
    exp.Sqrt: _checked("sf_sqrt"),
    exp.Ln: _checked("sf_ln"),
    exp.Acos: _checked("sf_acos"),
    exp.Asin: _checked("sf_asin"),
    exp.Count: _counted,
    **dict.fromkeys([exp.BitwiseAndAgg, exp.BitwiseOrAgg, exp.BitwiseXorAgg], _bits),
    exp.Mod: _modulo,
    exp.Greatest: _extreme,
    exp.Least: _extreme,
    exp.Round: _places,
    exp.Trunc: _places,
    exp.TableSample: _sample,
    exp.Window: _window,
}
NAMES: dict[str, Callable[[Any], exp.Expr]] = {
    "HASH": _hash,
    "HASH_AGG": _hash_agg,
    "RATIO_TO_REPORT": _ratio,
    "TRUNC": _places,
}
