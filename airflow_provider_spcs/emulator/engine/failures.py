"""DuckDB's exceptions as Snowflake's errors, by class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator import disk
from airflow_provider_spcs.emulator.engine import physical
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
_MASK = re.compile(physical.MASK)
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
        return _catalog(text, {_MASK.sub("", name): said for name, said in names.items()})
    if isinstance(error, duckdb.BinderException):
        return _binder(text, _MASK.sub("", str(error)))
    if isinstance(error, duckdb.ConstraintException):
        column = re.search(r"NOT NULL constraint failed: (?:.*\.)?(\S+)", text)
        if column:
            return SnowflakeError(f"NULL result in a non-nullable column: {column[1].strip(chr(34))}", 100072, "22000")
        return SnowflakeError(plain(text), 100072, "22000")
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
        return unsupported(plain(text))
    if isinstance(error, duckdb.OutOfMemoryException):
        return SnowflakeError(f"Statement ran out of memory: {plain(text)}", 300005, "57014")
    return disk.failure(error) or SnowflakeError(f"SQL execution error: {plain(text)}", 100132, "P0000")


def _catalog(text: str, names: dict[str, str]) -> SnowflakeError:  # noqa: PLR0911 - one branch a kind of object
    relation = re.search(r"(Table|View|Sequence) with name \"?(.+?)\"? (?:does not|already)", text)
    if "already exists" in text:
        return already_exists(relation[2] if relation else plain(text))
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
    return SnowflakeError(f"SQL compilation error:\n{plain(text)}", 2003, "42S02")


def _binder(text: str, whole: str) -> SnowflakeError:
    missing = _MISSING_COLUMN.search(text)
    if missing and ("not found" in text or "does not" in text or "not exist" in text):
        name = f'"{missing[1]}"' if missing[1] != missing[1].upper() else missing[1]
        return invalid_identifier(name)
    source = re.search(r'Referenced table "([^"]+)" not found', text)
    if source:
        column = re.search(rf'"{re.escape(source[1])}"\."([^"]+)"', whole, re.IGNORECASE)
        return invalid_identifier(f"{source[1]}.{column[1]}" if column else source[1])
    supplied = re.search(r"(?:has|expected) (\d+) columns but (\d+) values were supplied", text)
    if supplied:
        return SnowflakeError(
            f"SQL compilation error:\nInsert value list does not match column list expecting {supplied[1]} but got "
            f"{supplied[2]}",
            2020,
            "21S01",
        )
    for found, (said, errno, sqlstate) in _SAID.items():
        if found in text:
            return SnowflakeError(f"SQL compilation error:\n{said}", errno, sqlstate)
    return _named(text)


def _named(text: str) -> SnowflakeError:
    """A binder's error that names a column, a function or a position."""
    if "Ambiguous reference" in text:
        name = re.search(r'column name "([^"]+)"', text)
        return SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\nambiguous column name '{name[1] if name else ''}'",
            1104,
            "42601",
        )
    place = re.search(r"(GROUP BY|ORDER) term out of range", text)
    if place:
        clause = "group by" if place[1] == "GROUP BY" else "order by"
        return SnowflakeError(f"SQL compilation error:\nthe position is not a valid {clause} expression", 979, "42601")
    if "No function matches" in text or "Could not choose a best candidate" in text:
        function = re.search(r"'([^'(]+)\((.*?)\)'", text)
        given = re.split(r", (?![^(]*\))", function[2]) if function else []
        kinds = ", ".join(_shown_type(kind) for kind in given)
        called = function[1].upper().removeprefix("SF_") if function else "?"
        return SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\nInvalid argument types for function '{called}': "
            f"({kinds})",
            1044,
            "42P13",
        )
    if "must appear in the GROUP BY" in text:
        name = re.search(r'column "([^"]+)"', text)
        return SnowflakeError(
            f"SQL compilation error: error line 1 at position 0\n'{name[1] if name else ''}' in select clause "
            "is neither an aggregate nor in the group by clause.",
            1104,
            "42601",
        )
    return SnowflakeError(f"SQL compilation error:\n{plain(text)}", 1003, "42000")


_SAID = {
    "aggregate function calls cannot be nested": ("Aggregate functions cannot be nested.", 1003, "42000"),
    "WHERE clause cannot contain aggregates": ("Invalid aggregate function in where clause.", 1003, "42000"),
    "Set operations can only apply": (
        "invalid number of result columns for set operator input branches", 1789, "42601",
    ),
    "Subquery returns": ("Unsupported subquery type cannot be evaluated", 2031, "42601"),
    "Window functions are not supported here": ("A window function needs OVER.", 1003, "42000"),
}  # fmt: skip
"""What Snowflake says where the binder says this."""
_TYPES = {"BIGINT": "NUMBER(38,0)", "INTEGER": "NUMBER(38,0)", "HUGEINT": "NUMBER(38,0)", "DOUBLE": "FLOAT",
          "INTEGER_LITERAL": "NUMBER(38,0)", "STRING_LITERAL": "VARCHAR", "TIMESTAMP WITH TIME ZONE": "TIMESTAMP_LTZ",
          "TIMESTAMP": "TIMESTAMP_NTZ(9)", "BLOB": "BINARY", "JSON": "VARIANT"}  # fmt: skip


def _shown_type(kind: str) -> str:
    return _TYPES.get(kind, kind.replace("DECIMAL", "NUMBER"))


def plain(text: str) -> str:
    """The first line of DuckDB's text in nobody's words but the fact: no class, no candidates, no names of ours."""
    line = re.sub(r"^\s*(?:\w+ )*Error: ", "", text).split("\n")[0]
    return re.sub(r"\bsf_(\w+)", lambda found: found[1].upper(), line, flags=re.IGNORECASE)


def invalid_identifier(name: str) -> SnowflakeError:
    """A column that is in no source (904)."""
    return SnowflakeError(
        f"SQL compilation error: error line 1 at position 0\ninvalid identifier '{name}'", 904, "42000"
    )


def _conversion(text: str) -> SnowflakeError:
    quoted = _QUOTED.search(text) or _DOUBLE_QUOTED.search(text)
    computed = re.search(r"\(([^()]*)\)!?\s*\Z", text) or re.search(r"value (-?[\d.]+)", text)
    shown = quoted[1] if quoted else computed[1] if computed else plain(text)
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
        return SnowflakeError(f"Error parsing JSON: {plain(text)}", 100069, "22P02")
    if "cannot affect the same target row more than once" in text:
        return SnowflakeError("Duplicate row detected during DML action", 100090, "42P18")
    text = text.removeprefix("Invalid Input Error: ")
    if text.startswith(_BAD_PATTERN):
        return SnowflakeError(f"Invalid regular expression: {text}", 100048, "2201B")
    recognized = re.match(r"(\d+)\|(\w+)\|(.*)", text, re.DOTALL)
    if recognized:  # raised by our own macros: errno|sqlstate|message
        return SnowflakeError(recognized[3], int(recognized[1]), recognized[2])
    return SnowflakeError(f"SQL execution error: {plain(text)}", 100132, "P0000")
