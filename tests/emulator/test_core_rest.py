"""The REST API's shapes over HTTP; the real client runs by ``tests/emulator/clients/core.py``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_spcs.emulator import RunningAccount
from tests.waiting import DEADLINE, until

CLIENTS = Path(__file__).parent / "clients"
HERE = "/api/v2/databases/EMULATOR/schemas/REST"
Pair = tuple[str, object]


@pytest.fixture(scope="module")
def rest(account: RunningAccount) -> Iterator[httpx.Client]:
    """A client with a token of ADMIN's, and a schema REST."""
    token = account.account.credentials.issue_token("ADMIN", "ACCOUNTADMIN")
    headers = {"authorization": f"Bearer {token}"}
    with httpx.Client(base_url=account.url, headers=headers, trust_env=False, timeout=DEADLINE) as client:
        client.post("/api/v2/databases/EMULATOR/schemas?createMode=orReplace", json={"name": "REST"})
        yield client


def _done(reply: httpx.Response) -> None:
    assert reply.status_code == 200, reply.text
    assert "status" in reply.json()


@pytest.mark.parametrize(
    ("collection", "body", "expected"),
    [
        ("/api/v2/databases", {"name": "REST_DB", "comment": "it's"}, {"kind": "PERMANENT", "retention_time": 1}),
        ("/api/v2/databases/EMULATOR/schemas", {"name": "REST_S"}, {"database_name": "EMULATOR", "is_default": False}),
        (
            "/api/v2/warehouses",
            {"name": "REST_WH", "warehouse_size": "SMALL"},
            {"size": "Small", "auto_resume": "true"},
        ),
        (
            "/api/v2/compute-pools",
            {"name": "REST_POOL", "min_nodes": 1, "max_nodes": 2, "instance_family": "CPU_X64_XS"},
            {"max_nodes": 2, "auto_resume": True, "is_exclusive": False},
        ),
        (f"{HERE}/stages", {"name": "REST_STAGE"}, {"has_credentials": False, "has_encryption_key": False}),
        (f"{HERE}/image-repositories", {"name": "REST_IMAGES"}, {"schema_name": "REST"}),
        (
            f"{HERE}/tables",
            {"name": "REST_TABLE", "columns": [{"name": "a", "datatype": "int", "nullable": False}]},
            {"cluster_by": [], "rows": 0, "kind": "PERMANENT"},
        ),
        (
            f"{HERE}/views",
            {"name": "REST_VIEW", "columns": [{"name": "n"}], "query": "select 1"},
            {"secure": False, "schema_name": "REST"},
        ),
        ("/api/v2/roles", {"name": "REST_ROLE", "comment": "r"}, {"is_current": False, "granted_roles": 0}),
    ],
)
def test_object_made_over_rest_can_be_listed_fetched_and_dropped(
    rest: httpx.Client, collection: str, body: dict[str, Any], expected: dict[str, Any]
) -> None:
    """Create, conflict, list, fetch with typed fields, drop, not found."""
    name = body["name"]
    rest.delete(f"{collection}/{name}?ifExists=true")
    _done(rest.post(collection, json=body))
    assert rest.post(collection, json=body).status_code == 409
    _done(rest.post(f"{collection}?createMode=ifNotExists", json=body))
    assert name in [each["name"] for each in rest.get(f"{collection}?like=rest%25").json()]
    fetched = rest.get(f"{collection}/{name.lower()}").json()
    assert {field: fetched[field] for field in expected} == expected
    assert (fetched.get("comment") or "") == body.get("comment", "")
    _done(rest.delete(f"{collection}/{name}"))
    missing = rest.get(f"{collection}/{name}")
    assert (missing.status_code, missing.json()["error_code"]) == (404, "002003")


def test_table_fetched_has_its_columns(rest: httpx.Client) -> None:
    """Name, type and nullability of each; quoted names stay as they are."""
    columns = [{"name": "ID", "datatype": "number(10,2)", "nullable": False}, {"name": '"b c"', "datatype": "varchar"}]
    _done(rest.post(f"{HERE}/tables?createMode=orReplace", json={"name": "COLUMNS", "columns": columns}))
    found = rest.get(f"{HERE}/tables/COLUMNS").json()["columns"]
    assert [(each["name"], each["datatype"], each["nullable"]) for each in found] == [
        ("ID", "NUMBER(10,2)", False),
        ('"b c"', "VARCHAR(16777216)", True),
    ]


