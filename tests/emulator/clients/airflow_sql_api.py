"""Cases of Airflow's SnowflakeSqlApiHook and SnowflakeSqlApiOperator."""

from __future__ import annotations

import asyncio
from typing import Any

from airflow.providers.snowflake.hooks.sql_api import SnowflakeSqlApiHook
from airflow.providers.snowflake.operators.snowflake import SnowflakeSqlApiOperator
from airflow_connecting import run
from cases import Place, case, fails_saying, same


def _hook(**arguments: Any) -> Any:
    return SnowflakeSqlApiHook(snowflake_conn_id="snowflake_api", **arguments)


def _operator(sql: Any, count: int, **arguments: Any) -> Any:
    given = {
        "task_id": "task",
        "snowflake_conn_id": "snowflake_api",
        "poll_interval": 1,
        "schema": "AIRFLOW",
        "durable": False,
    }
    return SnowflakeSqlApiOperator(sql=sql, statement_count=count, **given | arguments)


@case
def api_runs_and_reads(place: Place) -> None:
    """One statement and its rows."""
    hook = _hook()
    ids = hook.execute_query("select 1 as a, 'x' as b, null as c, 1.5 as d", statement_count=1)
    same(hook.wait_for_query(ids[0], raise_error=True)["status"], "success")
    found = hook.get_result_from_successful_sql_api_query(ids[0])
    same(found, [{"A": "1", "B": "x", "C": None, "D": "1.5"}])


@case
def api_runs_several(place: Place) -> None:
    """A string of three statements."""
    hook = _hook()
    table = "EMULATOR.AIRFLOW.API"
    script = (
        f"create or replace table {table} (i int); insert into {table} values (1), (2); select count(*) from {table}"
    )
    ids = hook.execute_query(script, statement_count=3)
    status = hook.wait_for_query(ids[0], raise_error=True)
    same(status["status"], "success")
    same(len(status["statement_handles"]), 3)
    same(hook.get_result_from_successful_sql_api_query(status["statement_handles"][2]), [{"COUNT(*)": "2"}])


@case
def api_binds(place: Place) -> None:
    """Bindings by position and type."""
    hook = _hook()
    bindings = {
        "1": {"type": "FIXED", "value": "123"},
        "2": {"type": "TEXT", "value": "it's"},
        "3": {"type": "DATE", "value": "1709164800000"},
    }
    ids = hook.execute_query("select ?::int as i, ? as t, ?::date as d", statement_count=1, bindings=bindings)
    hook.wait_for_query(ids[0], raise_error=True)
    found = hook.get_result_from_successful_sql_api_query(ids[0])[0]
    same((found["I"], found["T"]), ("123", "it's"))
    same(found["D"], "19782")


@case
def api_large_result(place: Place) -> None:
    """Partitions are put together."""
    hook = _hook()
    ids = hook.execute_query(
        "select seq4() as i, randstr(50, random()) as t from table(generator(rowcount => 30000))", statement_count=1
    )
    hook.wait_for_query(ids[0], raise_error=True)
    same(len(hook.get_result_from_successful_sql_api_query(ids[0])), 30000)


@case
def api_errors(place: Place) -> None:
    """A wrong statement ends in an error that says why."""
    hook = _hook()
    ids = hook.execute_query("select * from NO_SUCH", statement_count=1)
    status = hook.wait_for_query(ids[0])
    same(status["status"], "error")
    assert "NO_SUCH" in status["message"], status


@case
def api_cancels(place: Place) -> None:
    """cancel_queries stops a long one."""
    hook = _hook()
    ids = hook.execute_query("select system$wait(120)", statement_count=1)
    same(hook.get_sql_api_query_status(ids[0])["status"], "running")
    hook.cancel_queries(ids)
    same(hook.wait_for_query(ids[0])["status"], "error")


@case
def operator_waits(place: Place) -> None:
    """SnowflakeSqlApiOperator, one statement and several."""
    run(_operator("select 1", 1))
    run(_operator("create or replace table APIO (i int); insert into APIO values (1)", 2))


@case
def api_is_asked_in_an_event_loop(place: Place) -> None:
    """The asynchronous half of the hook, with the proxy of the environment."""
    hook = _hook(aiohttp_session_kwargs={"trust_env": True})
    ids = hook.execute_query("select system$wait(1)", statement_count=1)

    async def ended() -> Any:
        while (status := await hook.get_sql_api_query_status_async(ids[0]))["status"] == "running":
            await asyncio.sleep(0.2)
        return status

    same(asyncio.run(ended())["status"], "success")


@case
def operator_fails(place: Place) -> None:
    """A failing statement fails the task."""
    with fails_saying("NO_SUCH"):
        run(_operator("select 1; select * from NO_SUCH", 2))


@case
def operator_binds(place: Place) -> None:
    """Bindings through the operator."""
    run(_operator("create or replace table BOUND as select ? as a", 1, bindings={"1": {"type": "FIXED", "value": "5"}}))
