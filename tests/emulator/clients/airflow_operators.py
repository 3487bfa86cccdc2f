"""Cases of the operators, sensors and decorators that people use with an Airflow connection to Snowflake."""

from __future__ import annotations

import asyncio
from typing import Any

from airflow.providers.common.sql.operators.sql import (
    SQLCheckOperator,
    SQLColumnCheckOperator,
    SQLExecuteQueryOperator,
    SQLInsertRowsOperator,
    SQLIntervalCheckOperator,
    SQLTableCheckOperator,
    SQLThresholdCheckOperator,
    SQLValueCheckOperator,
)
from airflow.providers.common.sql.sensors.sql import SqlSensor
from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
from airflow.providers.snowflake.operators.snowflake import (
    SnowflakeCheckOperator,
    SnowflakeIntervalCheckOperator,
    SnowflakeValueCheckOperator,
)
from airflow.providers.snowflake.operators.snowpark import SnowparkOperator
from airflow.providers.snowflake.transfers.copy_into_snowflake import CopyFromExternalStageToSnowflakeOperator
from airflow_connecting import run
from cases import Place, case, fails_saying, same

_CONN = {"task_id": "task", "conn_id": "snowflake_default"}


def _table(name: str) -> None:
    SnowflakeHook().run([
        f"create or replace table {name} (id int, kind varchar, made date)",
        f"insert into {name} values (1, 'a', current_date), (2, 'b', current_date)",
        f"insert into {name} values (3, null, dateadd(day, -7, current_date))",
    ])  # fmt: skip


@case
def execute_query(place: Place) -> None:
    """SQLExecuteQueryOperator: rows to XCom, parameters, a list, a script, several results."""
    same(run(SQLExecuteQueryOperator(**_CONN, sql="select 1, 'x'")), [(1, "x")])
    same(run(SQLExecuteQueryOperator(**_CONN, sql="select %(a)s", parameters={"a": 5})), [(5,)])
    script = (
        "create or replace table EXECUTED (i int); insert into EXECUTED values (1), (2); select count(*) from EXECUTED"
    )
    same(run(SQLExecuteQueryOperator(**_CONN, sql=script, split_statements=True)), [(2,)])
    found = run(SQLExecuteQueryOperator(**_CONN, sql=["select 1", "select 2"], return_last=False))
    same(found, [[(1,)], [(2,)]])
    given = {"hook_params": {"schema": "INFORMATION_SCHEMA"}}
    same(run(SQLExecuteQueryOperator(**_CONN, sql="select current_schema()", **given)), [("INFORMATION_SCHEMA",)])
    with fails_saying("NO_SUCH"):
        run(SQLExecuteQueryOperator(**_CONN, sql="select * from NO_SUCH"))


@case
def column_checks(place: Place) -> None:
    """Every built-in check of a column, with a partition, passing and failing."""
    _table("CHECKED")
    mapping = {
        "id": {"null_check": {"equal_to": 0}, "distinct_check": {"equal_to": 3}, "unique_check": {"equal_to": 0},
               "min": {"geq_to": 1}, "max": {"less_than": 10, "greater_than": 2}},
        "kind": {"null_check": {"leq_to": 1}},
    }  # fmt: skip
    run(SQLColumnCheckOperator(**_CONN, table="CHECKED", column_mapping=mapping))
    failing = {"kind": {"null_check": {"equal_to": 0}}}
    with fails_saying("kind"):
        run(SQLColumnCheckOperator(**_CONN, table="CHECKED", column_mapping=failing))
    run(SQLColumnCheckOperator(**_CONN, table="CHECKED", column_mapping=failing, partition_clause="id < 3"))


@case
def table_checks(place: Place) -> None:
    """Checks of a whole table in one query."""
    _table("TABLED")
    checks = {
        "count": {"check_statement": "COUNT(*) = 3"},
        "sum": {"check_statement": "SUM(id) > 5", "partition_clause": "id > 0"},
    }
    run(SQLTableCheckOperator(**_CONN, table="TABLED", checks=checks))
    with fails_saying("count"):
        run(SQLTableCheckOperator(**_CONN, table="TABLED", checks={"count": {"check_statement": "COUNT(*) = 4"}}))


