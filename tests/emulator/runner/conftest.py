"""Containers for tests: started from few words, ended with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator.endpoints import Endpoints
from airflow_provider_spcs.emulator.home import Home
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.runner import ContainerRequest, Runner, RunningContainer, StartError
from tests.waiting import DEADLINE

Start = Callable[..., RunningContainer]


@dataclass
class Place:
    """All that the runner asks of an account: no SQL, no sockets."""

    home: Home
    name: str = "LOCAL"
    endpoints: Endpoints | None = None


@pytest.fixture
def account(tmp_path: Path) -> Iterator[Place]:
    """A home, which is what the runner knows of an account."""
    place = Place(Home(tmp_path / "home"))
    yield place
    place.home.release()


@pytest.fixture
def runner(account: Any) -> Iterator[Runner]:
    """A runner with the best isolation that this machine allows."""
    runner = Runner(account)
    yield runner
    runner.close()


@pytest.fixture
def start(runner: Runner) -> Iterator[Start]:
    """Starts a container by its command and fields of the request; kills it after the test."""
    started: list[RunningContainer] = []

    def start(*command: str, by: Runner = runner, **fields: Any) -> RunningContainer:
        image = fields.pop("image", "python:3.11")
        request = ContainerRequest(Name("DB", "SC", "JOB"), 0, "main", image, command=command or None, **fields)
        container = by.start(request)
        started.append(container)
        return container

    yield start
    for container in started:
        container.terminate(0)
        container.wait(DEADLINE)


@pytest.fixture(scope="session", params=["pid", "mount", "rewrite"])
def any_runner(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """A runner for each way of isolation that this machine allows; one for all tests, which share nothing in it."""
    place: Any = Place(Home(tmp_path_factory.mktemp("account") / "home"))
    runner = Runner(place, plans=[request.param])
    try:
        assert runner.plan == request.param
    except StartError as error:
        pytest.skip(f"this machine refuses it: {error}")
    yield runner
    runner.close()
    place.home.release()


@pytest.fixture
def possible() -> Callable[[Runner], Runner]:
    """Skips where the machine refuses a runner's way of isolation."""

    def possible(runner: Runner) -> Runner:
        try:
            assert runner.plan
        except StartError as error:
            pytest.skip(f"this machine refuses it: {error}")
        return runner

    return possible


@pytest.fixture
def isolated(runner: Runner) -> None:
    """Skips where the machine allows no namespaces."""
    if runner.plan != "pid":
        pytest.skip("this machine allows no namespaces")
