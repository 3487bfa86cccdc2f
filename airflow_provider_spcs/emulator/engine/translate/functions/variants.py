"""A value as VARIANT, by what is known of its type.

DuckDB's JSON has fewer types than VARIANT: a float is written with an exponent, and blanks after a string, which no
reader of JSON sees, say that it is a date, a time or bytes (see the macros ``sf_variant`` and ``sf_typeof``).
"""

from __future__ import annotations

from typing import Any

from airflow_provider_spcs.emulator.engine.translate.functions.build import as_json, function, known_type, sql
from airflow_provider_spcs.emulator.engine.types import Declared

_SEMI = {"VARIANT", "OBJECT", "ARRAY"}
_MARKS = {"DATE": 1, "TIME": 2, "TIMESTAMP_NTZ": 3, "TIMESTAMP_LTZ": 4, "TIMESTAMP_TZ": 5, "BINARY": 6}
KINDS = tuple(_MARKS)
"""Types that JSON has not."""


def variant(node: Any) -> Any:
    """DuckDB's JSON of a rewritten expression; a macro finds out where its type is not known.

    DuckDB writes out a macro at each use of its argument, so that the macro is for small arguments only.
    """
    kind = known_type(node)
    made = _made(node, kind) if kind is not None else None
    if made is None:
        made = function("sf_variant", node)
    made.meta["declared"] = Declared("VARIANT")
    return made


def _made(node: Any, kind: Declared) -> Any:  # noqa: PLR0911 - one return a type
    text = node.sql("duckdb")
    if kind.name in _SEMI:
        return as_json(node)
    if kind.name in {"VARCHAR", "BOOLEAN"} or (kind.name == "NUMBER" and not kind.second):
        return function("to_json", node)
    if kind.name == "NUMBER":
        return sql(f"sf_variant_number(CAST({text} AS VARCHAR))")
    if kind.name == "TIME":
        return sql(f"sf_marked(left(CAST({text} AS VARCHAR), 8), {_MARKS[kind.name]})")
    if kind.name == "TIMESTAMP_NTZ":
        return sql(f"sf_marked(strftime(CAST({text} AS TIMESTAMP), '%Y-%m-%d %H:%M:%S.%g'), {_MARKS[kind.name]})")
    if kind.name in {"TIMESTAMP_LTZ", "TIMESTAMP_TZ"}:
        from airflow_provider_spcs.emulator.engine.translate import zoned

        moment = f"CAST({text} AS TIMESTAMPTZ)"
        offset = zoned.offset_of(node) if kind.name == "TIMESTAMP_TZ" else f"sf_here({moment})"
        shown = f"sf_time_out(sf_zoned_text({moment}, {offset}), 'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM')"
        return sql(f"sf_marked({shown}, {_MARKS[kind.name]})")
    if kind.name in {"DATE", "BINARY"}:
        return sql(f"sf_marked({'hex' if kind.name == 'BINARY' else ''}({text})::VARCHAR, {_MARKS[kind.name]})")
    return None


def typed(name: str, source: Any) -> str:
    """DuckDB text of whether a VARIANT holds a value of a type."""
    return f"(sf_typeof({as_json(source).sql('duckdb')}) = '{name}')"
