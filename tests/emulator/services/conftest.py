"""An account without a server, and short ways to run jobs in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.clock import Clock, TickClock
from airflow_provider_spcs.emulator.lifecycle import TERMINAL
from airflow_provider_spcs.emulator.runner.runner import ISOLATION_PLANS, Runner
from tests.gate import Gate
from tests.waiting import until

IMAGE = "python:3.11"


def spec(code: str = "print('hello')", **container: Any) -> str:
    """A specification whose container ``main`` runs Python code."""
    main = {"name": "main", "image": IMAGE, "command": ["python", "-u", "-c", code], **container}
    return json.dumps({"spec": {"containers": [main]}})


class Local:
    """One account with a session; statements in, rows as dicts out."""

    def __init__(self, home: Path, clock: Clock | None = None, plans: Sequence[str] = ISOLATION_PLANS) -> None:
        self.account = Account(home, clock)
        self.account.runner = Runner(self.account, plans)
        self.account.closing.append(self.account.runner.close)
        self.account.open()
        self.session = self.account.session(database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
        self.sql("CREATE COMPUTE POOL IF NOT EXISTS POOL MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S")

    def sql(self, text: str, *binds: object, query_id: str = "") -> list[dict[str, Any]]:
        """The rows of a statement."""
        from airflow_provider_spcs.emulator.engine.query import all_rows

        result = self.session.execute(text, binds, query_id=query_id)
        names = [column.name for column in result.columns]
        return [dict(zip(names, row, strict=True)) for row in all_rows(result)]

    def value(self, text: str, *binds: object) -> Any:
        """The first cell of a statement's rows."""
        return next(iter(self.sql(text, *binds)[0].values()))

    def start(self, name: str, text: str, clauses: str = "", pool: str = "POOL") -> None:
        """Start an asynchronous job from a specification."""
        self.sql(
            f"EXECUTE JOB SERVICE IN COMPUTE POOL {pool} NAME = {name} ASYNC = TRUE {clauses} FROM SPECIFICATION ?",
            text,
        )

    def status(self, name: str) -> str:
        """A job's status."""
        return str(self.sql(f"DESCRIBE SERVICE {name}")[0]["status"])

    def containers(self, name: str) -> list[dict[str, Any]]:
        """SHOW SERVICE CONTAINERS."""
        return self.sql(f"SHOW SERVICE CONTAINERS IN SERVICE {name}")

    def ended(self, name: str) -> str:
        """Wait for a job's end; its status."""
        self.until(lambda: self.status(name) in TERMINAL)
        return self.status(name)

    def logs(self, name: str, *arguments: object) -> str:
        """SYSTEM$GET_SERVICE_LOGS of the job's only container, or with arguments of your own."""
        rest = arguments or (0, "main")
        marks = ", ".join("?" for _ in rest)
        text = str(self.value(f"SELECT SYSTEM$GET_SERVICE_LOGS(?, {marks})", name, *rest))
        # A machine without namespaces says so first.
        return "\n".join(line for line in text.split("\n") if not line.startswith("WARNING: emulator:"))

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition that other threads bring about."""
        until(condition)

    def gate(self, name: str) -> Gate:
        """Holds jobs that mount it, until it is opened; a name of the test's own."""
        self.sql("CREATE STAGE IF NOT EXISTS GATES")
        stage = f"@EMULATOR.PUBLIC.GATES/{name}"
        return Gate(self.account.stages.path(self.session, stage), stage)

    def settle(self) -> None:
        """Wait until the supervisor has done all that is due now."""
        for _ in range(3):
            self.account.services.supervisor.call(lambda: None)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """An account in real time, shared by a module's tests."""
    running = Local(tmp_path_factory.mktemp("home"))
    yield running
    running.account.close()


@pytest.fixture(scope="module")
def make_local(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Local]:
    """Makes an account that is otherwise than most; whoever asks for it closes it."""
    return lambda **wanted: Local(tmp_path_factory.mktemp("home"), **wanted)


@pytest.fixture
def own_networks(local: Local) -> None:
    """Skips where containers share the host's network, on which a port is one server's."""
    if local.account.runner.plan == "rewrite":
        pytest.skip("this machine gives containers no network of their own")


@pytest.fixture
def ticking(tmp_path: Path) -> Iterator[Local]:
    """An account whose time moves by ``local.account.clock.tick()`` only."""
    running = Local(tmp_path / "home", TickClock())
    yield running
    running.account.close()


@pytest.fixture
def make_spec() -> Callable[..., str]:
    """Builds a specification from Python code and further fields of its container."""
    return spec
