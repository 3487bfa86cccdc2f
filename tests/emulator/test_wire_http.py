"""The HTTP surface against requests that no client of good will sends."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import re
import socket
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.wire.gateway import read
from tests.waiting import DEADLINE

PATHS = [
    "/session/v1/login-request",
    "/session/token-request",
    "/session/heartbeat",
    "/session?delete=true",
    "/queries/v1/query-request",
    "/queries/v1/abort-request",
    "/queries/x/abort-request",
    "/telemetry/send",
    "/api/v2/statements",
    "/api/v2/statements/x/cancel",
]
SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner))
KEYS = st.sampled_from(
    ["data", "sqlText", "bindings", "parameters", "asyncExec", "requestId", "statement", "LOGIN_NAME", "TOKEN", "1"]
)
BODIES = st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON, max_size=3), max_size=4)


def test_unknown_path_is_404_and_names_the_coverage_page(account: RunningAccount) -> None:
    """No 5xx, which clients would retry for half a minute."""
    reply = requests.get(f"{account.url}/no/such/path", timeout=DEADLINE)
    assert reply.status_code == 404
    assert "COVERAGE.md" in reply.json()["message"]


@pytest.mark.parametrize(
    "raw", [b"{", b"[]", b"\x1f\x8b broken", gzip.compress(b"nonsense", mtime=0), b"\xff\xfe", b'"text"']
)
def test_malformed_body_is_a_refusal_in_json(account: RunningAccount, raw: bytes) -> None:
    """Each gets Snowflake's shape of refusal."""
    reply = requests.post(f"{account.url}/session/v1/login-request", data=raw, timeout=DEADLINE)
    assert reply.status_code == 200
    assert reply.json()["code"] == "390400"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(path=st.sampled_from(PATHS), body=BODIES)
def test_any_body_gets_an_answer_below_500(account: RunningAccount, path: str, body: dict[str, Any]) -> None:
    """No request crashes the server, whatever its body."""
    reply = requests.post(account.url + path, data=json.dumps(body), timeout=DEADLINE)
    assert reply.status_code < 500
    assert isinstance(reply.json(), dict)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(sql=st.text(max_size=60), bindings=st.none() | st.dictionaries(st.sampled_from(["1", "2"]), JSON, max_size=2))
def test_any_statement_is_answered_not_a_defect(
    account: RunningAccount, wire_token: str, sql: str, bindings: Any
) -> None:
    """Random text and binds give a result or Snowflake's kind of error; 300002 would be a bug of ours."""
    reply = requests.post(
        f"{account.url}/queries/v1/query-request",
        json={"sqlText": sql, "bindings": bindings},
        headers={"Authorization": f'Snowflake Token="{wire_token}"'},
        timeout=DEADLINE,
    )
    assert reply.status_code == 200
    assert reply.json()["code"] != "300002", reply.json()["message"]


def test_request_whose_client_left_in_the_middle_is_no_defect() -> None:
    """A body that never comes is a refusal, so that no traceback is logged as the emulator's own."""
    from starlette.requests import Request

    async def left() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "headers": [], "path": "/", "query_string": b""}
    with pytest.raises(SnowflakeError) as caught:
        asyncio.run(read(Request(scope, left)))
    assert caught.value.errno == 390_400


QUERY = b"POST /queries/v1/query-request HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        QUERY + b"Content-Length: abc\r\n\r\n{}",
        QUERY + b"Content-Length: -5\r\n\r\n{}",
        QUERY + b"Content-Length: 2\r\nContent-Length: 9\r\n\r\n{}",
        QUERY + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        QUERY + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /a\r\nb HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS to the plain port",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_broken_http_is_a_400(account: RunningAccount, sent: bytes) -> None:
    """What is no request of HTTP/1.1 is refused and its connection closed, not half read."""
    with socket.create_connection((account.endpoints.host, account.endpoints.port), DEADLINE) as client:
        client.sendall(sent)
        assert client.makefile("rb").read().startswith(b"HTTP/1.1 400")


def test_requests_sent_at_once_are_answered_in_order(account: RunningAccount) -> None:
    """HTTP pipelining: as many answers as requests, each to its own."""
    paths = ["/nope/1", "/nope/2", "/nope/3"]
    with socket.create_connection((account.endpoints.host, account.endpoints.port), DEADLINE) as client:
        last = "Connection: close\r\n"
        heads = [f"GET {path} HTTP/1.1\r\nHost: x\r\n{last if path == paths[-1] else ''}\r\n" for path in paths]
        client.sendall("".join(heads).encode())
        answer = client.makefile("rb").read().decode()
    assert re.findall(r"GET (/nope/\d)", answer) == paths


def test_connections_that_send_half_a_request_hold_up_nobody(account: RunningAccount, connect: Any) -> None:
    """Fifty clients that went silent in the middle, and one that works."""
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            address = (account.endpoints.host, account.endpoints.port)
            silent = stack.enter_context(socket.create_connection(address, DEADLINE))
            silent.sendall(QUERY + b"Content-Length: 100\r\n\r\n{")
        assert connect().cursor().execute("select 1").fetchone() == (1,)


def test_requests_without_token_get_nothing(account: RunningAccount) -> None:
    """No header, an empty token and a guessed one are refused alike."""
    for headers in ({}, {"Authorization": 'Snowflake Token=""'}, {"Authorization": 'Snowflake Token="guess"'}):
        reply = requests.post(
            f"{account.url}/queries/v1/query-request", json={"sqlText": "select 1"}, headers=headers, timeout=DEADLINE
        ).json()
        assert not reply["success"]
        assert reply["code"] in {"390101", "390111"}


def test_chunk_needs_its_secret(account: RunningAccount) -> None:
    """A guessed chunk address is 404."""
    for path in ("/chunks/guess/1.arrow", "/chunks/..%2F..%2Fadmin-password/0.arrow"):
        assert requests.get(account.url + path, timeout=DEADLINE).status_code == 404


def test_result_of_another_users_statement_is_not_found(account: RunningAccount, connect: Any) -> None:
    """Query ids are no secrets, so they open nothing to other users."""
    connection = connect()
    query_id = connection.cursor().execute("select 'mine'").sfqid
    account.account.credentials.set_password("OTHER", "other-password")
    other = connect(user="OTHER", password="other-password", role="PUBLIC")
    reply = requests.get(
        f"{account.url}/queries/{query_id}/result",
        headers={"Authorization": f'Snowflake Token="{other.rest.token}"'},
        timeout=DEADLINE,
    ).json()
    assert reply["code"] == "000709"
