"""What the newest drivers need beyond the installed one's: their requests, made by hand.

The drivers themselves run by ``tests/emulator/clients/connector.py``, each version in an environment of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_provider_spcs.emulator import RunningAccount
from tests.waiting import DEADLINE

CLIENTS = Path(__file__).parent / "clients"
Post = Callable[..., dict[str, Any]]


@pytest.fixture
def newest(account: RunningAccount) -> Post:
    """``newest(sql)``: the reply's data to a driver that moves files over HTTP only (login as 5.2 sends it)."""
    return _sender(account, "PythonConnector", "5.2.0")


def _sender(account: RunningAccount, name: str, version: str) -> Post:
    client = httpx.Client(base_url=account.url, trust_env=False, timeout=DEADLINE)
    data = {
        "CLIENT_APP_ID": name,
        "CLIENT_APP_VERSION": version,
        "LOGIN_NAME": "ADMIN",
        "PASSWORD": account.account.credentials.admin_password,
        "CLIENT_CAPABILITIES": {"SMK_ID_AS_STRING": True},
        "CLIENT_ENVIRONMENT": {"RUNTIME_NAME": "CPython"},
    }
    path = "/session/v1/login-request?databaseName=EMULATOR&schemaName=PUBLIC"
    token = client.post(path, json={"data": data}).json()["data"]["token"]
    client.headers["authorization"] = f'Snowflake Token="{token}"'

    def send(sql: str, **body: Any) -> dict[str, Any]:
        reply = client.post("/queries/v1/query-request", json={"sqlText": sql, **body}).json()
        assert reply["success"], reply["message"]
        return dict(reply["data"])

    return send


def _place(data: dict[str, Any]) -> tuple[str, dict[str, str]]:
    stage = data["stageInfo"]
    assert stage["locationType"] == "GCS"
    headers = {"authorization": f"Bearer {stage['creds']['GCS_ACCESS_TOKEN']}"}
    return f"{stage['endPoint']}/{stage['location']}", headers


def test_put_gives_the_newest_driver_an_address_instead_of_a_directory(newest: Post) -> None:
    """What it uploads is on the stage, and a later GET gives an address to fetch it from."""
    newest("create or replace stage NEWEST")
    address, headers = _place(newest("put file:///tmp/a.txt @NEWEST/dir auto_compress=false"))
    assert httpx.head(address + "a.txt", headers=headers).status_code == 404
    assert httpx.put(address + "a.txt", headers=headers, content=b"content").status_code == 200
    assert newest("list @NEWEST")["rowset"][0][0] == "newest/dir/a.txt"
    got = newest("get @NEWEST file:///tmp/")
    address, headers = _place(got)
    assert got["src_locations"] == ["dir/a.txt"]
    assert httpx.get(address + "dir/a.txt", headers=headers).content == b"content"
    assert httpx.get(address + "dir/a.txt", headers={**headers, "range": "bytes=0-2"}).content == b"con"


def test_newest_driver_below_another_name_gets_an_address_and_arrow(account: RunningAccount) -> None:
    """SQLAlchemy logs in under its own name and version; the driver below it is what moves files and reads rows."""
    send = _sender(account, "SnowflakeSQLAlchemy", "2.1.0")
    send("create or replace stage ALCHEMY")
    assert send("put file:///tmp/a.txt @ALCHEMY")["stageInfo"]["locationType"] == "GCS"
    assert send("select 1")["queryResultFormat"] == "arrow"


def test_stage_ticket_opens_nothing_else(newest: Post) -> None:
    """Not another token, file, direction or stage; not a path that leaves the stage."""
    newest("create or replace stage TICKETS")
    address, headers = _place(newest("put file:///tmp/a.txt @TICKETS auto_compress=false"))
    assert httpx.put(address + "a.txt", content=b"1").status_code == 401
    assert httpx.put(address + "a.txt", headers={"authorization": "Bearer guess"}, content=b"1").status_code == 401
    assert httpx.put(address + "a.txt", headers=headers, content=b"1").status_code == 200
    for key in ("%2e%2e/x", "a/%2E%2E/%2E%2E/x", "a%00b", "a//b", ""):
        assert httpx.put(address + key, headers=headers, content=b"1").status_code in {403, 404}, key
    httpx.put(address + "b.txt", headers=headers, content=b"2")
    down, reading = _place(newest("get @TICKETS/a.txt file:///tmp/"))
    assert httpx.get(down + "a.txt", headers=reading).content == b"1"
    assert httpx.get(down + "b.txt", headers=reading).status_code == 403
    assert httpx.put(down + "a.txt", headers=reading, content=b"3").status_code == 403


def test_half_an_upload_is_not_on_the_stage(newest: Post) -> None:
    """A client that dies while it sends leaves no file behind."""
    newest("create or replace stage HALVES")
    address, headers = _place(newest("put file:///tmp/h.bin @HALVES auto_compress=false"))
    broke = threading.Event()

    def body() -> Any:
        yield b"x" * 100_000
        broke.set()
        raise ConnectionError("the client dies here")

    with pytest.raises(ConnectionError):
        httpx.put(address + "h.bin", headers=headers, content=body())
    assert broke.is_set()
    assert newest("list @HALVES")["rowset"] == []


def test_query_status_with_two_slashes_is_found(account: RunningAccount, newest: Post) -> None:
    """5.2 writes ``/monitoring/queries//<id>``."""
    query_id = newest("select 1")["queryId"]
    reply = httpx.get(f"{account.url}/monitoring/queries//{query_id}")
    assert reply.json()["code"] == "390101"


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("show schemas", ["created_on", "name"]),
        ("insert into DESCRIBED values (1)", ["number of rows inserted"]),
        ("update DESCRIBED set A = 2", ["number of rows updated", "number of multi-joined rows updated"]),
        ("delete from DESCRIBED", ["number of rows deleted"]),
        ("drop table DESCRIBED", ["status"]),
        ("select A as B from DESCRIBED", ["B"]),
    ],
)
def test_describe_only_gives_columns_and_changes_nothing(newest: Post, sql: str, names: list[str]) -> None:
    """5.x refuses a description without columns."""
    newest("create or replace table DESCRIBED (A int) as select 1")
    described = newest(sql, describeOnly=True)
    assert [column["name"] for column in described["rowtype"]][: len(names)] == names
    assert newest("select A from DESCRIBED")["total"] == 1


@pytest.mark.parametrize("version", ["3.17", "4", "5"])
def test_connector_of_this_version_passes_its_cases(account: RunningAccount, version: str) -> None:
    """The whole case list with the real driver; needs the Python of an environment that has it."""
    variable = f"SPCS_CONNECTOR_{version.replace('.', '_')}"
    python = os.environ.get(variable)
    if not python:
        pytest.skip(f"{variable} does not name a Python with snowflake-connector-python {version}")
    home = account.account.home.root
    port = account.endpoints.port
    command = [python, "-W", "ignore", str(CLIENTS / "connector.py"), "--home", str(home), "--port", str(port)]
    ran = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
    assert ran.returncode == 0, ran.stdout
