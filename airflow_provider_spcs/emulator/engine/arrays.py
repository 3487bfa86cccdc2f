"""Array binding: many rows for one INSERT ... VALUES at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.result import Result

_VALUES = re.compile(
    r"\A(\s*INSERT\s+INTO\s+.*?\bVALUES\s*)(\(\s*\?\s*(?:,\s*\?\s*)*\))\s*;?\s*\Z", re.IGNORECASE | re.DOTALL
)
_AT_ONCE = 2000


def bound_insert(session: Session, sql: str, rows: Sequence[Sequence[object]]) -> Result | None:
    """Insert all rows by few statements in one transaction; None when the statement is not that simple."""
    found = _VALUES.match(sql)
    if found is None or not rows:
        return None
    transaction = session.transaction
    alone = not transaction.begun and transaction.autocommit
    if alone:
        transaction.begin()
    total = 0
    try:
        for first in range(0, len(rows), _AT_ONCE):
            part = rows[first : first + _AT_ONCE]
            text = found[1] + ", ".join([found[2]] * len(part))
            result = session.execute(text, [value for row in part for value in row])
            total += int(str(result.rows[0][0])) if result.rows else 0
        if alone:
            transaction.commit()
    except BaseException:
        if alone:
            transaction.rollback()
        raise
    result.rows = [(total,)]
    return result
