"""A file's value as a table column's type, by the file format's date, time and binary formats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlglot import exp

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.stages.copy_clauses import Copy
    from airflow_provider_spcs.emulator.stages.formats import FileFormat
    from airflow_provider_spcs.emulator.stages.target import TargetColumn

Node = Any
"""A tree of sqlglot, whose base class changed its name inside the supported range of versions."""

_FORMATTED = {
    "DATE": ("TO_DATE", "DATE_FORMAT"),
    "TIME": ("TO_TIME", "TIME_FORMAT"),
    "TIMESTAMP_NTZ": ("TO_TIMESTAMP_NTZ", "TIMESTAMP_FORMAT"),
    "TIMESTAMP_LTZ": ("TO_TIMESTAMP_LTZ", "TIMESTAMP_FORMAT"),
    "TIMESTAMP_TZ": ("TO_TIMESTAMP_TZ", "TIMESTAMP_FORMAT"),
    "BINARY": ("TO_BINARY", "BINARY_FORMAT"),
}


def fitted(expression: Node, column: TargetColumn, copy: Copy, shape: FileFormat) -> Node:
    """The expression as the column's type; cut to its length when the statement asks for that."""
    if column.length and cuts(copy):
        expression = exp.func("LEFT", exp.cast(expression.copy(), "VARCHAR"), exp.Literal.number(column.length))
    return converted(expression, column.type, shape)


def cuts(copy: Copy) -> bool:
    """Whether text that is too long is cut instead of refused."""
    return copy.flag("TRUNCATECOLUMNS") or not copy.flag("ENFORCE_LENGTH", True)


def converted(expression: Node, to: str, shape: FileFormat, *, tried: bool = False) -> Node:
    """The expression as a type.

    Args:
        expression: A value of the file.
        to: A Snowflake type.
        shape: The file's format, whose DATE_FORMAT and the like count when they are not AUTO.
        tried: Whether what cannot be converted becomes NULL instead of an error.
    """
    function, option = _FORMATTED.get(to.partition("(")[0].upper(), ("", ""))
    wanted = str(shape.get(option, "AUTO")) if function and shape.type == "CSV" else "AUTO"
    if wanted.upper() != "AUTO" and not (option == "BINARY_FORMAT" and not shape.given.get(option)):
        name = f"TRY_{function}" if tried else function
        call: Node = exp.maybe_parse(f"{name}(X, {exp.Literal.string(wanted).sql('snowflake')})", dialect="snowflake")
        for place in call.find_all(exp.Column):
            place.replace(expression.copy())
        return call
    return cast(expression, to, tried=tried)


def cast(expression: Node, to: str, *, tried: bool = False) -> Node:
    """``CAST(expression AS to)`` or ``TRY_CAST``."""
    kind = exp.TryCast if tried else exp.Cast
    return kind(this=expression.copy(), to=exp.DataType.build(to, dialect="snowflake"))
