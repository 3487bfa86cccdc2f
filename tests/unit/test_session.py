"""One held connection."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from snowflake.connector import errors as connector

from airflow_provider_spcs.errors import StatementError
from airflow_provider_spcs.session import HeldConnection
from tests.waiting import DEADLINE


class Server:
    """Stands in for Snowflake behind the connector's own interface: counts logins, fails when told to."""

    def __init__(self) -> None:
        self.logins = 0
        self.open = 0
        self.faults: list[Exception] = []
        self.on_execute: Any = lambda _: None

    def connect(self) -> Connection:
        """Log in."""
        self.logins += 1
        self.open += 1
        return Connection(self)


class Connection:
    """A connection and its cursor in one."""

    sfqid = "q"
    description = (("A",), ("B",))

    def __init__(self, server: Server) -> None:
        self.server = server
        self.closed = False

    def cursor(self) -> Connection:
        """A cursor; closing it closes nothing here."""
        return Cursor(self.server)

    def is_closed(self) -> bool:
        """Whether it was closed."""
        return self.closed

    def close(self) -> None:
        """Log out."""
        self.closed = True
        self.server.open -= 1


class Cursor(Connection):
    """A cursor."""

    def execute(self, text: str, binds: object = None) -> None:
        """Fail, or do nothing."""
        self.server.on_execute(text)
        if self.server.faults:
            raise self.server.faults.pop(0)

    def fetchall(self) -> list[tuple[int, int]]:
        """One row."""
        return [(1, 2)]

    def close(self) -> None:
        """Nothing to close."""


def test_connection_is_opened_when_first_needed_and_kept() -> None:
    """No login per statement."""
    server = Server()
    held = HeldConnection(server.connect)
    assert server.logins == 0
    replies = [held.run("x") for _ in range(5)]
    assert server.logins == 1
    assert replies[0].rows == [{"a": 1, "b": 2}]


def test_session_that_is_over_is_replaced_at_the_next_statement() -> None:
    """The error still reaches the caller, who tries again."""
    server = Server()
    held = HeldConnection(server.connect)
    server.faults = [connector.ProgrammingError("gone", errno=390111, sqlstate="08001")]
    with pytest.raises(connector.ProgrammingError):
        held.run("x")
    held.run("x")
    assert (server.logins, server.open) == (2, 1)


def test_statement_that_is_refused_keeps_the_connection() -> None:
    """A missing object is no reason for a login."""
    server = Server()
    held = HeldConnection(server.connect)
    server.faults = [connector.ProgrammingError("no", errno=2003, sqlstate="02000")]
    with pytest.raises(connector.ProgrammingError):
        held.run("x")
    held.run("x")
    assert server.logins == 1


def test_statement_inside_a_statement_gets_its_own_connection() -> None:
    """A signal handler cancels a job while the same thread waits for a reply."""
    server = Server()
    held = HeldConnection(server.connect)
    server.on_execute = lambda text: held.run("cancel") if text == "wait" else None
    held.run("wait")
    assert (server.logins, server.open) == (2, 1)


def test_statement_behind_a_long_one_gets_its_own_connection_after_a_while() -> None:
    """A cancel never waits behind a statement that waits."""
    server = Server()
    held = HeldConnection(server.connect, patience=0.01)
    started, release = threading.Event(), threading.Event()

    def block(text: str) -> None:
        if text == "wait":
            started.set()
            release.wait(DEADLINE)

    server.on_execute = block
    waiter = threading.Thread(target=held.run, args=("wait",))
    waiter.start()
    started.wait(DEADLINE)
    held.run("cancel")
    release.set()
    waiter.join(DEADLINE)
    assert (server.logins, server.open) == (2, 1)


def test_threads_share_one_connection() -> None:
    """Short statements of many threads follow one another."""
    server = Server()
    held = HeldConnection(server.connect)
    threads = [threading.Thread(target=lambda: [held.run("x") for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.logins == 1


def test_refused_login_is_a_statement_error() -> None:
    """Wrong credentials are not tried again for ten minutes."""

    def refuse() -> Any:
        raise connector.DatabaseError("Incorrect username or password", errno=250001, sqlstate="08001")

    with pytest.raises(StatementError, match="login") as caught:
        HeldConnection(refuse).run("x")
    assert caught.value.errno == 250001


def test_closed_connection_is_opened_again_when_needed() -> None:
    """Closing is no end."""
    server = Server()
    held = HeldConnection(server.connect)
    held.run("x")
    held.close()
    held.close()
    assert server.open == 0
    held.run("x")
    assert server.logins == 2
