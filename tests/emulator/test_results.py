"""The store of results: what it keeps, for how long, and how values survive it."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from airflow_provider_spcs.emulator.clock import TickClock
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.result import Column, Result, number, text
from airflow_provider_spcs.emulator.wire import binds, rowset
from airflow_provider_spcs.emulator.wire.results import INLINE_ROWS, LARGE_PART_BYTES, Results


def _numbers(rows: int, batch: int = 10_000) -> Iterator[pa.RecordBatch]:
    for first in range(0, rows, batch):
        yield pa.record_batch({"N": pa.array(range(first, min(first + batch, rows)), pa.int64())})


def _read(results: Results, query_id: str) -> list[int]:
    return [value for batch in results.get(query_id)[1] for value in batch.column(0).to_pylist()]


@pytest.mark.parametrize("rows", [0, 1, INLINE_ROWS, INLINE_ROWS + 1, 100_000])
def test_stored_result_is_read_back_whole(tmp_path: Path, rows: int) -> None:
    """Every row once, in order, and a first part that fits into a reply."""
    results = Results(tmp_path, TickClock())
    stored = results.store("q", Result([number("N")], batches=_numbers(rows)))
    assert _read(results, "q") == list(range(rows))
    assert stored.rows == rows
    assert all(part.rows <= INLINE_ROWS for part in stored.parts[:1])


def test_result_is_dropped_after_a_day(tmp_path: Path) -> None:
    """As on Snowflake: RESULT_SCAN of an older query is 709."""
    clock = TickClock()
    results = Results(tmp_path, clock)
    results.store("old", Result([number("N")], [(1,)]))
    clock.tick(24 * 3600 + 1)
    results.store("new", Result([number("N")], [(2,)]))
    assert _read(results, "new") == [2]
    with pytest.raises(SnowflakeError) as caught:
        results.get("old")
    assert caught.value.errno == 709


def test_oldest_results_make_room_for_the_newest(tmp_path: Path) -> None:
    """The budget holds, and the newest result is kept even when it alone exceeds it."""
    results = Results(tmp_path, TickClock(), budget=500_000)
    for name in ("a", "b", "c"):
        results.store(name, Result([number("N")], batches=_numbers(100_000)))
    assert [path.name for path in tmp_path.iterdir()] == ["c"]
    assert len(_read(results, "c")) == 100_000


def test_result_that_fails_while_read_leaves_nothing(tmp_path: Path) -> None:
    """A statement that is cancelled between two batches leaves no file."""

    def broken() -> Iterator[pa.RecordBatch]:
        yield from _numbers(10_000)
        raise SnowflakeError("SQL execution canceled", 604, "57014")

    with pytest.raises(SnowflakeError):
        Results(tmp_path, TickClock()).store("q", Result([number("N")], batches=broken()))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("values", "scale", "kind"),
    [
        ([1, None, -128], 0, pa.int8()),
        ([1, 128], 0, pa.int16()),
        ([-40_000, 1], 0, pa.int32()),
        ([1, 2**40], 0, pa.int64()),
        ([1, 2**100], 0, pa.decimal128(38, 0)),
        (["1.27", "-1.28"], 2, pa.int8()),
        (["1.28", "0.00"], 2, pa.int16()),
        ([None, None], 0, pa.int64()),
    ],
)
def test_numbers_are_as_narrow_as_the_values_of_all_parts_allow(
    tmp_path: Path, values: list[object], scale: int, kind: pa.DataType
) -> None:
    """Values in any batch widen their column for the whole result, and none widens it without need."""
    plain = pa.decimal128(38, scale)
    arrays = [pa.array([None if value is None else Decimal(value)], plain) for value in values]
    batches = iter([pa.record_batch({"N": array}) for array in arrays])
    stored = Results(tmp_path, TickClock()).store("q", Result([number("N", scale=scale)], batches=batches))
    assert stored.numbers == {0: kind}


_EXACT = datetime.datetime(1969, 12, 31, 23, 59, 58, 123456)


@pytest.mark.parametrize(
    ("column", "value", "other"),
    [
        (number("C"), 1, 2**40),
        (number("C"), 2**70, -(2**70)),
        (Column("C", "FIXED", 38, 2), Decimal("1.50"), Decimal(10) ** 30),
        (Column("C", "REAL"), -2.5, None),
        (Column("C", "BOOLEAN"), True, False),
        (Column("C", "DATE"), datetime.date(2024, 2, 29), None),
        (Column("C", "TIME", 0, 9), datetime.time(12, 34, 56, 789), None),
        (Column("C", "TIMESTAMP_NTZ", 0, 9), _EXACT, datetime.datetime(9999, 12, 31)),
        (Column("C", "TIMESTAMP_NTZ", 0, 6), _EXACT, None),
        (Column("C", "TIMESTAMP_LTZ", 0, 9), _EXACT.replace(tzinfo=datetime.UTC), None),
        (Column("C", "BINARY"), b"\x00\xff", b""),
        (Column("C", "VARIANT"), '"a"', '{\n  "b": 1\n}'),
        (text("C"), "h\u00e9", ""),
    ],
)
def test_values_of_later_parts_are_read_back_as_they_were(
    tmp_path: Path, column: Column, value: object, other: object
) -> None:
    """The parts that are written as they are sent hold what the first, plain one holds; a wider one changes none."""
    results = Results(tmp_path, TickClock())
    batches = [rowset.from_rows([(value,), (None,)] * INLINE_ROWS, [column]) for _ in range(2)]
    last = rowset.from_rows([(other,)], [column])
    # As DuckDB would: one type for the whole column.
    wide = last.schema if column.type == "FIXED" else batches[0].schema
    batches = [batch.cast(wide) for batch in (*batches, last)]
    stored = results.store("q", Result([column], batches=iter(batches)))
    found = [row for batch in results.get("q")[1] for row in batch.column(0).to_pylist()]
    assert len(stored.parts) > 1
    assert found == [value, None] * (2 * INLINE_ROWS) + [other]


def test_timestamp_with_an_offset_is_read_back_from_a_later_part(tmp_path: Path) -> None:
    """The moment and the offset, at scales that travel as one count and as two."""
    moment = _EXACT.replace(microsecond=123000, tzinfo=datetime.timezone(datetime.timedelta(minutes=-90)))
    for scale in (3, 9):
        results = Results(tmp_path, TickClock())
        column = Column("C", "TIMESTAMP_TZ", 0, scale)
        results.store("q", Result([column], batches=iter([rowset.from_rows([(moment,)] * 2 * INLINE_ROWS, [column])])))
        rows = [row for batch in results.get("q")[1] for row in batch.column(0).to_pylist()]
        assert len(rows) == 2 * INLINE_ROWS
        assert all(row == {"moment": moment, "offset": -90} for row in rows)


def test_part_before_a_wider_number_is_sent_as_wide(tmp_path: Path) -> None:
    """Clients put parts together, so that all have one type; parts that have it are sent as they lie on disk."""
    per_part = LARGE_PART_BYTES // 8 + INLINE_ROWS
    batches = iter([pa.record_batch({"N": pa.array([fill] * per_part, pa.int64())}) for fill in (1, 2**40)])
    stored = Results(tmp_path, TickClock()).store("q", Result([number("N")], batches=batches))
    assert [stored.as_sent(index) is not None for index in range(len(stored.parts))] == [False, False, True]
    for index in range(len(stored.parts)):
        assert pa.ipc.open_stream(stored.encoded(index)).schema.types == [pa.int64()]


def test_rows_of_python_values_are_kept_exactly(tmp_path: Path) -> None:
    """SHOW and DML results, which come as rows, can be scanned like any other."""
    columns = [text("T"), number("N"), Column("D", "FIXED", 10, 2), Column("TS", "TIMESTAMP_NTZ", 0, 9)]
    row = ("x", 2**70, Decimal("1.50"), datetime.datetime(2024, 2, 29, 1, 2, 3, 456789))
    results = Results(tmp_path, TickClock())
    results.store("q", Result(columns, [row, (None,) * 4]))
    batch = next(results.get("q")[1])
    assert [tuple(line.values()) for line in batch.to_pylist()] == [row, (None,) * 4]


@pytest.mark.parametrize(
    ("kind", "sent", "value"),
    [
        ("FIXED", "12345678901234567890123", 12345678901234567890123),
        ("FIXED", "1.50", Decimal("1.50")),
        ("REAL", "2.5", 2.5),
        ("BOOLEAN", "true", True),
        ("TEXT", "1", "1"),
        ("BINARY", "01ff", b"\x01\xff"),
        ("DATE", "-86400000", datetime.date(1969, 12, 31)),
        ("TIME", "3723456789000", datetime.time(1, 2, 3, 456789)),
        ("TIMESTAMP_NTZ", "-1000", datetime.datetime(1969, 12, 31, 23, 59, 59, 999999)),
        ("TIMESTAMP_LTZ", "0", datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)),
        ("ANY", None, None),
    ],
)
def test_bind_is_decoded_by_its_declared_type(kind: str, sent: str | None, value: object) -> None:
    """The text of a bind becomes the Python value its type says."""
    assert binds.decode({"1": {"type": kind, "value": sent}}) == ([value], None)


def test_bind_of_timestamp_tz_keeps_its_offset() -> None:
    """Nanoseconds since 1970, a blank, minutes plus 1440."""
    [moment], _ = binds.decode({"1": {"type": "TIMESTAMP_TZ", "value": "0 1560"}})
    assert str(moment) == "1970-01-01 02:00:00+02:00"


def test_binds_are_ordered_by_number_not_by_text() -> None:
    """Key 10 comes after key 9."""
    given = {str(number): {"type": "FIXED", "value": str(number)} for number in range(12, 0, -1)}
    assert binds.decode(given) == (list(range(1, 13)), None)


def test_array_binds_become_rows() -> None:
    """One array a column on the wire, one list a row for the engine."""
    given = {"1": {"type": "FIXED", "value": ["1", "2"]}, "2": {"type": "TEXT", "value": ["a", None]}}
    assert binds.decode(given) == ([], [[1, "a"], [2, None]])


@pytest.mark.parametrize("given", [{"1": None}, {"x": {}}, [], ["1"], {"1": {"value": []}, "2": {"value": "x"}}])
def test_malformed_binds_are_refused_or_empty(given: object) -> None:
    """Nothing that is not a bind gets further than here."""
    if not given:
        assert binds.decode(given) == ([], None)
        return
    with pytest.raises(SnowflakeError):
        binds.decode(given)


@pytest.mark.parametrize(("scale", "shown"), [(0, "-1"), (3, "-0.001"), (6, "-0.000001")])
def test_moment_before_1970_is_cut_to_the_earlier_one(scale: int, shown: str) -> None:
    """One microsecond before 1970 in fewer digits."""
    batch = pa.record_batch({"A": pa.array([-1], pa.timestamp("us"))})
    assert rowset.to_rows(batch, [Column("A", "TIMESTAMP_NTZ", scale=scale)]) == [[shown]]
