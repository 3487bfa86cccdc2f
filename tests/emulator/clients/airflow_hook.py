"""Cases of Airflow's SnowflakeHook."""

from __future__ import annotations

import contextlib
import datetime
from decimal import Decimal
from typing import Any

from airflow.providers.common.sql.hooks.handlers import fetch_all_handler, fetch_one_handler
from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
from cases import Place, case, fails_saying, same


def _hook(**arguments: Any) -> Any:
    return SnowflakeHook(snowflake_conn_id="snowflake_default", **arguments)


@case
def connection_tests_green(place: Place) -> None:
    """The button of the connection form."""
    same(_hook().test_connection(), (True, "Connection successfully tested"))


@case
def run_of_several_statements(place: Place) -> None:
    """A list, a script that is split, the last result or all, ids of all statements."""
    hook = _hook()
    same(hook.run(["select 1", "select 2"], handler=fetch_all_handler), [[(1,)], [(2,)]])
    script = "select 1; -- one; two\nselect 'a;b'; select $$c;d$$"
    same(hook.run(script, split_statements=True, handler=fetch_all_handler), [("c;d",)])
    same(len(hook.query_ids), 3)
    same(
        hook.run(script, split_statements=True, return_last=False, handler=fetch_one_handler),
        [(1,), ("a;b",), ("c;d",)],
    )
    same(len(set(hook.query_ids)), 3)


@case
def run_without_handler(place: Place) -> None:
    """Nothing comes back, the statement has run."""
    hook = _hook()
    same(hook.run("create or replace table NOHANDLER as select 1 as i"), None)
    same(hook.get_first("select count(*) from NOHANDLER"), (1,))


@case
def parameters(place: Place) -> None:
    """By position and by name, of every everyday type, with NULL and quotes."""
    hook = _hook()
    row = (1, "it's", 2.5, None, datetime.date(2024, 2, 29), datetime.datetime(2024, 1, 2, 3, 4, 5), True)
    same(hook.get_first("select %s, %s, %s, %s, %s::date, %s::timestamp_ntz, %s", parameters=row), row)
    same(hook.get_records("select %(a)s + %(b)s", parameters={"a": 1, "b": 2}), [(3,)])
    same(
        hook.get_first("select i from values (1), (2), (3) as t(i) where i in (%s, %s) order by 1", parameters=[2, 3]),
        (2,),
    )


@case
def dictionaries(place: Place) -> None:
    """Rows as dictionaries."""
    found = _hook().run("select 1 as a, 'x' as \"b\"", handler=fetch_all_handler, return_dictionaries=True)
    same(found, [{"A": 1, "b": "x"}])


@case
def no_rows(place: Place) -> None:
    """get_first is None, get_records is empty, a frame has its columns."""
    hook = _hook()
    same(hook.get_first("select 1 where false"), None)
    same(hook.get_records("select 1 where false"), [])
    same(list(hook.get_df("select 1 as a, 'x' as b where false").columns), ["A", "B"])


@case
def frames(place: Place) -> None:
    """Pandas and polars, whole and in pieces."""
    hook, sql = _hook(), "select seq4() as i, 'x' as t from table(generator(rowcount => 250))"
    same(len(hook.get_df(sql)), 250)
    same([len(each) for each in hook.get_df_by_chunks(sql, chunksize=100)], [100, 100, 50])
    with contextlib.suppress(ImportError):
        import polars  # noqa: F401 only whether it is there

        same(hook.get_df(sql, df_type="polars").shape, (250, 2))
    same(_hook().get_df("select %s as a", parameters=(7,))["A"].tolist(), [7])


@case
def rows_inserted(place: Place) -> None:
    """insert_rows one by one and in one go, more rows than one commit."""
    hook = _hook()
    hook.run("create or replace table ROWS_IN (i int, t varchar, n number(10,2), d date)")
    day = datetime.date(2024, 1, 1)
    rows = [(number, f"t{number}", Decimal("1.25"), day) for number in range(25)]
    hook.insert_rows("ROWS_IN", rows, target_fields=["i", "t", "n", "d"], commit_every=10)
    hook.insert_rows("ROWS_IN", rows, target_fields=["i", "t", "n", "d"], commit_every=10, executemany=True)
    same(
        hook.get_first("select count(*), sum(n), min(d), count(distinct t) from ROWS_IN"),
        (50, Decimal("62.50"), day, 25),
    )


