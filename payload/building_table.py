"""A table that is filled beside the wanted one, and takes its place when it is whole."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from names import quoted

if TYPE_CHECKING:
    from snowflake.snowpark import Session

_MARK = "__BUILDING_"
#: A name has 255 characters at most, of which the mark and eight digits are ours.
_LONGEST_START = 255 - len(_MARK) - 8


class BuildingTable:
    """One run's own table, so that two runs for the same wanted table do not meet: the last to end is what stays.

    Args:
        session: Where it is.
        wanted: Parts of the name of the table to create or replace.
    """

    def __init__(self, session: Session, wanted: tuple[str, ...]) -> None:
        self._session = session
        self._place, self._start = wanted[:-1], f"{wanted[-1][:_LONGEST_START]}{_MARK}"
        self._wanted = quoted(wanted)
        self.name = f"{self._start}{secrets.token_hex(4).upper()}"
        self.sql = quoted((*self._place, self.name))

    def adopt(self, comment: str) -> bool:
        """Take over what an earlier run has left, if there is such a table with this comment.

        The rename is the claim: should the earlier run be alive after all, its next statement fails.
        """
        place = f" IN SCHEMA {quoted(self._place)}" if self._place else ""
        pattern = self._start.replace("\\", "\\\\").replace("'", "''")
        rows = self._session.sql(f"SHOW TABLES LIKE '{pattern}%'{place}").collect()
        left = [row["name"] for row in rows if row["name"].startswith(self._start) and row["comment"] == comment]
        if not left:
            return False
        self._session.sql(f"ALTER TABLE {quoted((*self._place, max(left)))} RENAME TO {self.sql}").collect()
        return True

    def replace_wanted(self) -> None:
        """Put it in the wanted table's place, in one step: nobody sees a table that is half full."""
        self._session.sql(f"CREATE TABLE IF NOT EXISTS {self._wanted} LIKE {self.sql}").collect()
        self._session.sql(f"ALTER TABLE {self.sql} SWAP WITH {self._wanted}").collect()

    def drop(self) -> None:
        """Remove what stands under its name: the table that was replaced, or what was not finished."""
        self._session.sql(f"DROP TABLE IF EXISTS {self.sql}").collect()
