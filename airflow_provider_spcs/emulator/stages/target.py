"""The table a COPY writes to: its columns, their types, and which of them come from where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.names import written

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.names import Name

_MISSING = 2003
_SEMI_STRUCTURED = ("VARIANT", "OBJECT", "ARRAY")


@dataclass(frozen=True)
class TargetColumn:
    """One column of the table.

    Args:
        name: As stored.
        type: Snowflake's type, for example ``NUMBER(38,0)``.
        nullable: Whether it takes NULL.
        position: From 1, among the columns that are loaded.
    """

    name: str
    type: str
    nullable: bool
    position: int

    @property
    def semi_structured(self) -> bool:
        """Whether it holds VARIANT, OBJECT or ARRAY values."""
        return self.type.startswith(_SEMI_STRUCTURED)

    @property
    def length(self) -> int | None:
        """Most characters it takes; None when there is no limit worth checking."""
        if not self.type.startswith("VARCHAR("):
            return None
        length = int(self.type[8:-1])
        return length if length < 16_777_216 else None


def columns_of(session: Session, table: Name, chosen: list[str] | None) -> list[TargetColumn]:
    """The columns to load, in the order of the statement's list, else of the table.

    Raises:
        SnowflakeError: 2003 when the table is missing, 904 for a column that it does not have.
    """
    try:
        described = {str(row[0]): row for row in session.rows(f"DESCRIBE TABLE {table}")}
    except SnowflakeError as error:
        if error.errno != _MISSING:
            raise
        # Source: snowflake-snowpark-python, Session.write_pandas, which goes by how this message ends.
        raise SnowflakeError(f"SQL compilation error:\nTable '{table}' does not exist", _MISSING, "42S02") from error
    names = list(described) if chosen is None else chosen
    for name in names:
        if name not in described:
            raise SnowflakeError(
                f"SQL compilation error: error line 1 at position 0\ninvalid identifier '{written(name)}'", 904, "42000"
            )
    return [
        TargetColumn(name, str(described[name][1]), str(described[name][3]).upper() != "N", position)
        for position, name in enumerate(names, 1)
    ]
