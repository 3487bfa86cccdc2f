"""Casts between types, by Snowflake's rules."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate.functions.build import is_of, known_type, sql
from airflow_provider_spcs.emulator.engine.translate.functions.variants import variant
from airflow_provider_spcs.emulator.engine.types import INTERVAL, Declared

_LONGEST = 38
_WRITTEN_DATE = re.compile(r"\d{1,2}-[A-Za-z]{3,9}-\d{4}|\d{1,2}/\d{1,2}/\d{4}")
"""Dates that AUTO reads and DuckDB does not."""
_TEXT = exp.DataType.TEXT_TYPES
_STRUCTURED = {exp.DType.VARIANT, exp.DType.OBJECT, exp.DType.ARRAY, exp.DType.STRUCT, exp.DType.MAP}


def _cast(node: exp.Cast) -> exp.Expr:  # noqa: C901, PLR0911, PLR0912 - one branch a type
    if node.meta.get("duckdb"):
        return node
    kind, inner = node.to, node.this
    node.meta["declared"] = _said(kind)
    if kind.this in _TEXT:
        return _shortened(_to_text(inner), node.meta["declared"], attempt=isinstance(node, exp.TryCast))
    if kind.this in _STRUCTURED:
        return _structured(kind, inner)
    if kind.this in {exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.DATETIME}:
        node.set("to", exp.DataType.build("TIMESTAMP"))
        if _number_of_time(inner) or _needs_reading(inner):
            return _read(node, "sf_timestamp")
        return _from_variant(node)
    if kind.this in {exp.DType.TIMESTAMPLTZ, exp.DType.TIMESTAMPTZ}:
        node.set("to", exp.DataType.build("TIMESTAMPTZ"))
        if isinstance(inner, exp.Literal) and inner.is_string:
            inner.set("this", re.sub(r"\s+([+-]\d\d:?\d\d)$", r"\1", inner.this))
        elif _read_as_text(inner):
            made = exp.Anonymous(this="sf_timestamp_tz", expressions=[inner.copy()])
            attempt = exp.Anonymous(this="TRY", expressions=[made])
            inner.replace(attempt if isinstance(node, exp.TryCast) else made)
        return _from_variant(node)
    if kind.this in {exp.DType.TIME, exp.DType.BINARY, exp.DType.VARBINARY}:
        node.set("to", exp.DataType.build("TIME" if kind.this is exp.DType.TIME else "BLOB", dialect="duckdb"))
        if kind.this is not exp.DType.TIME and isinstance(inner, exp.Literal):
            if isinstance(node, exp.TryCast):
                return sql(f"TRY(unhex({inner.sql('duckdb')}))")
            return exp.Anonymous(this="sf_unhex", expressions=[inner])
        if kind.this is not exp.DType.TIME and is_of(inner, "VARIANT"):
            return exp.Anonymous(this="sf_binary", expressions=[inner])
        return _from_variant(node)
    if kind.this is exp.DType.DATE and _needs_reading(inner):
        return _read(node, "sf_date")
    if kind.this in {exp.DType.FLOAT, exp.DType.DOUBLE}:
        node.set("to", exp.DataType.build("DOUBLE"))
        return _from_variant(node)
    if kind.this is exp.DType.DECIMAL or kind.this in exp.DataType.INTEGER_TYPES:
        return _number(node, kind)
    return _from_variant(node)


def _needs_reading(node: Any) -> bool:
    """Whether it is text that DuckDB may not read as a time: no literal in ISO's form."""
    if isinstance(node, exp.Literal):
        return bool(node.is_string) and _WRITTEN_DATE.match(node.this) is not None
    return _read_as_text(node)


def _read(node: exp.Cast, name: str) -> exp.Expr:
    """The cast of what one of our functions reads."""
    made: exp.Expr = exp.Anonymous(this=name, expressions=[node.this.copy()])
    if isinstance(node, exp.TryCast):
        made = exp.Anonymous(this="TRY", expressions=[made])
    cast = exp.Cast(this=made, to=node.to.copy())
    cast.meta.update(node.meta)
    return cast


def _number_of_time(node: Any) -> bool:
    """Whether a value may count seconds since the epoch."""
    return is_of(node, "NUMBER", "VARIANT")


def _read_as_text(node: Any) -> bool:
    """Whether a value is text: by its type, or as a field of a staged file."""
    kind = known_type(node)
    if kind is not None:
        return kind.name == "VARCHAR"
    return isinstance(node, exp.Column) and node.name[:1] == "$" and node.name[1:].isdigit()


