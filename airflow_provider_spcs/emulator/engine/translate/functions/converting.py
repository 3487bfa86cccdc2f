"""Conversions from text by a format, and of VARIANT values that hold bytes or times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine.translate.functions.build import function, sql
from airflow_provider_spcs.emulator.engine.translate.functions.dates import formatted, moment_of
from airflow_provider_spcs.emulator.engine.translate.functions.semistructured import inserted, picked_by_list
from airflow_provider_spcs.emulator.engine.translate.functions.variants import KINDS, typed
from airflow_provider_spcs.emulator.engine.types import Declared
from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported

_EPOCH = "regexp_full_match(sf_text({0}), '-?[0-9]+')"


def _text(node: Any) -> str:
    return str(node.sql("duckdb"))


def _cast(made: str, duckdb_type: str, kind: Declared, *, attempt: bool = False) -> exp.Expr:
    found = sql(f"{'TRY_CAST' if attempt else 'CAST'}({made} AS {duckdb_type})")
    found.meta["declared"] = kind
    found.meta["duckdb"] = True
    return found


def _number(*, attempt: bool) -> Callable[[Any], exp.Expr]:
    def rule(node: Any) -> exp.Expr:
        source, *rest = node.expressions
        made = f"sf_number_text({_text(source)})"
        if rest and isinstance(rest[0], exp.Literal) and rest[0].is_string:
            wanted = rest.pop(0).this.replace("'", "''")
            made = f"sf_number_in({made}, '{wanted}')"
            if attempt:
                made = f"TRY({made})"
        sizes = [int(item.name) for item in rest]
        precision, scale = (sizes + [38, 0][len(sizes) :])[:2]
        return _cast(made, f"DECIMAL({precision}, {scale})", Declared("NUMBER", precision, scale), attempt=attempt)

    return rule


def _double(*, attempt: bool) -> Callable[[Any], exp.Expr]:
    def rule(node: Any) -> exp.Expr:
        kind = node.expressions[0].meta.get("kind")
        if kind is not None and kind.name == "BOOLEAN":
            raise SnowflakeError(
                "SQL compilation error: error line 1 at position 0\n"
                "Invalid argument types for function 'TO_DOUBLE': (BOOLEAN)",
                1044,
                "42P13",
            )
        made = f"sf_number_text({_text(node.expressions[0])})"
        if len(node.expressions) > 1:
            wanted = node.expressions[1].name.replace("'", "''")
            made = f"sf_number_in({made}, '{wanted}')"
        return _cast(made, "DOUBLE", Declared("FLOAT"), attempt=attempt)

    return rule


def _moment(name: str, *, attempt: bool) -> Callable[[Any], exp.Expr]:
    """TO_DATE and TO_TIME: of text, of text in a format, of counted seconds, of a timestamp."""

    def rule(node: Any) -> exp.Expr:
        source, *rest = node.expressions
        if rest and rest[0].name.upper() != "AUTO":
            made = formatted(source, rest[0]).sql("duckdb")
        elif name == "TIME":
            made = f"sf_time({_text(source)})"
        else:
            made = f"sf_date({_text(source)})"
        return _cast(f"TRY({made})" if attempt else made, name, Declared(name))

    return rule


def _binary(*, attempt: bool) -> Callable[[Any], exp.Expr]:
    def rule(node: Any) -> exp.Expr:
        source, *rest = node.expressions
        form = rest[0].name.upper() if rest else "HEX"
        names = {"HEX": "sf_unhex", "BASE64": "from_base64", "UTF-8": "encode", "UTF8": "encode"}
        if form not in names:
            raise unsupported(f"TO_BINARY format {form}")
        name = names[form].removeprefix("sf_") if attempt else names[form]  # TRY takes nothing that can raise by itself
        made = f"{name}(sf_text({_text(source)}))"
        found = sql(f"TRY({made})" if attempt else made)
        found.meta["declared"] = Declared("BINARY")
        return found

    return rule


def _taken(kind: str, duckdb_type: str) -> Callable[[Any], exp.Expr]:
    """AS_DATE and the like: NULL for a value of another type."""

    def rule(node: Any) -> exp.Expr:
        source = node.expressions[0]
        made = f"CASE WHEN {typed(kind, source)} THEN json_extract_string({_text(source)}, '$') END"
        if kind == "BINARY":
            return sql(f"unhex({made})")
        return _cast(made, duckdb_type, Declared(kind), attempt=True)

    return rule


def _sha2(node: Any) -> exp.Expr:
    bits = node.expressions[1] if len(node.expressions) > 1 else exp.Literal.number(256)
    return function("sf_sha2", function("sf_text", node.expressions[0]), bits)


def _sha2_bytes(node: Any) -> exp.Expr:
    bits = node.args.get("length") or exp.Literal.number(256)
    return function("unhex", function("sf_sha2", node.this, bits))


def _decoded(name: str, *, text: bool) -> Callable[[Any], exp.Expr]:
    """TRY_HEX_DECODE and TRY_BASE64_DECODE: NULL for what cannot be decoded."""

    def rule(node: Any) -> exp.Expr:
        source = f"sf_text({_text(node.this)})"
        if name == "unhex":  # DuckDB reads an odd number of digits, too
            source = f"CASE WHEN length({source}) % 2 = 0 THEN {source} END"
        made = f"{name}({source})"
        return sql(f"TRY(decode({made}))" if text else f"TRY({made})")

    return rule


def _parse_ip(node: Any) -> exp.Expr:
    items = [*node.expressions, exp.Literal.number(0)]
    return function("sf_parse_ip", *items[:3])


def _uuid(node: Any) -> exp.Expr:
    return function("sf_uuid_of", *node.expressions) if node.expressions else sql("CAST(uuid() AS VARCHAR)")


def _array_sort(node: Any) -> exp.Expr:
    ascending = node.expressions[1] if len(node.expressions) > 1 else exp.true()
    default = exp.Not(this=ascending.copy())
    return function(
        "sf_array_sort",
        node.expressions[0],
        ascending,
        node.expressions[2] if len(node.expressions) > 2 else default,
    )


def _map_delete(node: Any) -> exp.Expr:
    found: exp.Expr = node.expressions[0]
    for key in node.expressions[1:]:
        found = function("sf_object_delete", found, key)
    return found


def _map_pick(node: Any) -> exp.Expr:
    listed = picked_by_list(node)
    if listed is not None:
        return listed
    return function("sf_map_pick", node.expressions[0], function("json_array", *node.expressions[1:]))


def _zoned(node: Any) -> exp.Expr:
    made = function("make_timestamp", *[node.args[name] for name in ("year", "month", "day", "hour", "min", "sec")])
    if node.args.get("nano") is not None:
        made = sql(f"({_text(made)} + to_microseconds(CAST({_text(node.args['nano'])} // 1000 AS BIGINT)))")
    zone = node.args.get("zone")
    shown = f"timezone({_text(zone)}, {_text(made)})" if zone is not None else f"CAST({_text(made)} AS TIMESTAMPTZ)"
    moment = _cast(shown, "TIMESTAMPTZ", Declared("TIMESTAMP_TZ"))
    if zone is not None:
        moment.meta["zone"] = _text(zone)
    return moment


def _converted(node: Any) -> exp.Expr:
    """CONVERT_TIMEZONE: of a time without zone between two zones, or of a moment to a zone."""
    *zones, source = [_text(item) for item in node.expressions]
    if len(zones) == 2:
        moment = f"timezone({zones[0]}, CAST({source} AS TIMESTAMP))"
        return _cast(f"timezone({zones[1]}, {moment})", "TIMESTAMP", Declared("TIMESTAMP_NTZ"))
    made = _cast(_text(moment_of(node.expressions[-1], zoned=True)), "TIMESTAMPTZ", Declared("TIMESTAMP_TZ"))
    made.meta["zone"] = zones[0]
    return made


def _of_kind(name: str) -> Callable[[Any], exp.Expr]:
    return lambda node: sql(typed(name, node.expressions[0]))


CLASSES: dict[type, Callable[[Any], exp.Expr]] = {
    exp.TimestampTzFromParts: _zoned,
    exp.MD5NumberLower64: lambda node: function("sf_md5_number", function("sf_text", node.this), exp.false()),
    exp.MD5NumberUpper64: lambda node: function("sf_md5_number", function("sf_text", node.this), exp.true()),
    exp.SHA2Digest: _sha2_bytes,
    exp.TryHexDecodeString: _decoded("unhex", text=True),
    exp.TryHexDecodeBinary: _decoded("unhex", text=False),
    exp.TryBase64DecodeString: _decoded("from_base64", text=True),
    exp.TryBase64DecodeBinary: _decoded("from_base64", text=False),
    exp.Chr: lambda node: function("sf_chr", node.expressions[0]),
}
NAMES: dict[str, Callable[[Any], exp.Expr]] = {
    **dict.fromkeys(["TO_NUMBER", "TO_DECIMAL", "TO_NUMERIC"], _number(attempt=False)),
    **dict.fromkeys(["TRY_TO_NUMBER", "TRY_TO_DECIMAL", "TRY_TO_NUMERIC"], _number(attempt=True)),
    "TO_DOUBLE": _double(attempt=False),
    "TRY_TO_DOUBLE": _double(attempt=True),
    "TO_DATE": _moment("DATE", attempt=False),
    "TRY_TO_DATE": _moment("DATE", attempt=True),
    "TO_TIME": _moment("TIME", attempt=False),
    "TRY_TO_TIME": _moment("TIME", attempt=True),
    "TO_BINARY": _binary(attempt=False),
    "TRY_TO_BINARY": _binary(attempt=True),
    "AS_DATE": _taken("DATE", "DATE"),
    "AS_TIME": _taken("TIME", "TIME"),
    "AS_TIMESTAMP_NTZ": _taken("TIMESTAMP_NTZ", "TIMESTAMP"),
    "AS_TIMESTAMP_LTZ": _taken("TIMESTAMP_LTZ", "TIMESTAMPTZ"),
    "AS_TIMESTAMP_TZ": _taken("TIMESTAMP_TZ", "TIMESTAMPTZ"),
    "AS_BINARY": _taken("BINARY", "BLOB"),
    "DATE": _moment("DATE", attempt=False),
    "TIME": _moment("TIME", attempt=False),
    "ARRAYS_ZIP": lambda node: sql(
        f"CASE WHEN {' AND '.join(f'({_text(item)}) IS NOT NULL' for item in node.expressions)} THEN CAST("
        f"sf_arrays_zip_text(CAST({_text(function('json_array', *node.expressions))} AS VARCHAR)) AS JSON) END"
    ),
    **{f"IS_{name}": _of_kind(name) for name in (*KINDS, "VARCHAR")},
    "IS_CHAR": _of_kind("VARCHAR"),
    "CONVERT_TIMEZONE": _converted,
    "SOUNDEX": lambda node: function("sf_soundex", node.expressions[0], exp.false()),
    "SOUNDEX_P123": lambda node: function("sf_soundex", node.expressions[0], exp.true()),
    "SHA2": _sha2,
    "SHA2_HEX": _sha2,
    "PARSE_IP": _parse_ip,
    "UUID_STRING": _uuid,
    "ARRAY_SORT": _array_sort,
    "MAP_INSERT": inserted,
    "MAP_DELETE": _map_delete,
    "MAP_PICK": _map_pick,
}
