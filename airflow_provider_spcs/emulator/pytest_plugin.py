"""Fixtures for tests that run jobs: ``pytest_plugins = ["airflow_provider_spcs.emulator.pytest_plugin"]``.

``spcs_account`` is a running account, ``spcs_connection`` a connector connection to it, ``spcs_faults`` its faults,
``spcs_clock`` its time. The seed of the faults is the test's own, so that a failed test fails again; ``--spcs-seed``
gives another one. A failed test's report lists the faults that were injected.
"""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_spcs.emulator.clock import TickClock

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator import RunningAccount
    from airflow_provider_spcs.emulator.faults import Faults


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--spcs-seed``."""
    group = parser.getgroup("spcs", "emulated Snowflake account")
    group.addoption("--spcs-seed", type=int, default=None, help="Seed of faults; by default each test has its own.")


@pytest.fixture
def spcs_account(request: pytest.FixtureRequest) -> Iterator[RunningAccount]:
    """A running account of the test's own, its state in a temporary directory.

    Its time is real, unless the test asks for ``spcs_clock`` as well.
    """
    from airflow_provider_spcs.emulator import start

    with start(clock=TickClock() if "spcs_clock" in request.fixturenames else None) as running:
        running.faults.seed(_seed(request))
        yield running


@pytest.fixture
def spcs_connection(spcs_account: RunningAccount) -> Iterator[Any]:
    """A ``snowflake.connector`` connection as ADMIN; database, schema, warehouse and role are set."""
    import snowflake.connector

    with contextlib.closing(snowflake.connector.connect(**spcs_account.connection_kwargs)) as connection:
        yield connection


@pytest.fixture
def spcs_faults(spcs_account: RunningAccount) -> Iterator[Faults]:
    """The account's faults, none armed; all are removed when the test ends."""
    yield spcs_account.faults
    spcs_account.faults.clear()


@pytest.fixture
def spcs_clock(spcs_account: RunningAccount) -> TickClock:
    """The account's time, which moves only by ``spcs_clock.tick(seconds)``; what is due has been done afterwards.

    Processes in containers run in real time all the same.
    """
    clock = spcs_account.clock
    assert isinstance(clock, TickClock)  # noqa: S101  spcs_account gives one to a test that asks for this fixture
    return clock


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    """Add the injected faults to a failed test's report."""
    report = yield
    running = getattr(item, "funcargs", {}).get("spcs_account")
    if report.failed and running is not None and len(running.faults.log):
        report.sections.append(("faults injected", str(running.faults.log)))
    return report


def _seed(request: pytest.FixtureRequest) -> int:
    given = request.config.getoption("--spcs-seed")
    return zlib.crc32(request.node.nodeid.encode()) if given is None else int(given)
