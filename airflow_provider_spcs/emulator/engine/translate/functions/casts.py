"""Casts between types, by Snowflake's rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

_TEXT = exp.DataType.TEXT_TYPES
_STRUCTURED = {exp.DType.VARIANT, exp.DType.OBJECT, exp.DType.ARRAY, exp.DType.STRUCT, exp.DType.MAP}


def _cast(node: Any) -> exp.Expression:
    kind, inner = node.to, node.this
    if kind.this in _TEXT:
        return _to_text(node, kind, inner)
    if kind.this in _STRUCTURED:
        return _structured(kind, inner)
    if kind.this in {exp.DType.TIMESTAMP, exp.DType.TIMESTAMPNTZ, exp.DType.DATETIME}:
        node.set("to", exp.DataType.build("TIMESTAMP"))
        return _from_variant(node)
    if kind.this in {exp.DType.TIMESTAMPLTZ, exp.DType.TIMESTAMPTZ}:
        node.set("to", exp.DataType.build("TIMESTAMPTZ"))
        return _from_variant(node)
    if kind.this in {exp.DType.TIME, exp.DType.BINARY, exp.DType.VARBINARY}:
        node.set("to", exp.DataType.build("TIME" if kind.this is exp.DType.TIME else "BLOB", dialect="duckdb"))
        if kind.this is not exp.DType.TIME and isinstance(inner, exp.Literal):
            return exp.Anonymous(this="unhex", expressions=[inner])
        return _from_variant(node)
    if kind.this in {exp.DType.FLOAT, exp.DType.DOUBLE}:
        node.set("to", exp.DataType.build("DOUBLE"))
        return _from_variant(node)
    if kind.this is exp.DType.DECIMAL or kind.this in exp.DataType.INTEGER_TYPES:
        return _number(node, kind)
    return _from_variant(node)


def _number(node: Any, kind: Any) -> exp.Expression:
    sizes = [int(item.name) for item in kind.expressions]
    if kind.this is not exp.DType.DECIMAL or not sizes or (len(sizes) == 1 or sizes[1] == 0):
        digits = sizes[0] if sizes else 38
        integers = kind.this is not exp.DType.DECIMAL or digits <= 18
        node.set("to", exp.DataType.build("BIGINT" if integers else "HUGEINT", dialect="duckdb"))
    return _from_variant(node)


def _from_variant(node: Any) -> exp.Expression:
    # JSON null casts to SQL NULL in DuckDB, and JSON text to numbers and times, as VARIANT does.
    return node


def _to_text(node: Any, kind: Any, inner: Any) -> exp.Expression:
    if isinstance(inner, exp.Literal) and inner.is_string:
        text: exp.Expression = exp.cast(inner, "TEXT")
    elif isinstance(inner, exp.Null):
        text = exp.cast(exp.null(), "TEXT")
    else:
        text = exp.Anonymous(this="sf_text", expressions=[inner])
    if kind.expressions and not isinstance(node, exp.TryCast):
        return text
    return text


def _structured(kind: Any, inner: Any) -> exp.Expression:
    if kind.this is exp.DType.ARRAY:
        return exp.Anonymous(this="sf_to_array", expressions=[inner])
    if isinstance(inner, exp.Null):
        return exp.cast(inner, "JSON")
    return exp.Anonymous(this="sf_variant", expressions=[inner])


CLASSES: dict[type, Callable[[Any], exp.Expression]] = {exp.Cast: _cast, exp.TryCast: _cast}
NAMES: dict[str, Callable[[Any], exp.Expression]] = {}
