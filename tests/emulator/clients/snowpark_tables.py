"""Tables and sessions: writes, changes, transactions, async jobs, the catalog, what is refused."""

from __future__ import annotations

from typing import Any

from cases import SkippedError
from snowflake.snowpark import Session
from snowflake.snowpark import functions as f
from snowpark_cases import expect, refused


def _fresh(s: Session, name: str = "CHANGED") -> Any:
    s.create_dataframe([(1, "a"), (2, "b"), (3, "c")], schema=["k", "v"]).write.save_as_table(name, mode="overwrite")
    return s.table(name)


def _rows(table: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in table.sort("k").collect()]


def _merge(s: Session) -> Any:
    target = _fresh(s)
    source = s.create_dataframe([(2, "B"), (4, "D")], schema=["k", "v"])
    clauses = [
        f.when_matched().update({"v": source["v"]}),
        f.when_not_matched().insert({"k": source["k"], "v": source["v"]}),
    ]
    done = target.merge(source, target["k"] == source["k"], clauses)
    return [(done.rows_inserted, done.rows_updated, done.rows_deleted), *_rows(target)]


def _merge_delete(s: Session) -> Any:
    target = _fresh(s)
    source = s.create_dataframe([(2,)], schema=["k"])
    done = target.merge(source, target["k"] == source["k"], [f.when_matched().delete()])
    return (done.rows_deleted, target.count())


def _update(s: Session) -> Any:
    target = _fresh(s)
    done = target.update({"v": f.lit("z")}, target["k"] > 1)
    return [(done.rows_updated,), *_rows(target)]


def _update_from(s: Session) -> Any:
    target = _fresh(s)
    source = s.create_dataframe([(1, "one")], schema=["k", "w"])
    target.update({"v": source["w"]}, target["k"] == source["k"], source)
    return _rows(target)


def _delete(s: Session) -> Any:
    target = _fresh(s)
    return (target.delete(target["k"] == 1).rows_deleted, target.count())


def _delete_using(s: Session) -> Any:
    target = _fresh(s)
    source = s.create_dataframe([(1,), (3,)], schema=["k"])
    return (target.delete(target["k"] == source["k"], source).rows_deleted, target.count())


expect("merge_updates_and_inserts", _merge, [(1, 1, 0), (1, "a"), (2, "B"), (3, "c"), (4, "D")])
expect("merge_deletes", _merge_delete, (1, 2))
expect("update_rows", _update, [(2,), (1, "a"), (2, "z"), (3, "z")])
expect("update_from_a_frame", _update_from, [(1, "one"), (2, "b"), (3, "c")])
expect("delete_rows", _delete, (1, 2))
expect("delete_by_a_frame", _delete_using, (2, 1))
expect("drop_table", lambda s: _fresh(s, "GONE").drop_table() is None, True)


def _modes(s: Session) -> Any:
    frame = s.create_dataframe([(1,)], schema=["k"])
    counts = []
    for mode in ("overwrite", "append", "ignore", "truncate"):
        frame.write.save_as_table("MODES", mode=mode)
        counts.append(s.table("MODES").count())
    with refused("already exists"):
        frame.write.save_as_table("MODES", mode="errorifexists")
    return counts


expect("write_modes", _modes, [1, 2, 2, 1])


def _kinds(s: Session) -> Any:
    frame = s.range(2)
    frame.write.save_as_table("KIND_T", table_type="temporary")
    frame.write.save_as_table("KIND_R", table_type="transient", comment="said", mode="overwrite")
    frame.write.save_as_table("KIND_C", clustering_keys=["id"], mode="overwrite")
    shown = s.sql("show tables like 'KIND_%'").collect()
    return sorted((row["name"], row["kind"], row["comment"], row["cluster_by"]) for row in shown)


expect(
    "table_properties",
    _kinds,
    [("KIND_C", "TABLE", "", 'LINEAR("ID")'), ("KIND_R", "TRANSIENT", "said", ""), ("KIND_T", "TEMPORARY", "", "")],
)


def _view(s: Session) -> Any:
    _fresh(s).filter("k > 1").create_or_replace_view("SEEN")
    s.table("CHANGED").create_or_replace_temp_view("SEEN_TEMP")
    return s.table("SEEN").count() * 10 + s.table("SEEN_TEMP").count()


expect("views", _view, 23)


def _transaction(s: Session) -> Any:
    _fresh(s)
    s.sql("begin").collect()
    s.table("CHANGED").delete()
    inside = s.table("CHANGED").count()
    s.sql("rollback").collect()
    return (inside, s.table("CHANGED").count())


expect("transaction_rolls_back", _transaction, (0, 3))
expect("collect_nowait", lambda s: s.range(3).collect_nowait().result(), [(0,), (1,), (2,)])
expect("count_async", lambda s: s.range(3).count(block=False).result(), 3)
expect("to_pandas_async", lambda s: len(s.range(3).to_pandas(block=False).result()), 3)
expect(
    "async_job_by_id", lambda s: s.create_async_job(s.range(3).collect_nowait().query_id).result(), [(0,), (1,), (2,)]
)
expect("async_job_is_done", lambda s: s.sql("select system$wait(0)").collect_nowait().is_failed(), False)


def _cancelled(s: Session) -> Any:
    job = s.sql("select system$wait(60)").collect_nowait()
    job.cancel()
    with refused("cancel"):
        job.result()
    return job.is_failed()


