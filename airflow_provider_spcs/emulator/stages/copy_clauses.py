"""COPY INTO a table as a statement: target, source, options."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, invalid_value, syntax_error, unsupported
from airflow_provider_spcs.emulator.names import Name, quoted
from airflow_provider_spcs.emulator.stages.moving import Places
from airflow_provider_spcs.emulator.stages.options import Options, boolean, read

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_BOOLEANS = {"PURGE", "FORCE", "RETURN_FAILED_ONLY", "ENFORCE_LENGTH", "TRUNCATECOLUMNS", "LOAD_UNCERTAIN_FILES"}
OPTIONS = _BOOLEANS | {
    "FILE_FORMAT",
    "FILES",
    "PATTERN",
    "ON_ERROR",
    "SIZE_LIMIT",
    "MATCH_BY_COLUMN_NAME",
    "VALIDATION_MODE",
    "INCLUDE_METADATA",
    "FILE_PROCESSOR",
    "LOAD_MODE",
    "CLUSTER_AT_INGEST_TIME",
}
_VALIDATION = re.compile(r"RETURN_(?:(\d+)_ROWS|ERRORS|ALL_ERRORS)\Z")
_ON_ERROR = re.compile(r"CONTINUE|ABORT_STATEMENT|SKIP_FILE(?:_(\d+)(%)?)?\Z")


@dataclass
class Copy:
    """What a COPY INTO table asks for.

    Args:
        table: The target.
        columns: The target's columns as listed; None for all.
        place: The stage reference that is read.
        query: The transforming SELECT as written; None to load the files as they are.
        binds: Values of the placeholders in ``query``.
        options: The options after the source.
    """

    table: Name
    columns: list[str] | None
    place: str
    query: str | None
    binds: list[Any]
    options: Options = field(default_factory=dict)

    @property
    def on_error(self) -> str:
        """The ON_ERROR option in upper case.

        Raises:
            SnowflakeError: 1008 when it is none of Snowflake's.
        """
        value = str(self.options.get("ON_ERROR", "ABORT_STATEMENT")).upper()
        if not _ON_ERROR.match(value):
            raise invalid_value(
                value, "ON_ERROR", "CONTINUE, SKIP_FILE, SKIP_FILE_<n>, SKIP_FILE_<n>% or ABORT_STATEMENT."
            )
        return value

    @property
    def validation(self) -> str:
        """The VALIDATION_MODE in upper case; empty when the files are to be loaded."""
        return str(self.options.get("VALIDATION_MODE", "")).upper()

    @property
    def validated_rows(self) -> int | None:
        """The number of rows that the VALIDATION_MODE returns; None when it returns errors."""
        found = _VALIDATION.match(self.validation)
        return int(found[1]) if found and found[1] else None

    def flag(self, name: str, default: bool = False) -> bool:
        """An option that is TRUE or FALSE."""
        return boolean(self.options, name, default)

    def allows(self, errors: int, rows: int) -> bool:
        """Whether a file with so many bad rows is loaded without them."""
        found = _ON_ERROR.match(self.on_error)
        if errors == 0 or self.on_error == "CONTINUE":
            return True
        if found is None or found[1] is None:
            return False
        return errors * 100 < int(found[1]) * rows if found[2] else errors < int(found[1])


def parse(session: Session, statement: Statement) -> Copy:
    """Read the statement after ``COPY INTO``.

    Raises:
        SnowflakeError: 1003 for a syntax error, 2 for what is not emulated.
    """
    table = session.qualify(statement.name())
    columns = _columns(statement)
    query: str | None = None
    binds: list[Any] = []
    if not statement.accept("FROM"):
        # Without a source the table's own stage is read.
        place, tail = f"@{quoted(table.database)}.{quoted(table.schema)}.%{quoted(table.name)}", statement
    elif statement.looking_at("("):
        query, binds = subquery(statement)
        place, tail = _inner_place(query, binds), statement
    else:
        places = Places(statement)
        place, tail = places.next(), places.options()
    if not place.startswith("@"):
        # Before the options: those of external places are unknown here.
        raise unsupported(f"COPY INTO from {place}: only internal stages")
    copy = Copy(table, columns, place, query, binds, read(tail, OPTIONS))
    tail.end()
    _check_validation(copy)
    for name in ("INCLUDE_METADATA", "FILE_PROCESSOR"):
        if name in copy.options:
            raise unsupported(f"COPY INTO ... {name}")
    for name in _BOOLEANS:
        copy.flag(name)
    if "FILES" in copy.options and not isinstance(copy.options["FILES"], list):
        raise invalid_value(copy.options["FILES"], "FILES", "A list of names in parentheses.")
    copy.allows(1, 1)
    return copy


def _check_validation(copy: Copy) -> None:
    """Check VALIDATION_MODE.

    Raises:
        SnowflakeError: 1008 for a mode that is none, 2 with a transforming SELECT.
    """
    mode = copy.validation
    if mode and not _VALIDATION.match(mode):
        raise invalid_value(mode, "VALIDATION_MODE", "RETURN_<n>_ROWS, RETURN_ERRORS or RETURN_ALL_ERRORS.")
    if mode and copy.query is not None:
        raise SnowflakeError(
            "SQL compilation error:\nVALIDATION_MODE is not supported for COPY statements that transform data.",
            2,
            "0A000",
        )


def _columns(statement: Statement) -> list[str] | None:
    if not statement.accept("("):
        return None
    names = [statement.identifier()]
    while statement.accept(","):
        names.append(statement.identifier())
    statement.expect(")")
    return names


def subquery(statement: Statement) -> tuple[str, list[Any]]:
    """The text between the parentheses and the values of its placeholders; the cursor moves past them."""
    first = statement.at
    depth = 0
    while True:
        token = statement.peek()
        if token is None:
            raise statement.unexpected()
        depth += {"(": 1, ")": -1}.get(token.text if not statement.is_string() else "", 0)
        statement.at += 1
        if depth == 0:
            break
    inside = statement.tokens[first + 1 : statement.at - 1]
    if not inside:
        raise syntax_error(")")
    before = sum(token.text == "?" for token in statement.tokens[:first])
    count = sum(token.text == "?" for token in inside)
    for _ in range(count):
        statement.bind()
    return statement.text[inside[0].start : inside[-1].end + 1], list(statement.binds[before : before + count])


def _inner_place(query: str, binds: list[Any]) -> str:
    """The stage that a transforming SELECT reads; a place alone in parentheses is read as if without them."""
    from sqlglot import exp

    from airflow_provider_spcs.emulator.engine.translate.parser import parse as parse_tree
    from airflow_provider_spcs.emulator.statement import tokenize

    if query.lstrip().startswith(("@", "'@")):
        return query.strip().strip("'")
    tree = parse_tree(query, tokenize(query), binds)
    source = tree.args.get("from_")
    table = source.this if source is not None else None
    if (
        not isinstance(tree, exp.Select)
        or not isinstance(table, exp.Table)
        or not isinstance(table.this, exp.Var | exp.Literal)
    ):
        raise SnowflakeError(
            "SQL compilation error:\nCOPY statement only supports simple SELECT from stage statements for import.",
            2076,
            "42601",
        )
    return str(table.this.name)
