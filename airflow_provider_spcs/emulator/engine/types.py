"""Types: Snowflake's as declared, DuckDB's as stored, the wire's as sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.deviations import deviates
from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.result import MAX_TEXT, Column

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.statement import Statement

MAX_BINARY = 8_388_608
INTERVAL = "INTERVAL_DAY_TIME"
"""What is between two timestamps, by the wire's name of it."""
_BIGINT_DIGITS = 18
_MAX_DIGITS = 38


@dataclass(frozen=True)
class Declared:
    """A Snowflake type.

    Args:
        name: Canonical name as DESCRIBE shows it, without parameters: NUMBER, FLOAT, VARCHAR, TIMESTAMP_NTZ...
        first: Precision, length, or fraction digits.
        second: Scale of NUMBER.
        integer: Declared by an integer word (INT, BIGINT...), so that 64 bits are taken to be enough.
        loose: Inferred by CREATE TABLE AS from a query: larger values are taken.
        required: Whether NULL cannot occur; no part of the type itself.
    """

    name: str
    first: int | None = None
    second: int | None = None
    integer: bool = False
    loose: bool = field(default=False, compare=False)
    required: bool = field(default=False, compare=False)

    def __deepcopy__(self, memo: object) -> Declared:
        """Itself: trees that bear types are copied often."""
        return self

    @property
    def duckdb(self) -> str:
        """The DuckDB type that holds it."""
        if self.name == "NUMBER":
            precision, scale = self.first or _MAX_DIGITS, self.second or 0
            if scale:
                return f"DECIMAL({_MAX_DIGITS if self.loose else precision},{scale})"
            return "BIGINT" if self.integer or precision <= _BIGINT_DIGITS else "HUGEINT"
        return _STORED[self.name]

    def __str__(self) -> str:
        if self.name == "NUMBER":
            return f"NUMBER({self.first or _MAX_DIGITS},{self.second or 0})"
        if self.name == "VARCHAR":
            return f"VARCHAR({self.first or MAX_TEXT})"
        if self.name == "BINARY":
            return f"BINARY({self.first or MAX_BINARY})"
        if self.name == INTERVAL:
            return "INTERVAL DAY(9) TO SECOND(9)"
        if self.name.startswith("TIME"):
            return f"{self.name}({9 if self.first is None else self.first})"
        return self.name

    def known(self, *, required: bool) -> Declared:
        """The same type for values that cannot be, or can be, NULL."""
        return self if self.required == required else replace(self, required=required)

    def column(self, name: str, *, nullable: bool = True) -> Column:
        """The wire's column of this type."""
        if self.name == "NUMBER":
            return Column(name, "FIXED", self.first or _MAX_DIGITS, self.second or 0, nullable=nullable)
        if self.name == "VARCHAR":
            return Column(name, "TEXT", length=self.first or MAX_TEXT, nullable=nullable)
        if self.name == "BINARY":
            return Column(name, "BINARY", length=self.first or MAX_BINARY, nullable=nullable)
        if self.name.startswith("TIME"):
            return Column(name, self.name, 0, 9 if self.first is None else self.first, nullable=nullable)
        if self.name == INTERVAL:
            return Column(name, INTERVAL, 9, 9, nullable=nullable)
        return Column(name, "REAL" if self.name == "FLOAT" else self.name, nullable=nullable)