expect("async_job_cancelled", _cancelled, True)


def _later(s: Session) -> Any:
    s.range(4).write.save_as_table("LATER", mode="overwrite", block=False).result()
    return s.table("LATER").count()


expect("save_async", _later, 4)


def _history(s: Session) -> int:
    with s.query_history() as history:
        s.sql("select 1").collect()
        s.sql("select 2").collect()
    return len(history.queries)


expect("sql_with_binds", lambda s: s.sql("select ? + ?", params=[1, 2]).first(), (3,))
expect("call_system_function", lambda s: s.call("system$typeof", 1), lambda text: text.startswith("NUMBER"))
expect(
    "current_objects", lambda s: (s.get_current_database(), s.get_current_schema()), ('"EMULATOR"', '"SNOWPARK_CASES"')
)
expect("query_tag", lambda s: (setattr(s, "query_tag", "t"), s.query_tag)[1], "t")
expect("catalog_databases", lambda s: "EMULATOR" in [item.name for item in _catalog(s).list_databases()], True)
expect("catalog_schemas", lambda s: "SNOWPARK_CASES" in [item.name for item in _catalog(s).list_schemas()], True)
expect("catalog_tables", lambda s: "PEOPLE" in [item.name for item in _catalog(s).list_tables()], True)
expect("catalog_views", lambda s: isinstance(_catalog(s).list_views(), list), True)
expect(
    "catalog_columns",
    lambda s: [item.name for item in _catalog(s).list_columns("PEOPLE")],
    ["ID", "NAME", "TEAM", "X", "DAY"],
)
expect("catalog_get_table", lambda s: _catalog(s).get_table("PEOPLE").name, "PEOPLE")
expect(
    "catalog_table_exists",
    lambda s: (_catalog(s).table_exists("PEOPLE"), _catalog(s).table_exists("NOPE")),
    (True, False),
)
expect(
    "catalog_current",
    lambda s: (_catalog(s).get_current_database(), _catalog(s).get_current_schema()),
    ('"EMULATOR"', '"SNOWPARK_CASES"'),
)
expect(
    "catalog_drop_table",
    lambda s: (_fresh(s, "DROPPED") and _catalog(s).drop_table("DROPPED"), _catalog(s).table_exists("DROPPED"))[1],
    False,
)
expect(
    "get_ddl",
    lambda s: s.sql("select get_ddl('table', 'PEOPLE')").first()[0],
    lambda text: text.lower().startswith("create or replace table people (") and "NAME VARCHAR(10)" in text,
)
expect(
    "information_schema",
    lambda s: s.table("information_schema.tables").filter(f.col("table_name") == "PEOPLE").count(),
    1,
)
expect(
    "information_schema_query_history",
    lambda s: s.sql("select count(*) > 0 from table(information_schema.query_history())").first()[0],
    True,
)
expect(
    "result_scan",
    lambda s: (s.sql("select 7 as n").collect(), s.sql("select n from table(result_scan(last_query_id()))").first())[1],
    (7,),
)


def _insert_all(s: Session) -> Any:
    s.sql("create or replace table BIG (n int)").collect()
    s.sql("create or replace table SMALL (n int)").collect()
    s.sql(
        "insert first when column1 > 5 then into BIG values (column1) else into SMALL values (column1) "
        "select column1 from values (1), (6), (7)"
    ).collect()
    return (s.table("BIG").count(), s.table("SMALL").count())


def _udf(s: Session) -> Any:
    s.sql(
        "create or replace function PLUS_ONE(x int) returns int language python runtime_version = '3.11' "
        "handler = 'f' as 'def f(x): return x + 1'"
    ).collect()
    return s.sql("select PLUS_ONE(column1) from values (1), (2) order by 1").collect()


def _scripting(s: Session) -> Any:
    block = "begin let x := 1; while (x < 5) do x := x * 2; end while; return x; end"
    return [s.sql(block).collect()[0][0], s.sql(f"execute immediate '{block}'").collect()[0][0]]


expect("function_in_python", _udf, [(2,), (3,)])
expect("scripting_block", lambda s: [int(value) for value in _scripting(s)], [8, 8])


def _catalog(s: Session) -> Any:
    try:
        return s.catalog
    except ImportError as missing:
        raise SkippedError("snowflake.core is not installed") from missing


def _sql_function(s: Session) -> Any:
    s.sql("create or replace function area(w float, h float) returns float as 'w * h'").collect()
    return s.sql("select area(2.5, 5)").first()[0]


expect("execute_immediate", lambda s: s.sql("execute immediate 'select 4'").collect(), [(4,)])


def _renamed(s: Session) -> list[Any]:
    s.sql("create or replace schema EMULATOR.OLD_NAME").collect()
    s.sql("create table EMULATOR.OLD_NAME.KEPT as select 7 as N").collect()
    s.sql("drop schema if exists EMULATOR.NEW_NAME").collect()
    s.use_schema("SNOWPARK_CASES")
    s.sql("alter schema EMULATOR.OLD_NAME rename to EMULATOR.NEW_NAME").collect()
    with refused("does not exist"):
        s.table("EMULATOR.OLD_NAME.KEPT").collect()
    return s.table("EMULATOR.NEW_NAME.KEPT").collect()


expect("query_history", _history, 2)
expect("insert_all", _insert_all, (2, 1))
expect("sql_function", _sql_function, 12.5)
expect("rename_schema", _renamed, [(7,)])
