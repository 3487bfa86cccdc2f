"""Text: formats of TO_CHAR, and semi-structured values where text is wanted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp

from airflow_provider_spcs.emulator.engine import number_formats
from airflow_provider_spcs.emulator.engine.translate.functions.build import function, sql
from airflow_provider_spcs.emulator.errors import unsupported

_DATE = re.compile(r"YYYY|YY|MM|MON|DD|DY|HH|MI|SS|FF", re.IGNORECASE)
_OURS = re.compile(r"FF(?![36])|TZ|MMMM.*MMMM", re.IGNORECASE)
"""What DuckDB does not write as Snowflake does."""
_PARTS = [
    ("YYYY", "%Y"), ("YY", "%y"), ("MMMM", "%B"), ("MON", "%b"), ("MM", "%m"), ("DD", "%d"), ("DY", "%a"),
    ("HH24", "%H"), ("HH12", "%I"), ("HH", "%H"), ("AM", "%p"), ("PM", "%p"), ("MI", "%M"), ("SS", "%S"),
    *((f"FF{digits}", "%n") for digits in (1, 2, 4, 5, 7, 8, 9)), ("FF6", "%f"), ("FF3", "%g"), ("FF0", ""),
    ("FF", "%n"), ("TZHTZM", "%z"), ("TZH:TZM", "%z"),
    ("TZH", "%z"),
]  # fmt: skip


def strftime(text: str) -> str:
    """A Snowflake date format in ``strftime``'s words."""
    out, at = "", 0
    while at < len(text):
        if text[at] == '"':
            end = text.find('"', at + 1)
            out, at = out + text[at + 1 : end], end + 1
            continue
        for word, directive in _PARTS:
            if text[at : at + len(word)].upper() == word:
                out, at = out + directive, at + len(word)
                break
        else:
            out, at = out + text[at].replace("%", "%%"), at + 1
    return out


def time_text(moment: exp.Expr, shape: str) -> exp.Expr:
    """A date or timestamp as text in a Snowflake date format."""
    if _OURS.search(shape):
        return sql(f"sf_time_out(sf_iso({moment.sql('duckdb')}), {exp.Literal.string(shape).sql('duckdb')})")
    return function("strftime", moment, exp.Literal.string(strftime(shape)))


def _to_char(node: exp.Expr) -> exp.Expr:  # noqa: PLR0911 - one return a kind of value
    source = node.expressions[0]
    if len(node.expressions) == 1:
        return function("sf_varchar", source)
    wanted = node.expressions[1]
    kind = source.meta.get("kind")
    if kind is not None and kind.name in {"NUMBER", "FLOAT"}:
        return _number(source, wanted)
    time = kind is not None and (kind.name == "DATE" or kind.name.startswith("TIME"))
    if not isinstance(wanted, exp.Literal):
        if not time:
            raise unsupported("TO_CHAR of a value of unknown type with a format that is not a literal")
        return sql(f"sf_time_out(sf_iso({source.sql('duckdb')}), {wanted.sql('duckdb')})")
    if wanted.this.upper() in {"HEX", "UTF-8", "UTF8", "BASE64"}:
        names = {"HEX": "hex", "BASE64": "to_base64"}
        return function(names.get(wanted.this.upper(), "decode"), source)
    if _DATE.search(wanted.this) and time and kind.name == "TIME":
        return sql(f"sf_time_out(sf_iso({_moment(source).sql('duckdb')}), {wanted.sql('duckdb')})")
    if _DATE.search(wanted.this):
        return time_text(_moment(source), wanted.this)
    return _number(source, wanted)


def _moment(source: exp.Expr) -> exp.Expr:
    if isinstance(source, exp.Literal):
        return exp.cast(source, "TIMESTAMP")
    return source


def _number(source: Any, wanted: Any) -> exp.Expr:
    if isinstance(wanted, exp.Literal):
        try:
            number_formats.write("1", wanted.this)
        except number_formats.FormatError as error:
            raise unsupported(f"TO_CHAR format {wanted.this}") from error
    return function("sf_number_out", function("sf_text", source), wanted)


CLASSES: dict[type, Callable[[Any], exp.Expr]] = {}
NAMES: dict[str, Callable[[Any], exp.Expr]] = {"TO_CHAR": _to_char, "TO_VARCHAR": _to_char}
