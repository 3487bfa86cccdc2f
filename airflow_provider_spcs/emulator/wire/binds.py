"""Values for ``?`` as clients send them: text with a declared type."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.statement import tokenize

_BEFORE_VALUES = set("(,=+-*/<>")
_NUMBERED = re.compile(r":\d")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY_MS = 86_400_000
"""Bound dates are counted in milliseconds. Source: snowflake-connector-python, converter.py."""


def decode(bindings: object) -> tuple[list[object], list[list[object]] | None]:
    """The bound values: ``(values, None)``, or ``([], rows)`` when every value is an array (``executemany``).

    Raises:
        SnowflakeError: A value does not fit its declared type, or the bindings are not what clients send.
    """
    if not bindings:
        return [], None
    columns = [_typed(bind) for bind in _ordered(bindings)]
    arrays = [content for _, content in columns if isinstance(content, list)]
    if len(arrays) == len(columns) and len({len(array) for array in arrays}) == 1:
        decoded = [[_value(kind, item) for item in content] for kind, content in columns]
        return [], [list(row) for row in zip(*decoded, strict=True)]
    if arrays:
        raise _malformed("arrays of one length, or no arrays")
    return [_value(kind, content) for kind, content in columns], None


def numbered(sql: str, values: list[object], rows: list[list[object]] | None) -> tuple[str, list[Any], Any]:
    """The statement with ``?`` for ``:1``, ``:2`` and so on, and the values in the order of the question marks.

    Args:
        sql: The statement as sent.
        values: The bound values.
        rows: The bound rows of an ``executemany``.

    Raises:
        SnowflakeError: 2049 when a number has no value.
    """
    if not (values or rows) or not _NUMBERED.search(sql):
        return sql, values, rows
    marks = _marks(sql)
    count = len(rows[0]) if rows else len(values)
    for _, _, number in marks:
        if not 1 <= number <= count:
            raise SnowflakeError(f"SQL compilation error:\nBind variable :{number} not set.", 2049, "42601")
    for start, end, _ in reversed(marks):
        sql = f"{sql[:start]}?{sql[end:]}"
    order = [number - 1 for _, _, number in marks]
    if not order:
        return sql, values, rows
    if rows is not None:
        return sql, values, [[row[index] for index in order] for row in rows]
    return sql, [values[index] for index in order], None


def _marks(sql: str) -> list[tuple[int, int, int]]:
    """Begin, end and number of each ``:n``; not paths (``v:n``) and not ``::`` casts."""
    tokens = tokenize(sql)
    found = []
    for before, colon, digits in zip([None, *tokens], tokens, tokens[1:], strict=False):
        if colon.text != ":" or not digits.text.isdecimal() or digits.start != colon.end + 1:
            continue
        if (
            before is None
            or before.end + 1 < colon.start
            or before.text in {"(", ",", "=", "+", "-", "*", "/", "<", ">"}
        ):
            found.append((colon.start, digits.end + 1, int(digits.text)))
    return found


def _ordered(bindings: object) -> list[object]:
    if not isinstance(bindings, dict) or not all(str(key).isdecimal() for key in bindings):
        raise _malformed("an object with the keys 1, 2, 3 and so on")
    return [bindings[key] for key in sorted(bindings, key=int)]


def _typed(bind: object) -> tuple[str, Any]:
    if not isinstance(bind, dict):
        raise _malformed("objects with type and value")
    return str(bind.get("type") or "TEXT").upper(), bind.get("value")


def _malformed(rule: str) -> SnowflakeError:
    return SnowflakeError(f"query-request: the bindings are malformed. They are to be {rule}.", 390_400, "22023")


def _value(kind: str, content: Any) -> object:
    if content is None:
        return None
    reader = _READERS.get(kind)
    if reader is None:
        raise unsupported(f"bind of type {kind}")
    try:
        return reader(str(content))
    except (ValueError, InvalidOperation, OverflowError) as error:
        raise SnowflakeError(f"{kind.title()} value '{content}' is not recognized", 100_038, "22018") from error


def _number(content: str) -> object:
    try:
        return int(content)
    except ValueError:
        return Decimal(content)


def _boolean(content: str) -> bool:
    known = {"true": True, "1": True, "false": False, "0": False}
    if content.lower() not in known:
        raise ValueError(content)
    return known[content.lower()]


def _date(content: str) -> object:
    if not content.lstrip("-").isdigit():
        return date.fromisoformat(content)
    return date(1970, 1, 1) + timedelta(days=int(content) // _DAY_MS)


def _time(content: str) -> object:
    if not content.isdigit():
        return time.fromisoformat(content)
    return (_EPOCH + timedelta(microseconds=int(content) // 1000)).time()


def _ntz(content: str) -> object:
    if not content.lstrip("-").isdigit():
        return datetime.fromisoformat(content).replace(tzinfo=None)
    return (_EPOCH + timedelta(microseconds=int(content) // 1000)).replace(tzinfo=None)


def _ltz(content: str) -> object:
    if not content.lstrip("-").isdigit():
        moment = datetime.fromisoformat(content)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return _EPOCH + timedelta(microseconds=int(content) // 1000)


def _tz(content: str) -> object:
    count, _, offset = content.partition(" ")
    if not offset.isdigit() or not count.lstrip("-").isdigit():
        return _ltz(content)
    zone = timezone(timedelta(minutes=int(offset) - 1440))
    return (_EPOCH + timedelta(microseconds=int(count) // 1000)).astimezone(zone)


_READERS: dict[str, Callable[[str], object]] = {
    "TEXT": str,
    "ANY": str,
    "VARIANT": str,
    "OBJECT": str,
    "ARRAY": str,
    "FIXED": _number,
    "REAL": float,
    "BOOLEAN": _boolean,
    "DATE": _date,
    "TIME": _time,
    "TIMESTAMP_NTZ": _ntz,
    "TIMESTAMP_LTZ": _ltz,
    "TIMESTAMP_TZ": _tz,
    "BINARY": bytes.fromhex,
}
