"""A token that expires while a task waits: a fresh one in the Airflow connection is used, else the task says so."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook

from airflow_provider_spcs import SpcsJobOperator
from airflow_provider_spcs.emulator import RunningAccount
from airflow_provider_spcs.emulator.wire.credentials import ADMIN, PAT
from airflow_provider_spcs.errors import SpcsError, StatementError
from tests.airflow.fakes import TaskInstance, context
from tests.airflow.test_trigger import SEVEN, defer, first_event
from tests.gate import Gate
from tests.waiting import until


class Connection:
    """An Airflow connection with a programmatic access token where a password is expected."""

    def __init__(self, account: RunningAccount, monkeypatch: pytest.MonkeyPatch) -> None:
        self._account = account
        self._monkeypatch = monkeypatch
        self._token = ""
        self.renew()

    def renew(self) -> None:
        """Put a new token into the connection."""
        self._token = self._account.account.credentials.issue_token(ADMIN, "ACCOUNTADMIN", kind=PAT, holder="TESTS")
        given = self._account.connection_kwargs
        extra = {name: given[name] for name in ("account", "host", "port", "protocol", "database", "warehouse", "role")}
        connection = {
            "conn_type": "snowflake",
            "login": ADMIN,
            "password": self._token,
            "schema": given["schema"],
            "extra": extra,
        }
        self._monkeypatch.setenv("AIRFLOW_CONN_BY_TOKEN", json.dumps(connection))

    def expire(self) -> None:
        """The token's time is over, and so is the session that was opened with it."""
        self._account.account.credentials.expire(self._token)
        self._account.faults.master_expired()


@pytest.fixture
def connection(account: RunningAccount, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """The connection ``by_token``."""
    return Connection(account, monkeypatch)


def in_worker(job: dict[str, Any], ti: TaskInstance, while_it_runs: Callable[[], None]) -> Any:
    """What a task that waits in the worker returns or raises; something happens while its job runs."""
    ended: list[Any] = []

    def work() -> None:
        try:
            ended.append(SpcsJobOperator(**job, command=SEVEN).execute(context(ti)))
        except SpcsError as error:
            ended.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    until(lambda: "job_url" in ti.xcoms or not worker.is_alive(), "the job's submission")
    while_it_runs()
    worker.join()
    return ended[0]


def deferred(job: dict[str, Any], ti: TaskInstance, while_it_runs: Callable[[], None]) -> Any:
    """As `in_worker`, of a task that is deferred."""
    operator, trigger = defer(job, SEVEN, ti)
    while_it_runs()
    try:
        return operator.execute_complete(context(ti), asyncio.run(first_event(trigger)))
    except SpcsError as error:
        return error


MODES = [in_worker, deferred]
pytestmark = pytest.mark.skipif(
    not hasattr(SnowflakeHook, "_add_programmatic_access_token_config"),
    reason="Airflow's hook of this version makes no token of a connection's password",
)


@pytest.mark.parametrize("wait", MODES)
def test_token_that_expires_is_replaced_by_the_connections_new_one(
    job: dict[str, Any], gate: Gate, connection: Connection, wait: Callable[..., Any]
) -> None:
    """Whoever renews tokens renews them in the connection, and no task that waits takes notice."""

    def expire() -> None:
        connection.expire()
        connection.renew()
        gate.open()

    ti = TaskInstance(run_id=f"token-renewed-{wait.__name__}")
    assert wait({**job, "snowflake_conn_id": "by_token", "volumes": gate.volumes}, ti, expire) == 7


@pytest.mark.parametrize("wait", MODES)
def test_token_that_expires_and_is_not_renewed_fails_the_task_and_not_the_job(
    job: dict[str, Any], gate: Gate, connection: Connection, wait: Callable[..., Any]
) -> None:
    """The error names the login and the token; the retry, after a person renewed it, takes the job over."""
    given = {**job, "snowflake_conn_id": "by_token", "volumes": gate.volumes}
    first = TaskInstance(run_id=f"token-over-{wait.__name__}")
    error = wait(given, first, connection.expire)
    assert isinstance(error, StatementError)
    for words in ("login to Snowflake", "token has expired", "renewed in it is used at the next login"):
        assert words in str(error)
    assert first.xcoms["job_failure"]["headline"].startswith("login to Snowflake")
    connection.renew()
    second = TaskInstance(run_id=first.run_id, try_number=2)
    assert wait(given, second, gate.open) == 7
    assert second.xcoms["job_name"] == first.xcoms["job_name"]
