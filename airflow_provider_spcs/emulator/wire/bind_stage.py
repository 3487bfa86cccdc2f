"""Rows of an ``executemany`` that a client has put onto a stage as CSV, instead of sending them with the statement."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|\Z)')
"""A quoted field or a bare one, and what ends it. A bare field without characters is NULL.

Source: snowflake-connector-python, ``SnowflakeConverter.escape_for_csv``.
"""
_NUMBER = re.compile(r"(\d+)\.csv(?:\.gz)?\Z")


def rows(session: Session, place: str) -> list[list[object]]:
    """The bound rows, in order; every value is text or None.

    Args:
        session: Whose stage it is.
        place: The stage's directory, ``@SYSTEMBIND/...``; its files are named by the number of their last row.

    Raises:
        SnowflakeError: 2003 when there is no such stage, 100080 when a file is not what clients write.
    """
    location = session.account.stages.locate(session, place)
    found: list[list[object]] = []
    for file in sorted(location.files(None), key=lambda file: _order(file.path)):
        content = location.file(file.path).read_bytes()
        if file.path.endswith(".gz"):
            content = gzip.decompress(content)
        found.extend(_records(content.decode(), file.path))
    if len({len(row) for row in found}) > 1:
        raise SnowflakeError(f"Bound rows in {place} differ in their number of values.", 100_080, "22000")
    return found


def _order(path: str) -> int:
    number = _NUMBER.search(path)
    return int(number[1]) if number else 0


def _records(content: str, path: str) -> Iterator[list[object]]:
    at, record = 0, []
    while at < len(content):
        field = _FIELD.match(content, at)
        if field is None:
            raise SnowflakeError(f"Bound rows in {path} are not CSV at character {at}.", 100_080, "22000")
        quoted, bare, end = field.groups()
        value: object = quoted.replace('""', '"') if quoted is not None else bare or None
        record.append(value)
        if end != ",":
            yield record
            record = []
        at = field.end()
