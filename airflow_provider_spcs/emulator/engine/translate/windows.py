"""Where window functions may stand, and which of them need an order.

Source: Snowflake's documentation, "Window function syntax and usage", and the pages of the functions.
"""

from __future__ import annotations

from sqlglot import exp

from airflow_provider_spcs.emulator.errors import SnowflakeError

_ORDERED = {
    "CONDITIONAL_TRUE_EVENT", "CUME_DIST", "DENSE_RANK", "FIRST_VALUE", "LAG", "LAST_VALUE", "LEAD", "NTH_VALUE",
    "NTILE", "PERCENT_RANK", "RANK", "ROW_NUMBER",
}  # fmt: skip


def check(root: exp.Expr) -> None:
    """Refuse what Snowflake refuses of the windows of a tree as it was written.

    Raises:
        SnowflakeError: 1003 for a window in WHERE, GROUP BY or ON, or without the order that its function needs.
    """
    for window in root.find_all(exp.Window):
        clause = window.find_ancestor(exp.Where, exp.Group, exp.Select)
        if isinstance(clause, exp.Where | exp.Group):
            shown = window.sql("snowflake").upper()
            raise SnowflakeError(
                f"SQL compilation error:\nWindow function [{shown}] appears outside of SELECT, QUALIFY, and ORDER BY "
                "clauses."
            )
        name = _name(window)
        if name in _ORDERED and window.args.get("order") is None and not window.args.get("alias"):
            raise SnowflakeError(
                f"SQL compilation error:\nWindow function type [{name}] requires ORDER BY in window specification."
            )


def _name(window: exp.Window) -> str:
    inner = window.this
    while isinstance(inner, exp.IgnoreNulls | exp.RespectNulls):
        inner = inner.this
    if isinstance(inner, exp.Anonymous):
        return str(inner.this).upper()
    return str(inner.sql_name()) if isinstance(inner, exp.Func) else ""
