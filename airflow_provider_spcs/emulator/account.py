"""One emulated account: its home directory, and the parts that live in it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator import disk, registry
from airflow_provider_spcs.emulator.clock import Clock
from airflow_provider_spcs.emulator.home import Home
from airflow_provider_spcs.emulator.objects import ObjectStore

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.endpoints import Endpoints
    from airflow_provider_spcs.emulator.engine import Engine
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.faults import Faults
    from airflow_provider_spcs.emulator.models import Models
    from airflow_provider_spcs.emulator.routines.store import Routines
    from airflow_provider_spcs.emulator.runner import Runner
    from airflow_provider_spcs.emulator.services import Services
    from airflow_provider_spcs.emulator.stages import Stages
    from airflow_provider_spcs.emulator.wire.credentials import Credentials
    from airflow_provider_spcs.emulator.wire.results import Results
    from airflow_provider_spcs.emulator.wire.running import Queries


class Account:
    """The parts of an account and how they find each other.

    Args:
        home: Directory of the account's state; made when missing.
        clock: The account's time; real by default.
        name: Account identifier, as ``CURRENT_ACCOUNT()`` and ``SNOWFLAKE_ACCOUNT`` say it.

    Raises:
        HomeError: The directory cannot be used; see :class:`Home`.
    """

    def __init__(self, home: Path, clock: Clock | None = None, name: str = "LOCAL") -> None:
        self.name = name
        self.home = Home(home)
        self.clock = clock or Clock()
        if disk.free(self.home.root) < disk.RESERVE:
            _ = self.results  # What an earlier process left of them goes.
        self.home.require_room()
        self.objects = ObjectStore(self.home.objects)
        self.closing: list[Callable[[], None]] = []
        """Called when the jobs have stopped and before the tables close, in this order."""
        self.endpoints: Endpoints | None = None
        """Where the running server listens; None while there is none."""
        registry.load()

    @cached_property
    def credentials(self) -> Credentials:
        """Passwords and tokens."""
        from airflow_provider_spcs.emulator.wire.credentials import Credentials

        return Credentials(self.home, self.clock)

    @cached_property
    def queries(self) -> Queries:
        """Statements that run, and the last ones that ended."""
        from airflow_provider_spcs.emulator.wire.running import Queries

        return Queries()

    @cached_property
    def results(self) -> Results:
        """Results of the last day's statements."""
        from airflow_provider_spcs.emulator.wire.results import Results

        return Results(self.home.directory("results"), self.clock)

    @cached_property
    def engine(self) -> Engine:
        """Tables and SQL."""
        from airflow_provider_spcs.emulator.engine import Engine

        return Engine(self)

    @cached_property
    def stages(self) -> Stages:
        """Files on stages."""
        from airflow_provider_spcs.emulator.stages import Stages

        return Stages(self)

    @cached_property
    def services(self) -> Services:
        """Compute pools and job services."""
        from airflow_provider_spcs.emulator.services import Services

        return Services(self)

    @cached_property
    def faults(self) -> Faults:
        """Failures on demand."""
        from airflow_provider_spcs.emulator.faults import Faults

        return Faults(self)

    @cached_property
    def runner(self) -> Runner:
        """Containers as local processes."""
        from airflow_provider_spcs.emulator.runner import Runner

        runner = Runner(self)
        self.closing.append(runner.close)
        return runner

    @cached_property
    def models(self) -> Models:
        """The model registry."""
        from airflow_provider_spcs.emulator.models import Models

        return Models(self)

    @cached_property
    def routines(self) -> Routines:
        """Functions and procedures that users created."""
        from airflow_provider_spcs.emulator.routines.store import Routines

        return Routines(self)

    def open(self) -> None:
        """Make what a new account has, and pick up what an earlier process of this home left."""
        self.engine.open()
        self.faults.open()
        self.services.open()

    def session(
        self,
        *,
        user: str = "ADMIN",
        role: str = "ACCOUNTADMIN",
        database: str | None = None,
        schema: str | None = None,
        warehouse: str | None = None,
        parameters: dict[str, object] | None = None,
    ) -> Session:
        """A new session with its own context and transaction."""
        return self.engine.session(
            user=user, role=role, database=database, schema=schema, warehouse=warehouse, parameters=parameters or {}
        )

    def close(self) -> None:
        """Stop what runs and close the files; the state stays."""
        self.faults.clear()
        self.services.close()
        for stop in self.closing:
            stop()
        self.engine.close()
        self.objects.close()
        self.home.release()
