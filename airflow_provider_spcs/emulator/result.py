"""What a statement gives back, before the wire encodes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

MAX_TEXT = 16_777_216


class Kind(IntEnum):
    """Statement type ids, by which clients tell queries from DML from DDL.

    Source: snowflake-connector-python's ``StatementType`` and drivers' constants.
    """

    SELECT = 0x1000
    DML = 0x3000
    INSERT = 0x3100
    UPDATE = 0x3200
    DELETE = 0x3300
    MERGE = 0x3400
    MULTI_INSERT = 0x3500
    COPY = 0x3600
    UNLOAD = 0x3700
    SHOW = 0x4100
    DESCRIBE = 0x4200
    LIST = 0x4300
    GET = 0x4700
    PUT = 0x4800
    REMOVE = 0x4900
    USE = 0x4500
    SET = 0x4400
    CALL = 0x4600
    ALTER_SESSION = 0x4001
    TRANSACTION = 0x5000
    DDL = 0x6000
    MULTI = 0xA000


@dataclass(frozen=True)
class Column:
    """One column of a result, in Snowflake's wire terms.

    Args:
        name: As Snowflake returns it.
        type: FIXED, REAL, TEXT, BINARY, BOOLEAN, DATE, TIME, TIMESTAMP_NTZ, TIMESTAMP_LTZ, TIMESTAMP_TZ,
            INTERVAL_DAY_TIME, VARIANT, OBJECT or ARRAY.
        precision: Digits in all, for FIXED; 0 to 38.
        scale: Digits after the point for FIXED; fraction digits (0 to 9) for times.
        length: Characters for TEXT, bytes for BINARY.
        nullable: Whether NULL can occur.
    """

    name: str
    type: str = "TEXT"
    precision: int | None = None
    scale: int | None = None
    length: int | None = None
    nullable: bool = True


def text(name: str, length: int = MAX_TEXT, *, nullable: bool = True) -> Column:
    """A VARCHAR column."""
    return Column(name, "TEXT", length=length, nullable=nullable)


def number(name: str, precision: int = 38, scale: int = 0) -> Column:
    """A NUMBER column."""
    return Column(name, "FIXED", precision=precision, scale=scale)


def timestamp_ltz(name: str, scale: int = 3) -> Column:
    """A TIMESTAMP_LTZ column; SHOW commands use three fraction digits."""
    return Column(name, "TIMESTAMP_LTZ", precision=0, scale=scale)


def boolean(name: str) -> Column:
    """A BOOLEAN column."""
    return Column(name, "BOOLEAN")


@dataclass
class Result:
    """Columns with either ``rows`` (small, plain Python values) or ``batches`` (a stream of Arrow batches).

    Rows hold ``str | int | float | Decimal | bool | datetime | date | time | bytes | None``; timestamps are aware
    (LTZ, TZ) or naive (NTZ) datetimes; VARIANT, OBJECT and ARRAY values are JSON text.
    """

    columns: Sequence[Column]
    rows: list[tuple[object, ...]] | None = None
    batches: Iterator[pa.RecordBatch] | None = None
    kind: int = Kind.SELECT
    transfer: dict[str, object] | None = None
    """For PUT and GET: the fields of the reply's ``data`` that tell the client what to move and where."""
    children: list[Result] = field(default_factory=list)
    """For several statements in one request: their results, in order."""
    query_id: str = ""
    changed: dict[str, int] = field(default_factory=dict)
    """How many rows were ``inserted`` or ``deleted`` by a statement whose own rows do not say so."""


def status(message: str, kind: int = Kind.DDL) -> Result:
    """The one-row, one-column answer of DDL: a sentence under ``status``."""
    return Result([text("status")], [(message,)], kind=kind)


def value(name: str, content: object, kind: int = Kind.SELECT) -> Result:
    """One value under one name, as system functions answer."""
    column = text(name) if not isinstance(content, bool) else boolean(name)
    if isinstance(content, int) and not isinstance(content, bool):
        column = number(name)
    return Result([column], [(content,)], kind=kind)