def test_put_creates_then_changes(rest: httpx.Client) -> None:
    """Create or alter."""
    for comment in ("one", "two"):
        _done(rest.put(f"{HERE}/stages/PUT_STAGE", json={"name": "PUT_STAGE", "comment": comment}))
        assert rest.get(f"{HERE}/stages/PUT_STAGE").json()["comment"] == comment


def test_job_over_rest_has_status_logs_and_parts(rest: httpx.Client) -> None:
    """execute-job in the background, then every part that snowflake.core reads."""
    pool = {"name": "REST_JOBS", "min_nodes": 1, "max_nodes": 1, "instance_family": "CPU_X64_XS"}
    rest.post("/api/v2/compute-pools?createMode=ifNotExists", json=pool)
    container = {"name": "main", "image": "python:3.11", "command": ["python", "-c", "print('over rest')"]}
    text = json.dumps({"spec": {"containers": [container]}})
    spec = {"spec_type": "from_inline", "spec_text": text}
    body = {"name": "REST_JOB", "compute_pool": "REST_JOBS", "is_async_job": True, "spec": spec}
    _done(rest.post(f"{HERE}/services:execute-job", json=body))
    job = f"{HERE}/services/REST_JOB"
    until(lambda: rest.get(job).json()["status"] in {"DONE", "FAILED"}, "the job's end")
    fetched = rest.get(job).json()
    assert (fetched["status"], fetched["is_job"], fetched["target_instances"]) == ("DONE", True, 1)
    assert fetched["spec"]["spec_type"] == "from_inline"
    logs = rest.get(f"{job}/logs?instanceId=0&containerName=main&numLines=10").json()
    assert "over rest" in logs["system$get_service_logs"]
    assert json.loads(rest.get(f"{job}/status").json()["system$get_service_status"])[0]["containerName"] == "main"
    assert rest.get(f"{job}/containers").json()[0]["container_name"] == "main"
    assert rest.get(f"{job}/instances").json()[0]["instance_id"] == "0"
    assert rest.get(f"{job}/endpoints").json() == []
    _done(rest.delete(job))


def test_files_of_a_stage_are_listed(rest: httpx.Client, account: RunningAccount) -> None:
    """Name and size as text, by pattern too."""
    rest.post(f"{HERE}/stages?createMode=orReplace", json={"name": "FILES"})
    session = account.account.session(database="EMULATOR", schema="REST")
    (account.account.stages.path(session, "@FILES") / "a.txt").write_text("12345")
    session.close()
    assert [(each["name"], each["size"]) for each in rest.get(f"{HERE}/stages/FILES/files").json()] == [
        ("files/a.txt", "5")
    ]
    assert rest.get(f"{HERE}/stages/FILES/files?pattern=.*csv").json() == []


def test_pool_and_warehouse_actions(rest: httpx.Client) -> None:
    """Suspend and resume are seen in the state."""
    rest.post("/api/v2/warehouses?createMode=orReplace", json={"name": "REST_ACT"})
    _done(rest.post("/api/v2/warehouses/REST_ACT:suspend"))
    assert rest.get("/api/v2/warehouses/REST_ACT").json()["state"] == "SUSPENDED"
    _done(rest.post("/api/v2/warehouses/REST_ACT:resume"))
    assert rest.get("/api/v2/warehouses/REST_ACT").json()["state"] == "STARTED"
    assert rest.post("/api/v2/warehouses/REST_ACT:explode").status_code == 400


def test_rest_without_token_is_refused(account: RunningAccount) -> None:
    """401, whatever is asked for."""
    for headers in ({}, {"authorization": "Bearer guess"}, {"authorization": 'Snowflake Token="guess"'}):
        reply = httpx.get(f"{account.url}/api/v2/databases", headers=headers)
        assert reply.status_code == 401


