"""INFER_SCHEMA: the columns that staged files would have as a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.names import quoted, written
from airflow_provider_spcs.emulator.registry import table
from airflow_provider_spcs.emulator.result import Result, boolean, number, text
from airflow_provider_spcs.emulator.stages.mapping import json_keys
from airflow_provider_spcs.emulator.stages.naming import resolve as resolve_format
from airflow_provider_spcs.emulator.stages.records import records
from airflow_provider_spcs.emulator.stages.reference import normal
from airflow_provider_spcs.emulator.stages.scan import Scan, scan

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.stages.formats import FileFormat
    from airflow_provider_spcs.emulator.stages.location import File, Location


@dataclass
class Field:
    """One inferred column: its Snowflake type, whether NULL occurs, how a query reads it, in which files it is."""

    name: str
    type: str
    nullable: bool
    expression: str
    files: list[str]


@table("INFER_SCHEMA")
def infer_schema(
    session: Session,
    *,
    location: str,
    file_format: str,
    files: Sequence[str] | str | None = None,
    ignore_case: bool = False,
    max_file_count: int | None = None,
    max_records_per_file: int | None = None,
    kind: str = "STANDARD",  # noqa: ARG001  (the kinds differ in types that no emulated table has)
) -> Result:
    """The columns of staged CSV, JSON or Parquet files: name, type, nullability, expression, files."""
    place = session.account.stages.locate(session, location)
    shape = resolve_format(session, file_format)
    chosen = _files(place, [files] if isinstance(files, str) else files)[:max_file_count]
    found: dict[str, Field] = {}
    for file in chosen:
        for field in _fields(session, place, file, shape, max_records_per_file):
            name = field.name.upper() if ignore_case else field.name
            known = found.setdefault(name, Field(name, field.type, field.nullable, field.expression, []))
            known.type = widened(known.type, field.type)
            known.nullable = known.nullable or field.nullable
            known.files.append(file.path)
    rows: list[tuple[object, ...]] = []
    for order, field in enumerate(found.values()):
        nullable = field.nullable or len(field.files) < len(chosen)
        value = (
            f"GET_IGNORE_CASE ($1, {written(field.name)})" if ignore_case and shape.type != "CSV" else field.expression
        )
        rows.append((field.name, field.type, nullable, f"{value}::{field.type}", ", ".join(field.files), order))
    columns = [text("COLUMN_NAME"), text("TYPE"), boolean("NULLABLE"), text("EXPRESSION"), text("FILENAMES")]
    return Result([*columns, number("ORDER_ID")], rows)


def _files(place: Location, names: Sequence[str] | None) -> list[File]:
    found = place.files()
    if names is None:
        return found
    base = place.prefix if place.prefix.endswith("/") or not place.prefix else place.prefix + "/"
    known = {file.path: file for file in found}
    wanted = [base + normal(name) for name in names]
    for path in wanted:
        if path not in known:
            raise SnowflakeError(f"Remote file '{place.label}{path}' was not found.", 100016, "22000")
    return [known[path] for path in wanted]


def _fields(session: Session, place: Location, file: File, shape: FileFormat, most: int | None) -> list[Field]:
    if shape.type == "PARQUET":
        # Binary columns stay binary whatever BINARY_AS_TEXT says.
        # Source: the connector's test_all_pandas_types, where write_pandas makes a table by a format's defaults.
        shape = replace(shape, given={**shape.given, "BINARY_AS_TEXT": False})
    found = scan(session, place, [file], shape)
    if shape.type == "PARQUET":
        return [
            Field(name, parquet_type(kind, shape), True, f"$1:{_key(name)}", []) for name, kind in found.fields.items()
        ]
    if shape.type == "JSON":
        keys = json_keys(session, found)
        values = {key: (f"$1:{_key(key)}", _json_value(key)) for key in keys}
    else:
        names = [f"c{index}" for index in range(1, len(found.columns) + 1)]
        if shape.flag("PARSE_HEADER"):
            header = next(records(place.root / file.path, shape, headers=True), None)
            names = [name or "" for name in header.fields] if header else []
        values = {name: (column, quoted(column)) for name, column in zip(names, found.columns, strict=False)}
    types = _observed(session, found, [value for _, value in values.values()], most)
    return [
        Field(name, kind, nullable, expression, [])
        for (name, (expression, _)), (kind, nullable) in zip(values.items(), types, strict=True)
    ]


def _key(name: str) -> str:
    return name if written(name.upper()) == name.upper() else quoted(name)


def _json_value(key: str) -> str:
    path = "$." + quoted(key)
    return f"json_extract_string(\"$1\", '{path.replace(chr(39), chr(39) * 2)}')"


def parquet_type(duckdb_type: str, shape: FileFormat) -> str:
    """The Snowflake type of a Parquet column, given the DuckDB type that it is read as."""
    if duckdb_type.startswith("DECIMAL"):
        return duckdb_type.replace("DECIMAL", "NUMBER").replace(",", ", ")
    if duckdb_type.startswith("TIMESTAMP") and not shape.flag("USE_LOGICAL_TYPE"):
        return "NUMBER(38, 0)"
    if duckdb_type.startswith("TIMESTAMP"):
        return "TIMESTAMP_LTZ" if duckdb_type.startswith("TIMESTAMPTZ") or "ZONE" in duckdb_type else "TIMESTAMP_NTZ"
    for ending, kind in (("]", "ARRAY"), (")", "OBJECT")):
        if duckdb_type.endswith(ending):
            return kind
    simple = {"FLOAT": "REAL", "DOUBLE": "REAL", "BOOLEAN": "BOOLEAN", "DATE": "DATE", "BLOB": "BINARY", "TIME": "TIME"}
    return simple.get(duckdb_type, "NUMBER(38, 0)" if "INT" in duckdb_type else "TEXT")


_NUMBER = r"[+-]?\d+(\.\d+)?"
_DATE = r"\d{4}-\d{2}-\d{2}"
_TIME = r"\d{2}:\d{2}(:\d{2}(\.\d+)?)?"


def _observed(session: Session, found: Scan, values: list[str], most: int | None) -> list[tuple[str, bool]]:
    """The narrowest type that every value of each expression fits, and whether some are NULL."""
    if not values:
        return []
    tests: list[Callable[[str], str]] = [
        lambda v: f"bool_and(regexp_full_match({v}, '{_NUMBER}'))",
        lambda v: f"max(length(regexp_extract({v}, '^[+-]?0*(\\d*)', 1)))",
        lambda v: f"max(length(regexp_extract({v}, '\\.(\\d+)$', 1)))",
        lambda v: f"bool_and(TRY_CAST({v} AS DOUBLE) IS NOT NULL)",
        lambda v: f"bool_and(lower({v}) IN ('true', 'false'))",
        lambda v: f"bool_and(regexp_full_match({v}, '{_DATE}') AND TRY_CAST({v} AS DATE) IS NOT NULL)",
        lambda v: (
            f"bool_and(regexp_full_match({v}, '{_DATE}[ T]{_TIME}.*') AND TRY_CAST({v} AS TIMESTAMP) IS NOT NULL)"
        ),
        lambda v: f"bool_and(regexp_full_match({v}, '{_TIME}') AND TRY_CAST({v} AS TIME) IS NOT NULL)",
        lambda v: f"bool_or({v} IS NULL)",
        lambda v: f"bool_and({v} LIKE '[%' AND json_valid({v}))",
        lambda v: f"bool_and({v} LIKE '{{%' AND json_valid({v}))",
    ]
    limit = f" LIMIT {int(most)}" if most else ""
    shown = ", ".join(test(value) for value in values for test in tests)
    with session.account.engine.cursor() as cursor:
        for name, relation in found.tables.items():
            cursor.register(name, relation)
        row = cursor.execute(f"SELECT {shown} FROM (SELECT * FROM ({found.sql}){limit})").fetchone()
    width = len(tests)
    return [_narrowest(row[index * width : (index + 1) * width]) for index in range(len(values))]


def _narrowest(observed: Sequence[object]) -> tuple[str, bool]:
    fixed, whole, fraction, real, truth, date, timestamp, time, nullable, array, objects = observed
    if fixed:
        scale = int(str(fraction or 0))
        return f"NUMBER({max(int(str(whole or 0)), 1) + scale}, {scale})", bool(nullable)
    for fits, kind in [
        (real, "REAL"),
        (truth, "BOOLEAN"),
        (date, "DATE"),
        (timestamp, "TIMESTAMP_NTZ"),
        (time, "TIME"),
        (array, "ARRAY"),
        (objects, "OBJECT"),
    ]:
        if fits:
            return kind, bool(nullable)
    return "TEXT", bool(nullable)


def widened(one: str, other: str) -> str:
    """A type that holds the values of both."""
    if one == other:
        return one
    if one.startswith("NUMBER") and other.startswith("NUMBER"):
        (first, scale), (second, other_scale) = ([int(part) for part in kind[7:-1].split(",")] for kind in (one, other))
        fraction = max(scale, other_scale)
        return f"NUMBER({min(max(first - scale, second - other_scale) + fraction, 38)}, {fraction})"
    if {one.partition("(")[0], other.partition("(")[0]} <= {"NUMBER", "REAL"}:
        return "REAL"
    return "TEXT"
