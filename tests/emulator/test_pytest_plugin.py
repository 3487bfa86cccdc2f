"""The fixtures for users' tests, as a user's test file meets them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytest_plugins = ["pytester"]
CONFTEST = 'pytest_plugins = ["airflow_provider_spcs.emulator.pytest_plugin"]'
Outcome = Callable[..., pytest.RunResult]


@pytest.fixture
def outcome(connect: Callable[..., Any], pytester: pytest.Pytester) -> Outcome:
    """Runs a test file under a conftest that enables the plugin."""
    # What is first imported by a run inside this process is forgotten after it, which native modules do not bear.
    connect().cursor().execute("select 1").fetchall()

    def run(code: str, *arguments: str, apart: bool = False) -> pytest.RunResult:
        pytester.makeconftest(CONFTEST)
        pytester.makepyfile(code)
        start = pytester.runpytest_subprocess if apart else pytester.runpytest_inprocess
        return start("-q", "-p", "no:xdist", "-p", "no:cacheprovider", *arguments)

    return run


def test_account_and_connection_run_a_job(outcome: Outcome) -> None:
    """Two fixtures are enough to run a job and read its log."""
    outcome(
        """
        import json

        SPEC = json.dumps({"spec": {"containers": [
            {"name": "main", "image": "python:3.11", "command": ["python", "-c", "print('hello')"]}]}})

        def test_job(spcs_account, spcs_connection):
            cursor = spcs_connection.cursor()
            cursor.execute("create compute pool p min_nodes=1 max_nodes=1 instance_family=CPU_X64_S")
            cursor.execute(f"execute job service in compute pool p name=j from specification $${SPEC}$$")
            assert cursor.execute("select log from table(j!spcs_get_logs())").fetchall() == [("hello",)]
            assert spcs_account.url.startswith("http://127.0.0.1:")
    """,
        apart=True,
    ).assert_outcomes(passed=1)


def test_faults_are_the_tests_own(outcome: Outcome) -> None:
    """What one test arms does not reach the next, and the draws under a probability repeat in each run."""
    code = """
        import pytest

        def draws(connection, faults):
            faults.statement_error(99999, "no", kind="select", times=None, probability=0.5)
            def met():
                try:
                    connection.cursor().execute("select 1")
                except Exception as error:
                    assert error.errno == 99999
                    return "1"
                return "0"
            return "".join(met() for _ in range(16))

        def test_draw(spcs_connection, spcs_faults, capsys):
            found = draws(spcs_connection, spcs_faults)
            with capsys.disabled():
                print("drawn", found)

        def test_next(spcs_connection):
            assert spcs_connection.cursor().execute("select 1").fetchone() == (1,)
    """
    drawn = []
    for arguments in ((), (), ("--spcs-seed=7",)):
        result = outcome(code, *arguments)
        result.assert_outcomes(passed=2)
        drawn.append(next(line.rpartition(" ")[2] for line in result.outlines if "drawn" in line))
    assert drawn[0] == drawn[1] != drawn[2]
    assert {"0", "1"} == set(drawn[0])


def test_clock_moves_by_ticks_only(outcome: Outcome) -> None:
    """A test that asks for the clock drives the account's time; what is due has happened when the tick returns."""
    outcome("""
        def state(connection):
            return connection.cursor().execute("show compute pools like 'p'").fetchone()[1]

        def test_suspend(spcs_clock, spcs_connection):
            spcs_connection.cursor().execute(
                "create compute pool p min_nodes=1 max_nodes=1 instance_family=CPU_X64_S auto_suspend_secs=60")
            spcs_clock.tick(59)
            assert state(spcs_connection) == "IDLE"
            spcs_clock.tick(1)
            assert state(spcs_connection) == "SUSPENDED"
    """).assert_outcomes(passed=1)


def test_failed_test_lists_its_faults(outcome: Outcome) -> None:
    """The report of a failure says what was injected."""
    result = outcome("""
        def test_refused(spcs_account, spcs_faults, spcs_connection):
            spcs_faults.statement_error(99999, "no", kind="select")
            spcs_connection.cursor().execute("select 1")
    """)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*faults injected*", "1. statement_error: POST /queries/v1/query-request SELECT*"])


def test_plugin_is_not_registered_by_itself(pytester: pytest.Pytester) -> None:
    """Installing the package gives no test suite a fixture that it did not ask for."""
    pytester.makepyfile("def test_none(spcs_account): pass")
    result = pytester.runpytest_inprocess("-q")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'spcs_account' not found*"])