def test_unknown_resource_names_the_coverage_page(rest: httpx.Client) -> None:
    """What is not emulated says so."""
    reply = rest.get("/api/v2/alerts")
    assert (reply.status_code, "COVERAGE.md" in reply.json()["message"]) == (400, True)


@pytest.mark.parametrize("name", ["a; drop database EMULATOR", "x' or '1", "", '"unclosed', "a.b"])
def test_name_that_is_no_identifier_is_refused(rest: httpx.Client, name: str) -> None:
    """A name never becomes SQL."""
    assert rest.post("/api/v2/databases", json={"name": name}).status_code == 400
    assert rest.get("/api/v2/databases/EMULATOR").status_code == 200


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.lists(st.text(max_size=4), max_size=2)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    collection=st.sampled_from(["warehouses", "compute-pools", "roles", "users"]),
    fields=st.dictionaries(st.sampled_from(["comment", "kind", "min_nodes", "columns", "warehouse_size"]), VALUES),
    name=st.text(max_size=8),
)
def test_any_body_is_answered_not_a_defect(
    rest: httpx.Client, collection: str, fields: dict[str, Any], name: str
) -> None:
    """No body crashes the server; 300002 would be a bug of ours."""
    reply = rest.post(f"/api/v2/{collection}?createMode=orReplace", json={"name": name, **fields})
    assert reply.status_code < 500
    if reply.status_code == 200:
        rest.delete(f"/api/v2/{collection}/{quote(name, safe='')}")
    else:
        assert reply.json()["error_code"] != "300002", reply.json()["message"]


def test_snowflake_core_passes_its_cases(account: RunningAccount) -> None:
    """The whole case list with the real client; needs the Python of an environment that has it."""
    python = os.environ.get("SPCS_SNOWFLAKE_CORE")
    if not python:
        pytest.skip("SPCS_SNOWFLAKE_CORE does not name a Python with snowflake-core")
    port = str(account.endpoints.port)
    command = [
        python,
        "-W",
        "ignore",
        str(CLIENTS / "core.py"),
        "--home",
        str(account.account.home.root),
        "--port",
        port,
    ]
    ran = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
    assert ran.returncode == 0, ran.stdout


def test_tables_are_made_from_others_over_rest(rest: httpx.Client) -> None:
    """From a query, like another, as its clone; swapped, and brought back after a drop."""
    tables = f"{HERE}/tables"
    replaced = {"createMode": "orReplace"}
    _done(rest.post(f"{tables}:as-select", params={**replaced, "query": "select 7 as a"}, json={"name": "FROM_Q"}))
    _done(rest.post(f"{tables}/FROM_Q:create-like", params=replaced, json={"name": "EMPTY"}))
    _done(rest.post(f"{tables}/FROM_Q:clone", params=replaced, json={"name": "FULL"}))
    _done(rest.post(f"{tables}/FULL:swap-with", params={"targetName": "EMPTY"}))
    assert [rest.get(f"{tables}/{name}").json()["rows"] for name in ("EMPTY", "FULL")] == [1, 0]
    _done(rest.delete(f"{tables}/FROM_Q"))
    _done(rest.post(f"{tables}/FROM_Q:undrop"))
    assert rest.get(f"{tables}/FROM_Q").json()["rows"] == 1
    assert rest.post(f"{tables}/FROM_Q:clone", json={}).status_code == 400


def test_keys_said_over_rest_are_kept(rest: httpx.Client, connect: Any) -> None:
    """Named and unnamed ones, of every kind."""
    columns = [{"name": "a", "datatype": "int"}, {"name": "b", "datatype": "int"}]
    said = [
        {"constraint_type": "PRIMARY KEY", "column_names": ["a"], "name": "pk"},
        {"constraint_type": "UNIQUE", "column_names": ["b", "a"]},
    ]
    body = {"name": "KEYED", "columns": columns, "constraints": said}
    _done(rest.post(f"{HERE}/tables?createMode=orReplace", json=body))
    cursor = connect(schema="REST").cursor()
    assert [row[6] for row in cursor.execute("show primary keys in table KEYED")] == ["PK"]
    assert [row[4] for row in cursor.execute("show unique keys in table KEYED")] == ["B", "A"]
