"""Cases: ``write_pandas`` with what it can be told, and frames read back."""

from __future__ import annotations

import datetime
from typing import Any

from cases import Place, case, fails_saying, same
from connecting import connect, rows


def _frame() -> Any:
    import pandas

    return pandas.DataFrame({"id": [1, 2, 3], "Name": ["a", "it's", None], "price": [1.5, None, 2.5]})


def _written(place: Place, table: str, frame: Any, **said: Any) -> tuple[bool, int, int]:
    """Whether it worked, in how many files, how many rows."""
    from snowflake.connector.pandas_tools import write_pandas

    with connect(place) as connection:
        done, chunks, count, _ = write_pandas(connection, frame, table, **said)
        return done, chunks, count


@case
def pandas_creates_the_table(place: Place) -> None:
    """Names as in the frame, or in upper case without quotes."""
    same(_written(place, "PD_QUOTED", _frame(), auto_create_table=True, overwrite=True), (True, 1, 3))
    same([row[0] for row in rows(place, "describe table PD_QUOTED")], ["id", "Name", "price"])
    said = {"auto_create_table": True, "overwrite": True, "quote_identifiers": False}
    same(_written(place, "pd_plain", _frame(), **said), (True, 1, 3))
    same([row[0] for row in rows(place, "describe table PD_PLAIN")], ["ID", "NAME", "PRICE"])
    same(rows(place, "select name, price from PD_PLAIN order by id"), [("a", 1.5), ("it's", None), (None, 2.5)])


@case
def pandas_overwrites_or_adds(place: Place) -> None:
    """With and without the table's own columns."""
    said = {"auto_create_table": True, "quote_identifiers": False}
    _written(place, "PD_OVER", _frame(), overwrite=True, **said)
    _written(place, "PD_OVER", _frame(), **said)
    same(rows(place, "select count(*) from PD_OVER"), [(6,)])
    _written(place, "PD_OVER", _frame().head(1), overwrite=True, quote_identifiers=False)
    same(rows(place, "select count(*) from PD_OVER"), [(1,)])
    with fails_saying("invalid identifier"):
        _written(place, "PD_OVER", _frame().rename(columns={"id": "other"}), quote_identifiers=False)


@case
def pandas_table_types(place: Place) -> None:
    """Temporary, transient; in another schema by its name."""
    from snowflake.connector.pandas_tools import write_pandas

    with connect(place) as connection:
        for kind in ("temp", "temporary", "transient"):
            said = {"auto_create_table": True, "table_type": kind, "overwrite": True}
            write_pandas(connection, _frame(), f"PD_{kind.upper()}", **said)
        cursor = connection.cursor()
        kinds = {row[1]: row[4] for row in cursor.execute("show tables like 'PD_T%'").fetchall()}
        same((kinds["PD_TEMP"], kinds["PD_TRANSIENT"]), ("TEMPORARY", "TRANSIENT"))
        cursor.execute("create or replace schema EMULATOR.PD_ELSEWHERE")
        write_pandas(connection, _frame(), "THERE", database="EMULATOR", schema="PD_ELSEWHERE", auto_create_table=True)
        same(cursor.execute("select count(*) from EMULATOR.PD_ELSEWHERE.THERE").fetchone(), (3,))


@case
def pandas_in_chunks_and_in_threads(place: Place) -> None:
    """Several files, several threads, gzip and snappy."""
    import pandas

    frame = pandas.DataFrame({"N": range(1000)})
    for compression in ("gzip", "snappy"):
        said = {"chunk_size": 300, "parallel": 2, "compression": compression}
        same(_written(place, "PD_CHUNKS", frame, auto_create_table=True, overwrite=True, **said), (True, 4, 1000))
        same(rows(place, "select sum(n) from PD_CHUNKS"), [(499_500,)])


@case
def pandas_logical_types(place: Place) -> None:
    """Moments with and without a zone keep what they are; dates, decimals, lists and dictionaries."""
    import decimal

    import pandas

    moment = datetime.datetime(2024, 3, 1, 12, 30, 15, 250_000)
    frame = pandas.DataFrame({
        "NTZ": [pandas.Timestamp(moment)], "TZ": [pandas.Timestamp(moment, tz="Europe/Berlin")], "D": [moment.date()],
        "N": [decimal.Decimal("1.25")], "L": [[1, 2]], "O": [{"a": "b"}], "T": [True],
    })  # fmt: skip
    said = {"use_logical_type": True, "auto_create_table": True, "overwrite": True}
    _written(place, "PD_LOGICAL", frame, **said)
    found = rows(place, "select NTZ, TZ, D, N, L[1], O:a::varchar, T from PD_LOGICAL")[0]
    same((found[0], found[2], found[3]), (moment, moment.date(), decimal.Decimal("1.25")))
    same(found[1].astimezone(datetime.UTC).replace(tzinfo=None), moment - datetime.timedelta(hours=1))
    same(found[4:], ("2", "b", True))


@case
def pandas_read_back_equal(place: Place) -> None:
    """What was written comes back as the same frame, whole and in batches."""
    import pandas

    frame = pandas.DataFrame({"N": range(20_000), "T": [f"t{n}" for n in range(20_000)]})
    _written(place, "PD_BACK", frame, auto_create_table=True, overwrite=True)
    with connect(place) as connection:
        cursor = connection.cursor().execute("select * from PD_BACK order by N")
        pandas.testing.assert_frame_equal(cursor.fetch_pandas_all(), frame, check_dtype=False)
        cursor.execute("select * from PD_BACK order by N")
        parts = list(cursor.fetch_pandas_batches())
        same(sum(map(len, parts)), 20_000)
        assert len(parts) > 1


@case
def many_rows_bound_at_once(place: Place) -> None:
    """70,000 rows, which the client puts onto a stage as files, with moments and offsets."""
    with connect(place, paramstyle="qmark") as connection:
        cursor = connection.cursor()
        cursor.execute("create or replace table MANY_BOUND (n int, t varchar, at timestamp_tz)")
        bound = [(n, f"t,{n}", "2024-01-01 10:00:00 +02:00") for n in range(70_000)]
        cursor.executemany("insert into MANY_BOUND values (?, ?, ?)", bound)
        found = cursor.execute("select count(*), max(t), min(at)::varchar from MANY_BOUND").fetchone()
        same(found, (70_000, "t,9999", "2024-01-01 10:00:00.000 +0200"))