def _said(kind: Any) -> Declared | None:
    sizes = [int(item.name) for item in kind.expressions if item.name.isdigit()]
    names = {exp.DType.VARIANT: "VARIANT", exp.DType.OBJECT: "OBJECT", exp.DType.ARRAY: "ARRAY",
             exp.DType.TIMESTAMPTZ: "TIMESTAMP_TZ", exp.DType.TIMESTAMPLTZ: "TIMESTAMP_LTZ"}  # fmt: skip
    if kind.this in names:
        return Declared(names[kind.this])
    if kind.this is exp.DType.DECIMAL and sizes:
        return Declared("NUMBER", sizes[0], sizes[1] if len(sizes) > 1 else 0)
    if kind.this in _TEXT and sizes:
        return Declared("VARCHAR", sizes[0])
    return None


def _number(node: exp.Cast, kind: Any) -> exp.Expr:
    sizes = [int(item.name) for item in kind.expressions]
    if is_of(node.this, INTERVAL):
        node.set("this", sql(f"CAST(epoch_us({node.this.sql('duckdb')}) AS DECIMAL(38, 6)) / 1000000"))
    if kind.this is not exp.DType.DECIMAL or not sizes or (len(sizes) == 1 or sizes[1] == 0):
        digits = sizes[0] if sizes else 38
        integers = kind.this is not exp.DType.DECIMAL or digits <= 18
        node.set("to", exp.DataType.build("BIGINT" if integers else "HUGEINT", dialect="duckdb"))
        if sizes and digits < _LONGEST and not isinstance(node, exp.TryCast):
            fitted = exp.Anonymous(this="sf_fit_number", expressions=[node.copy(), exp.Literal.number(digits)])
            fitted.meta["declared"] = node.meta["declared"]
            return fitted
    return _from_variant(node)


def _from_variant(node: exp.Cast) -> exp.Expr:
    # JSON null casts to SQL NULL in DuckDB, and JSON text to numbers and times, as VARIANT does.
    return node


def _to_text(inner: Any) -> exp.Expr:
    if isinstance(inner, exp.Literal) and inner.is_string:
        text: exp.Expr = exp.cast(inner, "TEXT")
    elif isinstance(inner, exp.Null):
        text = exp.cast(exp.null(), "TEXT")
    elif (chosen := _chosen(inner)) is not None:
        text = chosen
    else:
        text = exp.Anonymous(this="sf_varchar", expressions=[inner])
    return text


def _chosen(inner: Any) -> exp.Expr | None:
    """``ARRAY_CONSTRUCT('a', 'b')[n]::VARCHAR``, as samples are drawn: an element of a list, without JSON between."""
    if not isinstance(inner, exp.Anonymous) or inner.this != "sf_get":
        return None
    source, index = inner.expressions
    kind = index.meta.get("kind")
    known = index.is_type(*exp.DataType.INTEGER_TYPES) or (kind is not None and kind.name == "NUMBER")
    drawn = isinstance(index, exp.Anonymous) and index.this == "sf_uniform_int"
    texts = isinstance(source, exp.Anonymous) and source.this == "json_array" and source.expressions
    if not texts or not (known or drawn) or not all(isinstance(item, exp.Literal) and item.is_string for item in texts):
        return None
    listed = ", ".join(item.sql("duckdb") for item in texts)
    # A negative place has no element on Snowflake; in DuckDB it counts from the end.
    return sql(f"list_extract([{listed}], greatest(CAST({index.sql('duckdb')} AS BIGINT) + 1, 0))")


def _shortened(text: exp.Expr, declared: Declared | None, *, attempt: bool) -> exp.Expr:
    """An explicit cast to VARCHAR(n) keeps the first n characters; TRY_CAST of a longer text is NULL."""
    if declared is None:
        return text
    if attempt:
        text = sql(f"CASE WHEN length({text.sql('duckdb')}) <= {declared.first} THEN {text.sql('duckdb')} END")
    made = exp.Anonymous(this="left", expressions=[text, exp.Literal.number(declared.first)])
    made.meta["declared"] = declared
    return made


def _structured(kind: Any, inner: Any) -> exp.Expr:
    if kind.this is exp.DType.ARRAY:
        return exp.Anonymous(this="sf_to_array", expressions=[inner])
    if isinstance(inner, exp.Null):
        return exp.cast(inner, "JSON")
    if kind.this is exp.DType.OBJECT:
        return exp.Anonymous(this="sf_to_object", expressions=[inner])
    made: exp.Expr = variant(inner)
    return made


CLASSES: dict[type, Callable[[Any], exp.Expr]] = {exp.Cast: _cast, exp.TryCast: _cast}
NAMES: dict[str, Callable[[Any], exp.Expr]] = {}
