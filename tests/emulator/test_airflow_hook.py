"""Airflow's own Snowflake hooks, unmodified, against the account."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.emulator.wire.credentials import PAT


@pytest.fixture(scope="module")
def airflow(account: RunningAccount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An Airflow of its own, with the account as ``snowflake_default``."""
    patch = pytest.MonkeyPatch()
    if "AIRFLOW_HOME" not in os.environ:
        patch.setenv("AIRFLOW_HOME", str(tmp_path_factory.mktemp("airflow")))
    patch.setenv("AIRFLOW_CONN_SNOWFLAKE_DEFAULT", account.airflow_uri)
    yield
    patch.undo()


@pytest.fixture
def hook(airflow: None) -> Any:
    """The unmodified SnowflakeHook on that connection."""
    from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook

    return SnowflakeHook(snowflake_conn_id="snowflake_default")


def test_hook_tests_its_connection(hook: Any) -> None:
    """The button "Test" of the connection form would be green."""
    assert hook.test_connection() == (True, "Connection successfully tested")


def test_hook_runs_and_reads(hook: Any, schema: str) -> None:
    """run, get_records with parameters, get_first, several statements, insert_rows."""
    hook.run([f"create table {schema}.T (i int, t varchar)", f"insert into {schema}.T values (1, 'a'), (2, 'b')"])
    hook.insert_rows(f"{schema}.T", [(3, "c")], target_fields=["i", "t"])
    assert hook.get_records(f"select t from {schema}.T where i > %s order by i", parameters=(1,)) == [("b",), ("c",)]
    assert hook.get_first("select current_role()") == ("ACCOUNTADMIN",)
    results = hook.run(
        "select 1; select 2", split_statements=True, return_last=False, handler=lambda cursor: cursor.fetchall()
    )
    assert results == [[(1,)], [(2,)]]


def test_hook_gives_data_frames(hook: Any) -> None:
    """get_df reads into pandas."""
    assert list(hook.get_df("select 1 as a union all select 2 order by a")["A"]) == [1, 2]


def test_hook_rolls_back_what_failed(hook: Any, schema: str) -> None:
    """autocommit=False: nothing of a failed run is kept."""
    from snowflake.connector.errors import ProgrammingError

    hook.run(f"create table {schema}.T (i int)")
    with pytest.raises(ProgrammingError):
        hook.run([f"insert into {schema}.T values (1)", "select * from NO_SUCH_TABLE"], autocommit=False)
    assert hook.get_first(f"select count(*) from {schema}.T") == (0,)


def test_hook_gives_a_sqlalchemy_engine(hook: Any) -> None:
    """SQLAlchemy on top of the same connection."""
    engine = hook.get_sqlalchemy_engine()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("select 1").scalar() == 1
    engine.dispose()


def test_sql_api_hook_runs_and_waits(airflow: None, account: RunningAccount, monkeypatch: Any) -> None:
    """SnowflakeSqlApiHook, whose address is fixed, arrives through the proxy with a programmatic access token."""
    import json

    from airflow.providers.snowflake.hooks.snowflake_sql_api import SnowflakeSqlApiHook

    token = account.account.credentials.issue_token("ADMIN", "ACCOUNTADMIN", kind=PAT)
    connection = {
        "conn_type": "snowflake",
        "login": "ADMIN",
        "password": token,
        "extra": {"account": "local", "authenticator": "programmatic_access_token", "database": "EMULATOR"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_SNOWFLAKE_API", json.dumps(connection))
    monkeypatch.setenv("HTTPS_PROXY", account.endpoints.proxy_url)
    hook = SnowflakeSqlApiHook(snowflake_conn_id="snowflake_api")
    ids = hook.execute_query("select 1; select 2", statement_count=2)
    assert hook.wait_for_query(ids[0])["status"] == "success"
    # One handle for the request, as the API answers an asynchronous one; it leads to the two statements.
    hook.check_query_output(ids)
    assert len(ids) == 1
