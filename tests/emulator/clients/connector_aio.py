"""Cases: ``snowflake.connector.aio``."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from cases import Place, SkippedError, case, fails_saying, same
from connecting import MAJOR


def _run(place: Place, work: Callable[[Any], Awaitable[None]], **changes: Any) -> None:
    """Run a case's work on a connection of its own."""
    try:
        from snowflake.connector import aio
    except ImportError as error:
        raise SkippedError(f"no snowflake.connector.aio before 4: {error}") from error
    if not hasattr(aio, "SnowflakeConnection"):
        raise SkippedError("no snowflake.connector.aio before 4")

    async def whole() -> None:
        connection = aio.SnowflakeConnection(**{**place.kwargs, **changes})
        await connection.connect()
        try:
            await work(connection)
        finally:
            await connection.close()

    asyncio.run(whole())


async def _rows(cursor: Any, sql: str, *args: Any) -> list[Any]:
    await cursor.execute(sql, *args)
    return list(await cursor.fetchall())


@case
def aio_fetch_in_every_way(place: Place) -> None:
    """One, many, all, by iteration, as dictionaries."""

    async def work(connection: Any) -> None:
        from snowflake.connector.aio import DictCursor

        cursor = connection.cursor()
        await cursor.execute("select seq4() as n from table(generator(rowcount => 10)) order by 1")
        same(await cursor.fetchone(), (0,))
        same(await cursor.fetchmany(2), [(1,), (2,)])
        same([row async for row in cursor], [(n,) for n in range(3, 10)])
        same(await _rows(connection.cursor(DictCursor), "select 1 as a, 'x' as b"), [{"A": 1, "B": "x"}])

    _run(place, work)


@case
def aio_binds_and_executemany(place: Place) -> None:
    """Both styles; rows together."""

    async def pyformat(connection: Any) -> None:
        cursor = connection.cursor()
        same(await _rows(cursor, "select %s, %s", (1, "it's")), [(1, "it's")])
        await cursor.execute("create or replace table AIO_MANY (a int, b varchar)")
        await cursor.executemany("insert into AIO_MANY values (%s, %s)", [(n, str(n)) for n in range(50)])
        same(await _rows(cursor, "select count(*), sum(a) from AIO_MANY"), [(50, 1225)])

    async def qmark(connection: Any) -> None:
        cursor = connection.cursor()
        await cursor.executemany("insert into AIO_MANY values (?, ?)", [(n, None) for n in range(50)])
        same(await _rows(cursor, "select count(*), count(b) from AIO_MANY where a >= ?", (0,)), [(100, 50)])

    _run(place, pyformat)
    _run(place, qmark, paramstyle="qmark")


@case
def aio_statement_in_the_background(place: Place) -> None:
    """Submit, ask for its status, take its rows; a failing one says why."""

    async def work(connection: Any) -> None:
        from snowflake.connector.errors import DatabaseError

        cursor = connection.cursor()
        await cursor.execute_async("select system$wait(1), 7")
        assert connection.is_still_running(await connection.get_query_status(cursor.sfqid))
        await cursor.get_results_from_sfqid(cursor.sfqid)
        same((await cursor.fetchall())[0][1], 7)
        await cursor.execute_async("select * from NO_SUCH_TABLE")
        try:
            await cursor.get_results_from_sfqid(cursor.sfqid)
            await cursor.fetchall()
        except DatabaseError as error:
            same("NO_SUCH_TABLE" in str(error), True)
        else:
            raise AssertionError("no error")

    _run(place, work)


@case
def aio_transaction(place: Place) -> None:
    """Autocommit off, rollback, commit."""

    async def work(connection: Any) -> None:
        cursor = connection.cursor()
        await cursor.execute("create or replace table AIO_TX (a int)")
        await connection.autocommit(False)
        await cursor.execute("insert into AIO_TX values (1)")
        await connection.rollback()
        await cursor.execute("insert into AIO_TX values (2)")
        await connection.commit()
        same(await _rows(cursor, "select a from AIO_TX"), [(2,)])

    _run(place, work)


@case
def aio_several_statements_at_once(place: Place) -> None:
    """Several in one request, and several cursors side by side."""

    async def work(connection: Any) -> None:
        cursor = connection.cursor()
        await cursor.execute("select 1; select 2", num_statements=2)
        found = [await cursor.fetchall()]
        while await cursor.nextset():
            found.append(await cursor.fetchall())
        same(found, [[(1,)], [(2,)]])
        cursors = [connection.cursor() for _ in range(4)]
        same(await asyncio.gather(*[_rows(each, f"select {n}") for n, each in enumerate(cursors)]),
             [[(0,)], [(1,)], [(2,)], [(3,)]])  # fmt: skip

    _run(place, work)


@case
def aio_files_to_and_from_a_stage(place: Place) -> None:
    """PUT, LIST, COPY, GET; in version 4 the client cannot copy local files and is told so."""
    source = place.directory / "rows.csv"
    source.write_text("1,a\n2,b\n")

    async def work(connection: Any) -> None:
        cursor = connection.cursor()
        await cursor.execute("create or replace stage AIO_STAGE")
        await cursor.execute(f"put 'file://{source}' @AIO_STAGE")
        same((await cursor.fetchall())[0][6], "UPLOADED")
        await cursor.execute("create or replace table AIO_FILES (a int, b varchar)")
        await cursor.execute("copy into AIO_FILES from @AIO_STAGE")
        same(await _rows(cursor, "select * from AIO_FILES order by a"), [(1, "a"), (2, "b")])
        await cursor.execute(f"get @AIO_STAGE 'file://{place.directory}/out/'")
        same((await cursor.fetchall())[0][2], "DOWNLOADED")
        assert (place.directory / "out" / "rows.csv.gz").exists()

    (place.directory / "out").mkdir()
    if MAJOR != 4:
        _run(place, work)
        return
    with fails_saying("COVERAGE.md"):
        _run(place, work)


@case
def aio_pandas_and_batches(place: Place) -> None:
    """A large result as frames, as Arrow, and as batches."""

    async def work(connection: Any) -> None:
        cursor = connection.cursor()
        await cursor.execute("select seq4() as n, 'x' as t from table(generator(rowcount => 30000))")
        batches = await cursor.get_result_batches()
        same(sum(batch.rowcount for batch in batches), 30_000)
        frame = await cursor.fetch_pandas_all()
        same((len(frame), list(frame.columns)), (30_000, ["N", "T"]))
        await cursor.execute("select seq4() as n from table(generator(rowcount => 30000))")
        same((await cursor.fetch_arrow_all()).num_rows, 30_000)

    _run(place, work)


@case
def aio_errors_and_description(place: Place) -> None:
    """Columns without running; a statement's error keeps the connection usable."""

    async def work(connection: Any) -> None:
        from snowflake.connector.errors import ProgrammingError

        cursor = connection.cursor()
        same([column.name for column in await cursor.describe("select 1 as a, 'x' as b")], ["A", "B"])
        try:
            await cursor.execute("selec 1")
        except ProgrammingError as error:
            same((error.errno, error.sqlstate), (1003, "42000"))
        else:
            raise AssertionError("no error")
        same(await _rows(cursor, "select 1"), [(1,)])

    _run(place, work)
