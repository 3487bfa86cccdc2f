"""The SQL REST API as Airflow's SnowflakeSqlApiHook uses it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.emulator.wire.credentials import PAT
from tests.waiting import DEADLINE, until

Api = Callable[..., requests.Response]


@pytest.fixture
def api(account: RunningAccount) -> Api:
    """``api(method, path, body)`` with a programmatic access token."""
    token = account.account.credentials.issue_token("ADMIN", "ACCOUNTADMIN", kind=PAT)

    def call(method: str, path: str = "", body: dict[str, Any] | None = None, bearer: str = token) -> requests.Response:
        return requests.request(
            method,
            f"{account.url}/api/v2/statements{path}",
            json=body,
            headers={
                "Authorization": f"Bearer {bearer}",
                "X-Snowflake-Authorization-Token-Type": "PROGRAMMATIC_ACCESS_TOKEN",
            },
            timeout=DEADLINE,
        )

    return call


def test_statement_returns_rows_and_metadata(api: Api) -> None:
    """One statement: its rows as text, its columns with types, a handle."""
    body = {
        "statement": "select 1::number(5,0) as a, ? as b, current_database() as c",
        "bindings": {"1": {"type": "TEXT", "value": "x"}},
        "database": "EMULATOR",
    }
    reply = api("POST", "", body)
    found = reply.json()
    assert (reply.status_code, found["code"], found["data"]) == (200, "090001", [["1", "x", "EMULATOR"]])
    assert [column["type"] for column in found["resultSetMetaData"]["rowType"]] == ["fixed", "text", "text"]


def test_async_statement_is_polled_until_done(api: Api, gate: threading.Event) -> None:
    """202 with code 333334 while it runs, 200 with the rows afterwards."""
    reply = api("POST", "?async=true", {"statement": "select 5, system$wait(1)"})
    assert (reply.status_code, reply.json()["code"]) == (202, "333334")
    handle = reply.json()["statementHandle"]
    gate.set()
    until(lambda: api("GET", f"/{handle}").status_code != 202, "the end")
    assert api("GET", f"/{handle}").json()["data"][0][0] == "5"


def test_several_statements_have_a_handle_each(api: Api) -> None:
    """MULTI_STATEMENT_COUNT: the parent lists its children's handles, each with its own result."""
    body = {"statement": "select 1; select 2", "parameters": {"MULTI_STATEMENT_COUNT": "2"}}
    handles = api("POST", "", body).json()["statementHandles"]
    assert [api("GET", f"/{handle}").json()["data"] for handle in handles] == [[["1"]], [["2"]]]


def test_large_result_is_read_by_partition(api: Api) -> None:
    """Partition 0 comes with the metadata, the others by number and compressed; one beyond the last is a 400."""
    first = api("POST", "", {"statement": "select seq8() from table(generator(rowcount => 20000))"}).json()
    total, count = len(first["data"]), len(first["resultSetMetaData"]["partitionInfo"])
    for number in range(1, count):
        part = api("GET", f"/{first['statementHandle']}?partition={number}")
        assert part.headers["content-encoding"] == "gzip"
        total += len(part.json()["data"])
    assert total == first["resultSetMetaData"]["numRows"] == 20000
    assert api("GET", f"/{first['statementHandle']}?partition={count}").status_code == 400


def test_failed_statement_is_422_with_the_error(api: Api) -> None:
    """The error has Snowflake's code, sqlstate and message."""
    reply = api("POST", "", {"statement": "select * from NO_SUCH_TABLE", "database": "EMULATOR"})
    assert (reply.status_code, reply.json()["code"], reply.json()["sqlState"]) == (422, "002003", "42S02")


def test_cancelled_statement_ends(api: Api) -> None:
    """POST .../cancel stops it; its state is the cancellation."""
    handle = api("POST", "?async=true", {"statement": "call system$wait(3600)"}).json()["statementHandle"]
    assert api("POST", f"/{handle}/cancel").status_code == 200
    until(lambda: api("GET", f"/{handle}").status_code != 202, "the end")
    reply = api("GET", f"/{handle}")
    assert (reply.status_code, reply.json()["code"]) == (422, "000604")


def test_bad_token_is_401(api: Api) -> None:
    """A wrong bearer token gets nothing."""
    assert api("POST", "", {"statement": "select 1"}, bearer="guess").status_code == 401


def test_unknown_handle_is_an_error(api: Api) -> None:
    """A handle that names nothing is 422 with 709."""
    reply = api("GET", "/01aaaaaa-0000-0000-0000-000000000000")
    assert (reply.status_code, reply.json()["code"]) == (422, "000709")


def test_null_is_text_when_asked_for(api: Api) -> None:
    """``nullable=false`` writes NULL as the text ``null``."""
    body = {"statement": "select null as a, 'x' as b"}
    assert api("POST", "?nullable=false", body).json()["data"] == [["null", "x"]]
    assert api("POST", "", body).json()["data"] == [[None, "x"]]


def test_change_of_rows_is_counted(api: Api) -> None:
    """``stats`` says how many rows a statement has changed; a query has none."""
    body = {"statement": "create or replace temporary table EMULATOR.PUBLIC.T as select 1 as a union all select 2"}
    assert api("POST", "", body).json()["stats"]["numRowsInserted"] == 2
    assert "stats" not in api("POST", "", {"statement": "select 1"}).json()
