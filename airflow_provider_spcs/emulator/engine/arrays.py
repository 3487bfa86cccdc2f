"""Array binding: many rows for one INSERT ... VALUES at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlglot import exp, parse_one

from airflow_provider_spcs.emulator.engine import bound_rows, dml, fitting, translate

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.result import Result

_VALUES = re.compile(
    r"\A\s*INSERT\s+INTO\s+.*?\bVALUES\s*\(\s*\?\s*(?:,\s*\?\s*)*\)\s*;?\s*\Z", re.IGNORECASE | re.DOTALL
)
_BOUND = "SF_BOUND_ROWS"


def bound_insert(session: Session, sql: str, rows: Sequence[Sequence[object]]) -> Result | None:
    """Insert all rows by one statement; None when the statement is not that simple."""
    if not rows or _VALUES.match(sql) is None:
        return None
    translation = translate.text(session, sql, rows[0])
    tree = translation.tree
    if not isinstance(tree, exp.Insert):
        return None
    target = dml.target_of(tree)
    columns = dml.columns_of(session, target)
    kinds = [kind for _, kind in fitting.targets(tree, columns)]
    if len(kinds) != len(rows[0]):
        return None  # the statement fails for the user as it does with one row
    table = bound_rows.arrow(rows, kinds, str(session.parameters["TIMEZONE"]))
    cells = ", ".join(fitting.bound(f"C{index}", kind) for index, kind in enumerate(kinds))
    tree.set("expression", parse_one(f"SELECT {cells} FROM {_BOUND}", dialect="duckdb"))
    text = translate.generate(tree)

    def work(cursor: Any) -> int:
        cursor.register(_BOUND, table)
        count = int(cursor.execute(text).fetchone()[0])
        cursor.unregister(_BOUND)
        return count

    return dml.counted(tree, session.transaction.write([], work, translation.names))