ZONED = 'STRUCT(moment TIMESTAMP WITH TIME ZONE, "offset" INTEGER)'
"""DuckDB's type of TIMESTAMP_TZ: a moment with the minutes that its clock is before UTC's."""
_STORED = {
    "FLOAT": "DOUBLE",
    "VARCHAR": "VARCHAR",
    "BINARY": "BLOB",
    "BOOLEAN": "BOOLEAN",
    "DATE": "DATE",
    "TIME": "TIME",
    "TIMESTAMP_NTZ": "TIMESTAMP",
    "TIMESTAMP_LTZ": "TIMESTAMPTZ",
    "TIMESTAMP_TZ": ZONED,
    "VARIANT": "JSON",
    "OBJECT": "JSON",
    "ARRAY": "JSON",
    INTERVAL: "INTERVAL",
}
_INTEGERS = {"INT", "INTEGER", "BIGINT", "SMALLINT", "TINYINT", "BYTEINT"}
_ALIASES = {
    **dict.fromkeys(["NUMBER", "NUMERIC", "DECIMAL", "DEC", "FIXED"], "NUMBER"),
    **dict.fromkeys(["FLOAT", "FLOAT4", "FLOAT8", "DOUBLE", "DOUBLE PRECISION", "REAL"], "FLOAT"),
    **dict.fromkeys(
        ["VARCHAR", "STRING", "TEXT", "NVARCHAR", "NVARCHAR2", "CHAR VARYING", "NCHAR VARYING", "CHARACTER VARYING"],
        "VARCHAR",
    ),
    **dict.fromkeys(["CHAR", "CHARACTER", "NCHAR"], "CHAR"),
    **dict.fromkeys(["BINARY", "VARBINARY"], "BINARY"),
    **dict.fromkeys(["BOOLEAN", "BOOL"], "BOOLEAN"),
    **dict.fromkeys(["TIMESTAMP_NTZ", "TIMESTAMPNTZ", "DATETIME", "TIMESTAMP WITHOUT TIME ZONE"], "TIMESTAMP_NTZ"),
    **dict.fromkeys(["TIMESTAMP_LTZ", "TIMESTAMPLTZ", "TIMESTAMP WITH LOCAL TIME ZONE"], "TIMESTAMP_LTZ"),
    **dict.fromkeys(["TIMESTAMP_TZ", "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE"], "TIMESTAMP_TZ"),
    "MAP": "OBJECT",
    **{name: name for name in ["DATE", "TIME", "VARIANT", "OBJECT", "ARRAY"]},
}
_STRUCTURED = {"ARRAY", "OBJECT", "MAP"}
_SUFFIXES = [
    ("WITHOUT", "TIME", "ZONE"),
    ("WITH", "LOCAL", "TIME", "ZONE"),
    ("WITH", "TIME", "ZONE"),
    ("PRECISION",),
    ("VARYING",),
]


def read(statement: Statement, timestamp: str = "TIMESTAMP_NTZ") -> Declared:
    """Read a type from a statement; ``timestamp`` is what plain TIMESTAMP means.

    Raises:
        SnowflakeError: 1003 or an unsupported-feature error for a type that is not one of Snowflake's.
    """
    from airflow_provider_spcs.emulator.engine.ddl.columns import skip_parenthesis

    token = statement.peek()
    word = statement.identifier()
    sizes: list[int] = []
    if word == "INTERVAL" and statement.accept("DAY", "(", "9", ")", "TO", "SECOND", "(", "9", ")"):
        return Declared(INTERVAL)
    for suffix in _SUFFIXES:
        if statement.accept(*suffix):
            word = f"{word} {' '.join(suffix)}"
    if word in _STRUCTURED and statement.looking_at("("):
        skip_parenthesis(statement)  # the elements' types are not kept
    elif statement.accept("("):
        sizes = _sizes(statement, word)
    for suffix in _SUFFIXES:
        if statement.accept(*suffix):
            word = f"{word} {' '.join(suffix)}"
    return _declared(word, sizes, timestamp, token.text if token else word)


def _sizes(statement: Statement, word: str) -> list[int]:
    """The numbers up to the closing parenthesis."""
    sizes: list[int] = []
    while not statement.accept(")"):
        if statement.accept(","):
            continue
        size = statement.literal()
        if not isinstance(size, int):
            raise unsupported(f"structured type {word}")
        sizes.append(size)
    return sizes


