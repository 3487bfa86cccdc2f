"""Errors as Snowflake reports them: an errno, a sqlstate, a message.

``Source:`` errno and sqlstate as listed in Snowflake's clients; see ``tests/contract/facts.toml``.
"""

from __future__ import annotations

COVERAGE_PAGE = "airflow_provider_spcs/emulator/COVERAGE.md"


class SnowflakeError(Exception):
    """A statement failed in a way that a Snowflake client understands.

    Args:
        message: What the client shows; begins with ``SQL compilation error:`` for errors found before execution.
        errno: Snowflake's number, for example 2003.
        sqlstate: Five characters, for example ``"02000"``.
        line: Line in the statement, from 1; -1 when it is not known.
        position: Column in that line, from 0; -1 when it is not known.
    """

    def __init__(
        self, message: str, errno: int = 1003, sqlstate: str = "42000", *, line: int = -1, position: int = -1
    ) -> None:
        super().__init__(message)
        self.message = message
        self.errno = errno
        self.sqlstate = sqlstate
        self.line = line
        self.position = position

    @property
    def code(self) -> str:
        """The errno as the wire carries it: six digits."""
        return f"{self.errno:06d}"


def does_not_exist(kind: str, name: object, sqlstate: str = "02000") -> SnowflakeError:
    """An object is missing, or hidden from the role (2003). Tables and views use sqlstate 42S02."""
    kind = kind.title() if kind.isupper() else kind
    return SnowflakeError(f"SQL compilation error:\n{kind} '{name}' does not exist or not authorized.", 2003, sqlstate)


def scope_missing() -> SnowflakeError:
    """The database or schema in which SHOW is to look is missing (2043).

    Source: dbt-snowflake, impl.py, which takes this number for a schema that is still to be made.
    """
    message = "SQL compilation error:\nObject does not exist, or operation cannot be performed."
    return SnowflakeError(message, 2043, "02000")


def already_exists(name: object) -> SnowflakeError:
    """An object of that name is there already (2002)."""
    return SnowflakeError(f"SQL compilation error:\nObject '{name}' already exists.", 2002, "42710")


def wrong_type(found: str, wanted: str) -> SnowflakeError:
    """An object of the name exists, but of another type than the statement is for (2203)."""
    return SnowflakeError(
        f"SQL compilation error:\nObject found is of type '{found}', specified type '{wanted}' is not appropriate "
        "for this operation.",
        2203,
        "42601",
    )


def syntax_error(unexpected: str, line: int = 1, position: int = 0) -> SnowflakeError:
    """The statement cannot be parsed (1003)."""
    return SnowflakeError(
        f"SQL compilation error:\nsyntax error line {line} at position {position} unexpected '{unexpected}'.",
        1003,
        "42000",
        line=line,
        position=position,
    )


def unsupported(what: str) -> SnowflakeError:
    """The emulator does not do this; Snowflake may (2, sqlstate 0A000)."""
    return SnowflakeError(
        f"Unsupported feature '{what}'. The emulator refuses it rather than guess; what it does is listed in "
        f"{COVERAGE_PAGE}.",
        2,
        "0A000",
    )


def invalid_value(value: object, what: str, rule: str) -> SnowflakeError:
    """A property has a value outside its rule (1008)."""
    return SnowflakeError(
        f"SQL compilation error:\ninvalid value [{value}] for parameter '{what}'. {rule}", 1008, "22023"
    )


def no_current(kind: str) -> SnowflakeError:
    """The session has no current database (90105) or schema (90106) and the statement needs one."""
    errno = 90105 if kind == "database" else 90106
    return SnowflakeError(
        f"Cannot perform operation. This session does not have a current {kind}. Call 'USE {kind.upper()}', "
        "or use a qualified name.",
        errno,
        "22000",
    )
