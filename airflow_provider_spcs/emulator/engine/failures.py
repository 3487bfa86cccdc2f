"""DuckDB's exceptions as Snowflake's errors, by class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import (
    COVERAGE_PAGE,
    SnowflakeError,
    already_exists,
    does_not_exist,
    unsupported,
)

if TYPE_CHECKING:
    import duckdb

_MISSING_COLUMN = re.compile(
    r'(?:Referenced column|Table "[^"]*" does not have a column named|column with name|Referenced update column|'
    r'does not have a column with name|Column) "?([^"\s]+)"?'
)
_BAD_PATTERN = (
    "no argument for repetition operator", "missing )", "missing ]", "unexpected )", "invalid character class",
    "invalid escape sequence", "trailing \\", "bad repetition operator", "invalid perl operator",
    "invalid repetition size", "invalid named capture group",
)  # fmt: skip
"""How RE2 begins to say what is wrong with a pattern."""
_MASK = re.compile(r"%~[0-9a-f]+")
"""What tells names of the same letters in other cases apart."""
_QUOTED = re.compile(r"'([^']*)'")
_DOUBLE_QUOTED = re.compile(r'"([^"]*)"')


@contextmanager
def translated(names: dict[str, str] | None = None) -> Iterator[None]:
    """Raise DuckDB's errors as Snowflake's; ``names`` maps physical relation names to what the user wrote."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise translate(error, names or {}) from error


def translate(error: duckdb.Error, names: dict[str, str]) -> SnowflakeError:  # noqa: C901, PLR0911 - one branch an exception
    """The Snowflake error of a DuckDB exception; unknown ones carry DuckDB's text."""
    import duckdb

    text = _MASK.sub("", str(error).split("\n\nLINE ")[0])
    if isinstance(error, duckdb.InterruptException):
        return SnowflakeError("SQL execution canceled", 604, "57014")
    extension = re.search(r'name "([^"]+)" is not in the catalog, but it exists in the', text)
    if extension:
        return unsupported(f"function {extension[1].upper()}")
    if isinstance(error, duckdb.CatalogException):
        return _catalog(text, names)
    if isinstance(error, duckdb.BinderException):
        return _binder(text)
    if isinstance(error, duckdb.ConstraintException):
        column = re.search(r"NOT NULL constraint failed: (?:.*\.)?(\S+)", text)
        if column:
            return SnowflakeError(f"NULL result in a non-nullable column: {column[1].strip(chr(34))}", 100072, "22000")
        return SnowflakeError(text, 100072, "22000")
    if isinstance(error, duckdb.ConversionException | duckdb.OutOfRangeException):
        return _conversion(text)
    if isinstance(error, duckdb.InvalidInputException):
        return _invalid(text)
    if isinstance(error, duckdb.ParserException):
        near = re.search(r'at or near "([^"]*)"', text)
        return SnowflakeError(
            f"SQL compilation error:\nsyntax error line 1 at position 0 unexpected '{near[1] if near else '<EOF>'}'.",
            1003,
            "42000",
        )
    if isinstance(error, duckdb.NotImplementedException | duckdb.NotSupportedError):
        return unsupported(text)
    if isinstance(error, duckdb.OutOfMemoryException):
        return SnowflakeError(f"Statement ran out of memory: {text}", 300005, "57014")
    return SnowflakeError(f"SQL execution error: {text}", 100132, "P0000")


def _catalog(text: str, names: dict[str, str]) -> SnowflakeError:  # noqa: PLR0911 - one branch a kind of object
    relation = re.search(r"(Table|View|Sequence) with name \"?(.+?)\"? (?:does not|already)", text)
    if "already exists" in text:
        return already_exists(relation[2] if relation else text)
    if relation and relation[1] != "Sequence":
        return does_not_exist("Object", names.get(relation[2], relation[2]), "42S02")
    if relation:
        return does_not_exist("Sequence", names.get(relation[2], relation[2]))
    function = re.search(r"Function with name \"?([^\s\"]+)\"? does not exist", text)
    if function:
        name = function[1].upper().removeprefix("SF_")
        return SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\nUnknown function {name}. If Snowflake has it, the "
            f"emulator does not: {COVERAGE_PAGE} lists what it has.",
            2140,
            "42601",
        )
    kind = re.search(r"Type with name (\w+) does not exist", text)
    if kind:
        return unsupported(f"data type {kind[1].upper()}")
    schema = re.search(r"Schema with name \"?(.+?)\"? does not exist", text)
    if schema:
        return does_not_exist("Schema", schema[1])
    return SnowflakeError(f"SQL compilation error:\n{text}", 2003, "42S02")