@case
def rollback_and_commit(place: Place) -> None:
    """A failed run without autocommit leaves nothing; with it what came before stays."""
    hook = _hook()
    hook.run("create or replace table KEPT (i int)")
    for autocommit, count in ((False, 0), (True, 1)):
        with fails_saying("NO_SUCH"):
            hook.run(["insert into KEPT values (1)", "select * from NO_SUCH"], autocommit=autocommit)
        same(hook.get_first("select count(*) from KEPT"), (count,))
    hook.run(
        "begin; insert into KEPT values (2); rollback; begin; insert into KEPT values (3); commit",
        split_statements=True,
    )
    same(hook.get_records("select i from KEPT order by i"), [(1,), (3,)])


@case
def context_overridden(place: Place) -> None:
    """The hook's own database, schema, warehouse, role and session parameters come before the connection's."""
    _hook().run(["create schema if not exists EMULATOR.OTHER", "create warehouse if not exists OTHER_WH",
                 "create role if not exists OTHER_ROLE", "grant role OTHER_ROLE to user ADMIN"])  # fmt: skip
    hook = _hook(schema="OTHER", warehouse="OTHER_WH", role="OTHER_ROLE", session_parameters={"QUERY_TAG": "mine"})
    found = hook.get_first("select current_schema(), current_warehouse(), current_role()")
    same(found, ("OTHER", "OTHER_WH", "OTHER_ROLE"))
    same(hook.get_first("show parameters like 'QUERY_TAG' in session")[1], "mine")


@case
def tag_finds_its_queries(place: Place) -> None:
    """What ran under a query tag is found in the history."""
    hook = _hook(session_parameters={"QUERY_TAG": "airflow-tag-7"})
    hook.run("select 42")
    sql = "select query_text from table(information_schema.query_history()) where query_tag = 'airflow-tag-7'"
    assert ("select 42",) in hook.get_records(sql)


@case
def errors_have_numbers(place: Place) -> None:
    """Syntax, missing object, bad cast: the connector's error with errno and sqlstate."""
    for sql, errno, state in (
        ("selec 1", 1003, "42000"),
        ("select * from NO_SUCH", 2003, "42S02"),
        ("select 'x'::int", 100038, "22018"),
    ):
        try:
            _hook().run(sql)
        except Exception as error:  # noqa: BLE001 its number says what it is
            same((error.errno, error.sqlstate), (errno, state))
        else:
            raise AssertionError(f"{sql} passed")


@case
def other_ways_in(place: Place) -> None:
    """SQLAlchemy's engine and inspector, a Snowpark session, a raw connection, the URI."""
    hook = _hook()
    hook.run("create or replace table SEEN (i int not null, t varchar(10))")
    with hook.get_sqlalchemy_engine().connect() as connection:
        same(connection.exec_driver_sql("select current_schema()").scalar(), "AIRFLOW")
    same([column["name"] for column in hook.inspector.get_columns("seen", schema="airflow")], ["i", "t"])
    session = hook.get_snowpark_session()
    try:
        same(session.table("SEEN").count(), 0)
    finally:
        session.close()
    with contextlib.closing(hook.get_conn()) as raw:
        same(raw.cursor().execute("select 1").fetchone(), (1,))
    assert hook.get_uri().startswith("snowflake://ADMIN:")
    same(hook.get_openlineage_default_schema(), "AIRFLOW")


@case
def files_through_the_hook(place: Place) -> None:
    """PUT, LIST, COPY INTO and GET from a task."""
    hook, file = _hook(), place.directory / "rows.csv"
    file.write_text("1,a\n2,b\n")
    hook.run("create or replace stage FILES; create or replace table LOADED (i int, t varchar)", split_statements=True)
    same(hook.run(f"put file://{file} @FILES", handler=fetch_one_handler)[6], "UPLOADED")
    same(hook.get_first("list @FILES")[0], "files/rows.csv.gz")
    hook.run("copy into LOADED from @FILES file_format = (type = csv)")
    same(hook.get_records("select * from LOADED order by i"), [(1, "a"), (2, "b")])
    hook.run(f"get @FILES/rows.csv.gz file://{place.directory}")
    assert (place.directory / "rows.csv.gz").exists()


@case
def scripting_block(place: Place) -> None:
    """A block in one string, not split."""
    same(_hook().get_first("execute immediate $$ begin let x int := 1; x := x + 41; return x; end; $$"), (42,))
