"""SYS_CONNECT_BY_PATH: the values on the way from a hierarchy's first row, each behind the separator.

sqlglot writes CONNECT BY as a recursive query, and carries the first row's values through it; a path is carried alike,
and grows by each row.
Source: Snowflake's documentation, "CONNECT BY".
"""

from __future__ import annotations

from typing import Any

from sqlglot import exp
from sqlglot.generators.duckdb import connect_by_to_recursive_cte

from airflow_provider_spcs.emulator.engine.translate.functions.build import function
from airflow_provider_spcs.emulator.errors import SnowflakeError

_NAME = "SYS_CONNECT_BY_PATH"


def settle(root: exp.Expr) -> None:
    """Write every hierarchy whose paths are asked for as a recursive query.

    Raises:
        SnowflakeError: A path without CONNECT BY, or not of a value and a separator.
    """
    for select in list(root.find_all(exp.Select)):
        if select.args.get("connect") is not None and any(_path(node) for node in select.find_all(exp.Anonymous)):
            select.replace(_recursive(select))
    for node in root.find_all(exp.Anonymous):
        if _path(node):
            raise SnowflakeError(f"SQL compilation error:\n{_NAME} needs a query with CONNECT BY PRIOR.", 1003, "42000")


def _path(node: exp.Anonymous) -> bool:
    return str(node.this).upper() == _NAME


def _recursive(select: exp.Select) -> exp.Expr:
    for item in select.expressions:
        for node in list(item.find_all(exp.Anonymous)):
            if _path(node) and len(node.expressions) == 2:
                value, separator = node.expressions
                step = exp.DPipe(this=separator.copy(), expression=function("sf_text", value.copy()))
                step.meta["path"] = True
                node.replace(exp.ConnectByRoot(this=step))
    made: Any = connect_by_to_recursive_cte(select)
    for union in made.find_all(exp.Union):
        for first, following in zip(union.left.expressions, union.right.expressions, strict=False):
            if isinstance(first, exp.Alias) and first.this.meta.get("path"):
                following.set("this", exp.DPipe(this=following.this, expression=_of_child(first.this)))
    found: exp.Expr = made
    return found


def _of_child(step: exp.Expr) -> exp.Expr:
    grown = step.copy()
    for column in grown.find_all(exp.Column):
        column.set("table", exp.to_identifier("_child_row"))
    return exp.Paren(this=grown)
