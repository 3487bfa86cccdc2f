"""Faults of requests, as real clients meet them over a socket."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import snowflake.connector
from snowflake.connector.errors import DatabaseError, Error, OperationalError, ProgrammingError

from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.emulator.faults import Faults
from tests.waiting import DEADLINE, until

Connect = Callable[..., Any]
SPEC = json.dumps(
    {"spec": {"containers": [{"name": "main", "image": "python:3.11", "command": ["python", "-c", "print('hello')"]}]}}
)


@pytest.fixture
def faults(account: RunningAccount) -> Iterator[Faults]:
    """The account's faults, an empty log, none armed before or after."""
    account.faults.clear()
    account.faults.log.clear()
    yield account.faults
    account.faults.clear()


@pytest.fixture
def cursor(connect: Connect) -> Any:
    """A cursor on a connection of the test's own."""
    return connect(login_timeout=DEADLINE).cursor()


@pytest.fixture
def submit(cursor: Any, schema: str) -> Callable[[str], str]:
    """Submits a job of that name in a schema of the test's own."""
    cursor.execute("create compute pool if not exists FAULTS min_nodes=1 max_nodes=1 instance_family=CPU_X64_S")
    cursor.execute(f"use schema {schema}")

    def run(name: str) -> str:
        statement = f"execute job service in compute pool FAULTS name={name} async=true from specification $${SPEC}$$"
        return str(cursor.execute(statement).fetchone()[0])

    return run


def _names(cursor: Any) -> list[str]:
    return [row[0] for row in cursor.execute("show services").fetchall()]


def test_lost_reply_of_a_submission_leaves_one_job(faults: Faults, submit: Callable[[str], str], cursor: Any) -> None:
    """The job was started; the connector repeats its request and gets the first run's answer."""
    fault = faults.reply_lost(kind="EXECUTE JOB SERVICE")
    assert "J" in submit("J")
    assert fault.count == 1
    assert _names(cursor) == ["J"]
    assert [entry.fault for entry in faults.log] == ["reply_lost"]


def test_reply_lost_for_good_leaves_the_job(
    faults: Faults, submit: Callable[[str], str], connect: Connect, schema: str
) -> None:
    """With repetitions met as well the client fails, and another one finds the job."""
    hasty = connect(network_timeout=8, schema=schema.rpartition(".")[2])
    submit("FIRST")
    faults.reply_lost(kind="EXECUTE JOB SERVICE", retries=True)
    with pytest.raises(OperationalError):
        hasty.cursor().execute(
            f"execute job service in compute pool FAULTS name=J async=true from specification $${SPEC}$$"
        )
    found = connect(schema=schema.rpartition(".")[2]).cursor()
    until(lambda: _names(found) == ["FIRST", "J"], "the job")


def test_reset_runs_nothing(faults: Faults, cursor: Any, schema: str) -> None:
    """The statement that was reset has not run; the connector's repetition runs it once."""
    cursor.execute(f"create table {schema}.T (A int)")
    faults.connection_reset(kind="INSERT")
    cursor.execute(f"insert into {schema}.T values (1)")
    assert cursor.execute(f"select count(*) from {schema}.T").fetchone() == (1,)
    assert len(faults.log) == 1


@pytest.mark.parametrize("ran", [False, True])
def test_http_error_is_retried_by_the_client(faults: Faults, cursor: Any, schema: str, ran: bool) -> None:
    """A 503 before or after the statement changes nothing for a client that repeats its request."""
    cursor.execute(f"create table {schema}.T (A int)")
    faults.http_error(503, ran=ran, kind="INSERT")
    cursor.execute(f"insert into {schema}.T values (1)")
    assert cursor.execute(f"select count(*) from {schema}.T").fetchone() == (1,)


def test_http_error_carries_status_and_retry_after(faults: Faults, account: RunningAccount) -> None:
    """Any error status, with the header that tells clients when to come back."""
    import requests

    faults.http_error(429, retry_after=2, path="/")
    answer = requests.get(account.url, timeout=DEADLINE)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert requests.get(account.url, timeout=DEADLINE).status_code == 200


def test_cut_reply_is_half_an_answer(faults: Faults, account: RunningAccount) -> None:
    """The connection ends before the announced length."""
    import requests

    faults.reply_cut(path="/")
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(account.url, timeout=DEADLINE)


def test_expired_session_is_renewed_by_the_client(faults: Faults, connect: Connect) -> None:
    """390112 once: the connector renews its token, and the statement runs in the same session."""
    connection = connect()
    before = connection.rest.token
    faults.session_expired(kind="SELECT")
    assert connection.cursor().execute("select 1").fetchone() == (1,)
    assert connection.rest.token != before


