"""A running account for the whole test session, and connections to it that close themselves."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount, start
from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.engine.session import Session

Connect = Callable[..., Any]


@pytest.fixture(scope="session")
def account() -> Iterator[RunningAccount]:
    """One account on free loopback ports, its state in a temporary directory."""
    with start() as running:
        yield running


@pytest.fixture
def connect(account: RunningAccount) -> Iterator[Connect]:
    """``connect(**changes)``: a real connector connection as ADMIN; closed when the test ends."""
    import snowflake.connector

    with contextlib.ExitStack() as stack:

        def open_connection(**changes: Any) -> Any:
            wanted = {**account.connection_kwargs, **changes}
            given = {name: value for name, value in wanted.items() if value is not None}
            return stack.enter_context(contextlib.closing(snowflake.connector.connect(**given)))

        yield open_connection


@pytest.fixture
def schema(connect: Connect, request: pytest.FixtureRequest) -> Iterator[str]:
    """A schema of the test's own in database EMULATOR, dropped afterwards; its full name."""
    name = "T_" + "".join(c if c.isalnum() else "_" for c in request.node.name.upper())[:60]
    cursor = connect().cursor()
    cursor.execute(f"create or replace schema EMULATOR.{name}")
    yield f"EMULATOR.{name}"
    cursor.execute(f"drop schema EMULATOR.{name}")


@pytest.fixture(scope="session")
def engine_account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    """An account without a server, for tests of SQL alone."""
    made = Account(tmp_path_factory.mktemp("engine"))
    made.engine.open()
    yield made
    made.engine.close()


@pytest.fixture
def session(engine_account: Account, request: pytest.FixtureRequest) -> Iterator[Session]:
    """A session of the engine in a schema of the test's own."""
    made = engine_account.session(database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
    name = "E_" + "".join(c if c.isalnum() else "_" for c in request.node.name.upper())[:60]
    made.execute(f"create or replace schema {name}")
    yield made
    made.transaction.rollback()
    made.execute(f"drop schema if exists EMULATOR.{name}")
    made.close()


@pytest.fixture
def gate(account: RunningAccount, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """``system$wait`` lasts until this event is set, or until its statement is cancelled."""
    opened = threading.Event()

    def wait(seconds: float, until: threading.Event | None = None) -> bool:
        while not opened.is_set():
            if (until or opened).wait(0.02):
                return until is not None and until.is_set()
        return False

    monkeypatch.setattr(account.account.clock, "wait", wait)
    yield opened
    opened.set()


@pytest.fixture
def wire_token(connect: Connect) -> str:
    """A session's token, for requests that no client would send."""
    return str(connect().rest.token)