def _declared(word: str, sizes: list[int], timestamp: str, shown: str) -> Declared:
    if word in _INTEGERS:
        return Declared("NUMBER", 38, 0, integer=True)
    name = timestamp if word == "TIMESTAMP" else _ALIASES.get(word)
    if name is None:
        raise unsupported(f"data type {shown.upper()}")
    if name == "CHAR":
        return Declared("VARCHAR", sizes[0] if sizes else 1)
    if name == "NUMBER":
        precision, scale = (sizes + [38, 0][len(sizes) :])[:2]
        if not 1 <= precision <= _MAX_DIGITS or not 0 <= scale <= precision:
            raise SnowflakeError(
                f"SQL compilation error:\nInvalid precision and scale: NUMBER({precision},{scale}).", 2081, "42601"
            )
        return Declared("NUMBER", precision, scale)
    if name == "FLOAT":
        return Declared("FLOAT")
    return Declared(name, sizes[0] if sizes else None)


def parse(text: str) -> Declared:
    """The type that :meth:`Declared.__str__` wrote."""
    from airflow_provider_spcs.emulator.statement import Statement

    return read(Statement.parse(text))


_INTEGER_TYPES = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_DECIMAL = re.compile(r"DECIMAL\((\d+),(\d+)\)")
_PLAIN = {
    "FLOAT": Declared("FLOAT"),
    "DOUBLE": Declared("FLOAT"),
    "VARCHAR": Declared("VARCHAR"),
    "BLOB": Declared("BINARY"),
    "BOOLEAN": Declared("BOOLEAN"),
    "DATE": Declared("DATE"),
    "TIME": Declared("TIME"),
    "TIMESTAMP": Declared("TIMESTAMP_NTZ"),
    "TIMESTAMP WITH TIME ZONE": Declared("TIMESTAMP_LTZ"),
    "JSON": Declared("VARIANT"),
    '"NULL"': Declared("VARCHAR"),
    "NULL": Declared("VARCHAR"),
    "UUID": Declared("VARCHAR"),
    ZONED: Declared("TIMESTAMP_TZ"),
    "INTERVAL": Declared(INTERVAL),
}


def of_duckdb(duckdb_type: str) -> Declared | None:
    """The Snowflake type of a DuckDB result column; None when it must be cast first (:func:`cast_for`)."""
    if duckdb_type in _INTEGER_TYPES:
        return Declared("NUMBER", 38, 0, integer=duckdb_type != "HUGEINT")
    decimal = _DECIMAL.fullmatch(duckdb_type)
    if decimal:
        return Declared("NUMBER", int(decimal[1]), int(decimal[2]))
    return _PLAIN.get(duckdb_type)


def cast_for(duckdb_type: str) -> str | None:  # noqa: PLR0911 - one return a family of types
    """The SQL cast, with ``{}`` for the column, that makes a DuckDB column one of ours; None when it is one."""
    if duckdb_type in {"TINYINT", "SMALLINT", "INTEGER", "UTINYINT", "USMALLINT", "UINTEGER"}:
        return "CAST({} AS BIGINT)"
    if duckdb_type == "UBIGINT" or duckdb_type.startswith(("UHUGEINT", "BIGNUM")):
        return "CAST({} AS HUGEINT)"
    if duckdb_type == "FLOAT":
        return "CAST({} AS DOUBLE)"
    if duckdb_type in {'"NULL"', "NULL", "UUID", "BIT"} or duckdb_type.startswith("ENUM"):
        return "CAST({} AS VARCHAR)"
    if duckdb_type.startswith("TIMESTAMP_"):
        return "CAST({} AS TIMESTAMP)"
    if duckdb_type.startswith("TIME WITH"):
        return "CAST({} AS TIME)"
    return None if of_duckdb(duckdb_type) else "CAST(to_json({}) AS JSON)"


deviates(
    "types",
    "Times keep microseconds; Snowflake keeps nanoseconds.",
    "GROUP BY, DISTINCT and set operations tell TIMESTAMP_TZ values of one moment with two offsets apart; "
    "RESULT_SCAN and unloaded files keep the moment alone.",
    "NUMBER(38,0) declared by an integer word (INT, BIGINT) holds 64 bits.",
    "FLOAT and NUMBER results of functions follow DuckDB's precision where sqlglot knows no Snowflake rule.",
)
