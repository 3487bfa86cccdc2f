"""Cases: rows, dictionaries, pandas, Arrow, parts of a large result, asyncio."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys

import snowflake.connector
from cases import Place, SkippedError, case, same
from connecting import MAJOR, connect, cursor, rows

LARGE = (
    "select seq4() as n, 'row ' || seq4() as t, uniform(0, 1000, random())::number(6,2) as d "
    "from table(generator(rowcount => 200000)) order by n"
)


@case
def fetch_in_every_way(place: Place) -> None:
    """One, many, all, by iteration, as dictionaries."""
    with cursor(place) as opened:
        opened.execute("select column1 as a from values (1), (2), (3), (4)")
        same((opened.fetchone(), opened.fetchmany(2), opened.fetchall()), ((1,), [(2,), (3,)], [(4,)]))
        same(opened.fetchone(), None)
        same([row[0] for row in opened.execute("select column1 from values (1), (2)")], [1, 2])
        named = opened.connection.cursor(snowflake.connector.DictCursor)
        same(named.execute("select 1 as a, 'x' as \"b\"").fetchall(), [{"A": 1, "b": "x"}])


@case
def description_of_types(place: Place) -> None:
    """Names, type codes, precision, scale, nullability of a table's columns."""
    with cursor(place) as opened:
        opened.execute(
            "create or replace temporary table typed (a number(10,2) not null, b varchar(7), c float, d date)"
        )
        found = [
            (c.name, c.type_code, c.precision, c.scale, c.is_nullable)
            for c in opened.execute("select * from typed").description
        ]
        same(found, [("A", 0, 10, 2, False), ("B", 2, None, None, True), ("C", 1, None, None, True),
                     ("D", 3, None, None, True)])  # fmt: skip


@case
def semi_structured_is_json_text(place: Place) -> None:
    """VARIANT, OBJECT and ARRAY arrive as JSON text, as from Snowflake."""
    import json

    row = rows(place, "select parse_json('{\"a\": [1, null]}'), object_construct('k', 1), array_construct(1, 'b')")[0]
    same([json.loads(value) for value in row], [{"a": [1, None]}, {"k": 1}, [1, "b"]])


@case
def empty_result(place: Place) -> None:
    """No rows, but columns; also as Arrow and pandas."""
    with cursor(place) as opened:
        opened.execute("select 1 as a, 'x' as b where false")
        same((opened.fetchall(), [column.name for column in opened.description]), ([], ["A", "B"]))
        opened.execute("select 1 as a where false")
        same(list(opened.fetch_pandas_all().columns), ["A"])


@case
def pandas_of_a_large_result(place: Place) -> None:
    """Every row in order, in one frame and in batches."""
    with cursor(place) as opened:
        frame = opened.execute(LARGE).fetch_pandas_all()
        same((len(frame), frame["N"].is_monotonic_increasing, frame["T"].iloc[-1]), (200000, True, "row 199999"))
        opened.execute(LARGE)
        same(sum(len(batch) for batch in opened.fetch_pandas_batches()), 200000)


@case
def arrow_of_a_large_result(place: Place) -> None:
    """As one table and in batches; decimals stay exact."""
    with cursor(place) as opened:
        table = opened.execute(LARGE).fetch_arrow_all()
        same((table.num_rows, table.column_names), (200000, ["N", "T", "D"]))
        opened.execute(LARGE)
        same(sum(batch.num_rows for batch in opened.fetch_arrow_batches()), 200000)


@case
def rows_of_a_large_result(place: Place) -> None:
    """Row by row over all parts."""
    with cursor(place) as opened:
        total = sum(row[0] for row in opened.execute(LARGE))
        same(total, 200000 * 199999 // 2)


@case
def result_batches_in_another_process(place: Place) -> None:
    """Pickled batches are read by a process without a connection."""
    with cursor(place) as opened:
        batches = opened.execute(LARGE).get_result_batches()
        assert len(batches) > 1, len(batches)
        file = place.directory / "batches"
        file.write_bytes(pickle.dumps(batches))
    code = (
        "import pickle, sys; batches = pickle.load(open(sys.argv[1], 'rb')); "
        "print(sum(1 for batch in batches for row in batch))"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(file)], capture_output=True, text=True, check=False
    )
    same(ran.stdout.strip().split("\n")[-1] or ran.stderr[-600:], "200000")


@case
def json_result_format(place: Place) -> None:
    """Results as JSON have the same values."""
    sql = "select 1::number(38,0), 1.50::number(5,2), '2024-02-29'::date, true, null, 'x', 1.5e10::float"
    with cursor(place) as opened:
        arrow = opened.execute(sql).fetchall()
        opened.execute("alter session set python_connector_query_result_format = 'JSON'")
        same(opened.execute(sql).fetchall(), arrow)


@case
def wide_numbers(place: Place) -> None:
    """38 digits, exact."""
    same(
        rows(place, "select 99999999999999999999999999999999999999::number(38,0), -1.5::number(38,10)")[0][0],
        10**38 - 1,
    )


@case
def write_pandas(place: Place) -> None:
    """A frame into a new table and back."""
    import datetime

    import pandas
    from snowflake.connector.pandas_tools import write_pandas as write

    frame = pandas.DataFrame({
        "ID": range(10_000), "NAME": [f"n{n}" for n in range(10_000)], "WHEN": [datetime.date(2024, 1, 1)] * 10_000
    })  # fmt: skip
    with cursor(place) as opened:
        done, _, count, _ = write(opened.connection, frame, "WRITTEN", auto_create_table=True, overwrite=True)
        same((done, count), (True, 10_000))
        same(opened.execute("select count(*), sum(id), min(name) from written").fetchone(), (10_000, 49_995_000, "n0"))
        write(opened.connection, frame.head(5), "WRITTEN", chunk_size=2)
        same(opened.execute("select count(*) from written").fetchone(), (10_005,))


@case
def asyncio_connection(place: Place) -> None:
    """``snowflake.connector.aio``: connect, execute, fetch, pandas."""
    try:
        from snowflake.connector import aio
    except ImportError as error:
        raise SkippedError(f"no snowflake.connector.aio before 4: {error}") from error
    if MAJOR < 4:
        raise SkippedError("no snowflake.connector.aio before 4")

    async def run() -> list[object]:
        connection = (
            await aio.connect(**place.kwargs) if hasattr(aio, "connect") else aio.SnowflakeConnection(**place.kwargs)
        )
        opened = connection.cursor()
        await opened.execute("select column1 from values (1), (2)")
        found: list[object] = [await opened.fetchall()]
        await opened.execute(LARGE)
        found.append(len(await opened.fetch_pandas_all()))
        await connection.close()
        return found

    same(asyncio.run(run()), [[(1,), (2,)], 200000])


@case
def many_connections_at_once(place: Place) -> None:
    """Twenty sessions keep their contexts apart."""
    connections = [connect(place, session_parameters={"QUERY_TAG": f"t{n}"}) for n in range(20)]
    for number, connection in enumerate(connections):
        connection.cursor().execute(f"set mine = {number}")
    same([connection.cursor().execute("select $mine").fetchone()[0] for connection in connections], list(range(20)))
    for connection in connections:
        connection.close()