@case
def other_checks(place: Place) -> None:
    """Check, value, threshold and interval checks; Snowflake's own names of them too."""
    _table("OTHERS")
    run(SQLCheckOperator(**_CONN, sql="select count(*), max(id) from OTHERS"))
    with fails_saying("failed"):
        run(SQLCheckOperator(**_CONN, sql="select 0"))
    run(SQLValueCheckOperator(**_CONN, sql="select sum(id) from OTHERS", pass_value=6, tolerance=0.1))
    run(
        SQLThresholdCheckOperator(**_CONN, sql="select count(*) from OTHERS", min_threshold=1, max_threshold="select 5")
    )
    own = {"task_id": "task", "snowflake_conn_id": "snowflake_default"}
    run(SnowflakeCheckOperator(**own, sql="select 1"))
    run(SnowflakeValueCheckOperator(**own, sql="select 5", pass_value=5))
    given = {"table": "OTHERS", "metrics_thresholds": {"COUNT(*)": 5}, "date_filter_column": "made", "days_back": -7}
    for operator in (SQLIntervalCheckOperator(**_CONN, **given), SnowflakeIntervalCheckOperator(**own, **given)):
        operator.sql1, operator.sql2 = (
            sql.replace("{{ ds }}", "' || current_date || '").replace(
                "{{ macros.ds_add(ds, -7) }}", "' || dateadd(day, -7, current_date)::date || '"
            )
            for sql in (operator.sql1, operator.sql2)
        )
        run(operator)


@case
def sensor(place: Place) -> None:
    """SqlSensor pokes false, then true."""
    SnowflakeHook().run("create or replace table AWAITED (i int)")
    given = SqlSensor(**_CONN, sql="select count(*) from AWAITED", timeout=30, poke_interval=1)
    same(given.poke({}), False)
    SnowflakeHook().run("insert into AWAITED values (1)")
    same(bool(given.poke({})), True)
    same(bool(SqlSensor(**_CONN, sql="select 5", success=lambda value: value == 5).poke({})), True)


@case
def rows_inserted_by_operator(place: Place) -> None:
    """SQLInsertRowsOperator."""
    SnowflakeHook().run("create or replace table OPERATED (ID int, KIND varchar)")
    run(SQLInsertRowsOperator(**_CONN, table_name="OPERATED", columns=["ID", "KIND"], rows=[(1, "a"), (2, None)]))
    same(SnowflakeHook().get_records("select * from OPERATED order by 1"), [(1, "a"), (2, None)])


@case
def snowpark_operator(place: Place) -> None:
    """SnowparkOperator hands a session to the function."""

    def work(session: Any, number: int) -> int:
        session.sql("select 1 as I").write.save_as_table("PARKED", mode="overwrite")
        return int(session.table("PARKED").count()) + number

    operator = SnowparkOperator(
        task_id="task", snowflake_conn_id="snowflake_default", python_callable=work, op_kwargs={"number": 41}
    )
    same(run(operator), 42)


@case
def snowpark_task(place: Place) -> None:
    """@task.snowpark the same, as a decorator in a DAG."""
    from airflow.sdk import DAG, task

    with DAG("snowparked"):

        @task.snowpark
        def work(session: Any) -> list[Any]:
            return [list(row) for row in session.sql("select 1, 'x'").collect()]

        made = work()
    same(run(made.operator), [[1, "x"]])


@case
def copy_from_stage(place: Place) -> None:
    """CopyFromExternalStageToSnowflakeOperator, from an internal stage."""
    file = place.directory / "copied.csv"
    file.write_text("i,t\n1,a\n2,b\n")
    hook = SnowflakeHook()
    hook.run(
        [
            "create or replace stage COPIES",
            "create or replace table COPIED (i int, t varchar)",
            f"put file://{file} @COPIES",
        ]
    )
    operator = CopyFromExternalStageToSnowflakeOperator(
        task_id="task",
        table="COPIED",
        stage="COPIES",
        file_format="(type = 'CSV', skip_header = 1)",
        pattern=".*copied.*",
    )
    run(operator)
    same(hook.get_first("select count(*) from COPIED"), (2,))


@case
def external_storage_is_refused(place: Place) -> None:
    """A stage in a bucket says that it is not emulated."""
    with fails_saying("COVERAGE"):
        SnowflakeHook().run("create stage OUTSIDE url = 's3://bucket/path'")
    with fails_saying("COVERAGE"):
        SnowflakeHook().run(
            "copy into COPIED from 's3://bucket/path' credentials = (aws_key_id = 'a' aws_secret_key = 'b')"
        )


@case
def generic_transfer(place: Place) -> None:
    """GenericTransfer from query to table, with and without pages."""
    from airflow.providers.common.sql.operators.generic_transfer import GenericTransfer

    _table("SOURCE_ROWS")
    hook = SnowflakeHook()
    hook.run("create or replace table TARGET_ROWS like SOURCE_ROWS")
    given = {"source_conn_id": "snowflake_default", "destination_conn_id": "snowflake_default"}
    run(GenericTransfer(task_id="task", sql="select * from SOURCE_ROWS", destination_table="TARGET_ROWS", **given))
    same(hook.get_first("select count(*) from TARGET_ROWS"), (3,))


@case
def event_loop(place: Place) -> None:
    """The hook in threads of an event loop, as triggers use it."""

    async def several() -> list[Any]:
        return await asyncio.gather(*(asyncio.to_thread(SnowflakeHook().get_first, f"select {n}") for n in range(8)))

    same(asyncio.run(several()), [(number,) for number in range(8)])