def test_expired_master_needs_a_new_login(faults: Faults, connect: Connect) -> None:
    """390114: the session is over for good, a new one works."""
    connection = connect()
    faults.master_expired(kind="SELECT")
    with pytest.raises(ProgrammingError) as caught:
        connection.cursor().execute("select 1")
    assert caught.value.errno == 390114
    with pytest.raises(DatabaseError):
        connection.cursor().execute("select 1")
    assert connect().cursor().execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("ran", [False, True])
def test_slow_answer_is_late_and_right(faults: Faults, cursor: Any, ran: bool) -> None:
    """The answer comes after so many seconds."""
    faults.slow(0.5, ran=ran, kind="SELECT")
    start = time.monotonic()
    assert cursor.execute("select 1").fetchone() == (1,)
    assert time.monotonic() - start >= 0.5


@pytest.mark.parametrize("ran", [False, True])
def test_hanging_answer_ends_with_the_clients_patience(faults: Faults, account: RunningAccount, ran: bool) -> None:
    """Nothing comes; the client's own time limit ends it."""
    import requests

    faults.hang(path="/", ran=ran)
    with pytest.raises(requests.exceptions.ReadTimeout):
        requests.get(account.url, timeout=(DEADLINE, 0.5))


def test_hanging_request_goes_when_the_fault_is_removed(faults: Faults, connect: Connect) -> None:
    """The connection is closed then, and a client that repeats its request gets its answer."""
    fault = faults.hang(kind="SELECT")
    connection = connect()
    query = connection.cursor()
    import threading

    waiting = threading.Thread(target=lambda: query.execute("select 1"))
    waiting.start()
    until(lambda: len(faults.log), "the request")
    fault.remove()
    waiting.join(DEADLINE)
    assert query.fetchone() == (1,)


def test_refused_login_says_why(faults: Faults, account: RunningAccount, connect: Connect) -> None:
    """A wrong password by default, any other reason by number."""
    faults.login_refused()
    faults.login_refused(390422, "IP is not allowed to access Snowflake.")
    for errno in (390100, 390422):
        with pytest.raises(Error) as caught:
            snowflake.connector.connect(**account.connection_kwargs)
        assert caught.value.errno == errno
    assert connect().cursor().execute("select 1").fetchone() == (1,)


def test_statement_error_runs_nothing(faults: Faults, cursor: Any, schema: str) -> None:
    """The client gets number and text; the statement has not run."""
    faults.statement_error(604, "SQL execution canceled", "57014", kind="CREATE TABLE")
    with pytest.raises(ProgrammingError) as caught:
        cursor.execute(f"create table {schema}.T (A int)")
    assert caught.value.errno == 604
    cursor.execute(f"create table {schema}.T (A int)")


@pytest.mark.parametrize(("foreign", "comment"), [(False, None), (True, "made by another client (fault injection)")])
def test_duplicate_name_is_refused_and_one_job_is_there(
    faults: Faults, submit: Callable[[str], str], cursor: Any, foreign: bool, comment: str | None
) -> None:
    """2002, and the job that has the name: the statement's own, or another client's."""
    faults.duplicate_name(foreign=foreign)
    with pytest.raises(ProgrammingError) as caught:
        submit("J")
    assert caught.value.errno == 2002
    rows = cursor.execute("show services").fetchall()
    comments = [row[[item.name for item in cursor.description].index("comment")] for row in rows]
    assert comments == [comment]


def test_several_faults_meet_one_statement(faults: Faults, cursor: Any) -> None:
    """Slow and then refused with 503; the repetition gets through."""
    faults.slow(0.2, kind="SELECT")
    faults.http_error(kind="SELECT")
    start = time.monotonic()
    assert cursor.execute("select 1").fetchone() == (1,)
    assert time.monotonic() - start >= 0.2
    assert [entry.fault for entry in faults.log] == ["slow", "http_503"]


def test_faults_reach_the_sql_api(faults: Faults, account: RunningAccount) -> None:
    """The REST API's statements are met by the same kinds."""
    import requests

    token = account.account.credentials.issue_token("ADMIN", "ACCOUNTADMIN")
    headers = {"Authorization": f"Bearer {token}"}
    faults.statement_error(604, "SQL execution canceled", kind="SELECT")
    url = f"{account.url}/api/v2/statements"
    answers = [requests.post(url, json={"statement": "select 1"}, headers=headers, timeout=DEADLINE) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [422, 200]
    assert answers[0].json()["code"] == "000604"


def test_faults_reach_tls_clients(faults: Faults, account: RunningAccount, connect: Connect) -> None:
    """The same over HTTPS, where the connection is cut below the encryption."""
    faults.reply_lost(kind="SELECT")
    faults.connection_reset(kind="SELECT", nth=2)
    tls = connect(port=account.endpoints.tls_port, protocol="https")
    assert tls.cursor().execute("select 1").fetchone() == (1,)
    assert [entry.fault for entry in faults.log] == ["reply_lost", "connection_reset"]