def _binder(text: str) -> SnowflakeError:
    missing = _MISSING_COLUMN.search(text)
    if missing and ("not found" in text or "does not" in text or "not exist" in text):
        name = f'"{missing[1]}"' if missing[1] != missing[1].upper() else missing[1]
        return invalid_identifier(name)
    if "Ambiguous reference" in text:
        name = re.search(r'column name "([^"]+)"', text)
        return SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\nambiguous column name '{name[1] if name else ''}'",
            1104,
            "42601",
        )
    if "No function matches" in text or "Could not choose a best candidate" in text:
        function = re.search(r"'?(\w+)\(([^')]*)\)", text)
        shown = f"'{function[1].upper()}' are invalid: ({function[2]})" if function else text
        return SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\nInvalid argument types for function {shown}",
            1044,
            "42P13",
        )
    if "must appear in the GROUP BY" in text:
        name = re.search(r'column "([^"]+)"', text)
        return SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\n'{name[1] if name else ''}' in select clause "
            f"is neither an "
            "aggregate nor in the group by clause.",
            979,
            "42601",
        )
    if "expected" in text and "values were supplied" in text:
        return SnowflakeError(
            f"SQL compilation error:\nInsert value list does not match column list. {text}", 2020, "21S01"
        )
    return SnowflakeError(f"SQL compilation error:\n{text}", 1003, "42000")


def invalid_identifier(name: str) -> SnowflakeError:
    """A column that is in no source (904)."""
    return SnowflakeError(
        f"SQL compilation error: error line 1 at position 0\ninvalid identifier '{name}'", 904, "42000"
    )


def _conversion(text: str) -> SnowflakeError:
    quoted = _QUOTED.search(text) or _DOUBLE_QUOTED.search(text)
    shown = quoted[1] if quoted else text
    lowered = text.lower()
    large = re.search(r"Could not cast value (\S+) to DECIMAL", text)
    if large:
        return SnowflakeError(f"Numeric value '{large[1]}' is out of range", 100039, "22003")
    if "timestamp" in lowered:
        return SnowflakeError(f"Timestamp '{shown}' is not recognized", 100035, "22007")
    if "date" in lowered:
        return SnowflakeError(f"Date '{shown}' is not recognized", 100040, "22007")
    if "boolean" in lowered or "bool" in lowered:
        return SnowflakeError(f"Boolean value '{shown}' is not recognized", 100037, "22018")
    if "overflow" in lowered or "out of range" in lowered:
        return SnowflakeError(f"Numeric value '{shown}' is out of range", 100039, "22003")
    return SnowflakeError(f"Numeric value '{shown}' is not recognized", 100038, "22018")


def _invalid(text: str) -> SnowflakeError:  # noqa: PLR0911 - one branch a message
    called = re.search(r"while executing the UDF: ValueError: (\d+)\|(\w+)\|(.*)", text, re.DOTALL)
    if called:  # raised by a function in Python: errno|sqlstate|message
        return SnowflakeError(called[3], int(called[1]), called[2])
    if "Division by zero" in text:
        return SnowflakeError("Division by zero", 100051, "22012")
    if "More than one row returned by a subquery" in text:
        return SnowflakeError("Single-row subquery returns more than one row.", 100090, "22000")
    if "Malformed JSON" in text:
        return SnowflakeError(f"Error parsing JSON: {text}", 100069, "22P02")
    if "cannot affect the same target row more than once" in text:
        return SnowflakeError("Duplicate row detected during DML action", 100090, "42P18")
    text = text.removeprefix("Invalid Input Error: ")
    if text.startswith(_BAD_PATTERN):
        return SnowflakeError(f"Invalid regular expression: {text}", 100048, "2201B")
    recognized = re.match(r"(\d+)\|(\w+)\|(.*)", text, re.DOTALL)
    if recognized:  # raised by our own macros: errno|sqlstate|message
        return SnowflakeError(recognized[3], int(recognized[1]), recognized[2])
    return SnowflakeError(f"SQL execution error: {text}", 100132, "P0000")
