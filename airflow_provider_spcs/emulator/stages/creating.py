"""The head of CREATE statements: which words may stand before the kind of object, and what they ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist
from airflow_provider_spcs.emulator.names import Name

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_REPLACE = ("", "OR REPLACE ")
_SCOPES = ("", "TEMPORARY ", "TEMP ", "SCOPED TEMPORARY ", "SCOPED TEMP ", "VOLATILE ")


def prefixes(kind: str, *, temporary: bool = True) -> list[str]:
    """Every way to begin CREATE for a kind of object."""
    scopes = _SCOPES if temporary else ("",)
    return [f"CREATE {replace}{scope}{kind}" for replace in _REPLACE for scope in scopes]


@dataclass(frozen=True)
class Creation:
    """What a CREATE asks for: the name, and what to do when it is taken."""

    name: Name
    replace: bool
    temporary: bool
    if_not_exists: bool

    @classmethod
    def read(cls, session: Session, statement: Statement) -> Creation:
        """Read ``[IF NOT EXISTS] name``; the words before it are behind the cursor.

        Raises:
            SnowflakeError: 2003 when the schema does not exist; 1003 for OR REPLACE with IF NOT EXISTS.
        """
        words = {statement.tokens[index].text.upper() for index in range(statement.at)}
        if_not_exists = statement.accept("IF", "NOT", "EXISTS")
        name = session.qualify(statement.name())
        if if_not_exists and "REPLACE" in words:
            raise SnowflakeError(
                "SQL compilation error:\noptions IF NOT EXISTS and OR REPLACE are incompatible.", 1003, "42000"
            )
        if session.account.objects.find("SCHEMA", Name(name.database, "", name.schema)) is None:
            raise does_not_exist("SCHEMA", Name(name.database, name.schema, ""))
        return cls(name, "REPLACE" in words, bool(words & {"TEMPORARY", "TEMP", "VOLATILE"}), if_not_exists)
