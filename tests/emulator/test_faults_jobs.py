"""Faults of jobs and of time: what clients see of nodes, containers, records, logs and clocks that fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airflow_provider_spcs.emulator import RunningAccount, start
from airflow_provider_spcs.emulator.clock import TickClock
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.faults import FaultError, Faults
from airflow_provider_spcs.emulator.lifecycle import TERMINAL
from tests.waiting import until

SLEEP = "print('up', flush=True); import time; time.sleep(3600)"


class Jobs:
    """One account; jobs by name, and what statements say of them."""

    def __init__(self, running: RunningAccount) -> None:
        self.running = running
        self.faults: Faults = running.faults
        self.session = running.account.session(database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
        self.session.execute("create compute pool POOL min_nodes=1 max_nodes=2 instance_family=CPU_X64_S")

    def start(self, name: str, code: str = SLEEP, cpu: float = 0.2) -> None:
        """Start a job that runs Python code."""
        container = {"name": "main", "image": "python:3.11", "command": ["python", "-u", "-c", code]}
        text = json.dumps({"spec": {"containers": [container | {"resources": {"requests": {"cpu": cpu}}}]}})
        self.session.execute(
            f"execute job service in compute pool POOL name={name} async=true from specification ?", [text]
        )

    def status(self, name: str) -> str:
        """As DESCRIBE SERVICE says it."""
        return str((self.session.execute(f"describe service {name}").rows or [])[0][1])

    def container(self, name: str) -> tuple[str, str, int | None]:
        """Status, message and exit code of its only container."""
        result = self.session.execute(f"show service containers in service {name}")
        row = dict(zip([column.name for column in result.columns], (result.rows or [])[0], strict=True))
        return row["status"], row["message"], row["last_exit_code"]

    def logs(self, name: str) -> str:
        """SYSTEM$GET_SERVICE_LOGS."""
        return str(self.session.rows(f"select system$get_service_logs('{name}', 0, 'main')")[0][0])

    def lines(self, name: str) -> list[str]:
        """SPCS_GET_LOGS."""
        return [row[0] for row in self.session.rows(f"select LOG from table({name}!spcs_get_logs())")]

    def ended(self, name: str) -> str:
        """Wait for its end; its status."""
        self.until(lambda: self.status(name) in TERMINAL and self.container(name)[2] is not None)
        return self.status(name)

    def up(self, name: str) -> None:
        """Wait until its first line is there."""
        self.until(lambda: self.status(name) == "RUNNING" and "up" in self.logs(name))

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition that other threads bring about."""
        until(condition)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    """An account in real time for the whole module."""
    with start(tmp_path_factory.mktemp("faults")) as running:
        yield Jobs(running)


@pytest.fixture
def jobs(shared: Jobs) -> Iterator[Jobs]:
    """The shared account: no faults, an empty log, and afterwards no jobs."""
    shared.faults.log.clear()
    yield shared
    shared.faults.clear()
    for row in shared.session.execute("show services").rows or []:
        shared.session.execute(f"drop service {row[0]} force")


def _entries(jobs: Jobs) -> list[tuple[str, str]]:
    return [(entry.fault, entry.target) for entry in jobs.faults.log]


def test_vanished_job_is_gone_for_describe_and_deleted_in_history(jobs: Jobs) -> None:
    """2003, the container is stopped, GET_JOB_HISTORY has it as DELETED."""
    jobs.faults.job_vanished(job="J", at="RUNNING")
    jobs.start("J")
    jobs.until(lambda: len(jobs.faults.log) == 1)
    jobs.running.account.services.supervisor.settle()
    with pytest.raises(SnowflakeError) as caught:
        jobs.status("J")
    assert caught.value.errno == 2003
    history = jobs.session.rows("select NAME, STATUS from table(snowflake.spcs.get_job_history()) where NAME = 'J'")
    assert history == [("J", "DELETED")]
    assert _entries(jobs) == [("job_vanished", "EMULATOR.PUBLIC.J")]


def test_job_may_vanish_without_a_trace(jobs: Jobs) -> None:
    """Older than the history, or of another role: nothing knows of it."""
    jobs.start("GONE")
    jobs.up("GONE")
    jobs.faults.job_vanished(job="GONE", history=False)
    assert jobs.session.rows("select 1 from table(snowflake.spcs.get_job_history()) where NAME = 'GONE'") == []
    jobs.until(lambda: not jobs.running.account.services.supervisor.describe()["containers"])


def test_job_vanishes_between_two_statements(jobs: Jobs) -> None:
    """A fault may happen before the answer to a request: the second DESCRIBE finds nothing."""
    import snowflake.connector

    jobs.start("J")
    jobs.faults.job_vanished(job="J", on={"kind": "DESCRIBE SERVICE", "nth": 2})
    with snowflake.connector.connect(**jobs.running.connection_kwargs) as connection:
        cursor = connection.cursor()
        cursor.execute("describe service J")
        with pytest.raises(snowflake.connector.errors.ProgrammingError) as caught:
            cursor.execute("describe service J")
    assert caught.value.errno == 2003


@pytest.mark.parametrize("status", ["INTERNAL_ERROR", "FAILED"])
def test_lost_node_ends_all_jobs_on_it(jobs: Jobs, status: str) -> None:
    """Containers are killed, neighbours too, other nodes' jobs run on; logs are only in the event table."""
    for name in ("A", "B"):
        jobs.start(name, cpu=1.2)
        jobs.up(name)
    jobs.start("OTHER", cpu=1.2)
    jobs.up("OTHER")
    jobs.faults.node_lost(job="A", status=status)
    assert [jobs.ended(name) for name in ("A", "B")] == [status, status]
    assert jobs.container("A") == ("FAILED", "Encountered fatal error", 137)
    assert jobs.status("OTHER") == "RUNNING"
    with pytest.raises(SnowflakeError) as caught:
        jobs.logs("A")
    assert caught.value.errno == 395014
    assert jobs.lines("A") == ["up"]


@pytest.mark.parametrize(("number", "code"), [(9, 137), (15, 143), (11, 139)])
def test_killed_container_has_the_signals_exit_code(jobs: Jobs, number: int, code: int) -> None:
    """The command gets the signal; the job fails with 128 + signal."""
    jobs.start("J")
    jobs.up("J")
    jobs.faults.container_killed(number, job="J")
    assert jobs.ended("J") == "FAILED"
    assert jobs.container("J") == ("FAILED", "Encountered fatal error while running, check container logs", code)


def test_signal_may_be_handled(jobs: Jobs) -> None:
    """A container that handles SIGTERM ends as it likes."""
    jobs.start("J", "import signal, time; signal.signal(15, lambda *_: exit(0)); print('up'); time.sleep(3600)")
    jobs.up("J")
    jobs.faults.container_killed(15, job="J")
    assert jobs.ended("J") == "DONE"


def test_container_out_of_memory_says_so(jobs: Jobs) -> None:
    """137 and OOMKilled, without using the memory."""
    jobs.start("J")
    jobs.up("J")
    jobs.faults.container_oom(job="J")
    assert jobs.ended("J") == "FAILED"
    assert jobs.container("J") == ("FAILED", "Container was OOMKilled due to resource usage", 137)


def test_reclaimed_logs_are_in_the_event_table_only(jobs: Jobs) -> None:
    """GET_SERVICE_LOGS fails once the job has ended; SPCS_GET_LOGS has every line."""
    jobs.faults.logs_reclaimed(job="J", at="DONE")
    jobs.start("J", "print('a'); print('b')")
    jobs.until(lambda: len(jobs.faults.log) == 1)
    jobs.running.account.services.supervisor.settle()
    with pytest.raises(SnowflakeError) as caught:
        jobs.logs("J")
    assert caught.value.errno == 395014
    assert jobs.lines("J") == ["a", "b"]
    assert jobs.status("J") == "DONE"


def test_cut_logs_lose_their_beginning(jobs: Jobs, tmp_path: Path) -> None:
    """What was written before is gone but the last whole lines; what comes later is there."""
    code = "print('1'); print('2'); print('up'); import signal; signal.sigwait([10]); print('4'); signal.sigwait([10])"
    jobs.start("J", "import signal; signal.pthread_sigmask(0, [10]); " + code)
    jobs.up("J")
    jobs.faults.logs_cut(job="J", keep=60)
    assert jobs.logs("J") == "up"
    jobs.faults.container_killed(10, job="J")
    jobs.until(lambda: "4" in jobs.logs("J"))
    assert jobs.logs("J") == "up\n4"
    jobs.faults.container_killed(9, job="J")
    jobs.ended("J")
    assert jobs.lines("J") == ["1", "2", "up", "4"]


def test_fault_meets_the_nth_job_that_gets_there(jobs: Jobs) -> None:
    """Of three jobs the second loses its container."""
    jobs.faults.container_oom(job="N.", at="RUNNING", nth=2)
    for name in ("N1", "N2", "N3"):
        jobs.start(name, "import time; time.sleep(0.5)")
        jobs.until(lambda name=name: jobs.status(name) != "PENDING")
    assert [jobs.ended(name) for name in ("N1", "N2", "N3")] == ["DONE", "FAILED", "DONE"]
    assert _entries(jobs) == [("container_oom", "EMULATOR.PUBLIC.N2")]


def test_fault_at_once_needs_a_job(jobs: Jobs) -> None:
    """One that meets nothing would be a test that proves nothing."""
    with pytest.raises(FaultError, match="no job fits"):
        jobs.faults.node_lost(job="NO_SUCH")


def test_clock_jump_expires_sessions(jobs: Jobs) -> None:
    """Two hours later the session's token is over (renewed unseen), and after five without a word the session."""
    import snowflake.connector

    with snowflake.connector.connect(**jobs.running.connection_kwargs) as connection:
        token = connection.rest.token
        jobs.faults.clock_jump(2 * 3600)
        assert connection.cursor().execute("select 1").fetchone() == (1,)
        assert connection.rest.token != token
        jobs.faults.clock_jump(5 * 3600)
        with pytest.raises(snowflake.connector.errors.ProgrammingError) as caught:
            connection.cursor().execute("select 1")
        assert caught.value.errno == 390114
    jobs.faults.clock_jump(-7 * 3600)


def test_clock_jumps_at_a_jobs_moment(tmp_path: Path) -> None:
    """The jump comes with the job's start, and what is due by it happens."""
    clock = TickClock()
    with start(tmp_path, clock=clock) as running:
        jobs = Jobs(running)
        before = clock.now()
        running.faults.clock_jump(3600, job="J", at="RUNNING")
        jobs.start("J", "pass")
        jobs.ended("J")
        assert (clock.now() - before).total_seconds() == 3600


def test_lifecycle_moves_by_ticks_and_each_step_is_an_event(tmp_path: Path) -> None:
    """Pool start-up, job, auto-suspend: nothing happens before its tick, all of it when the tick returns."""
    clock = TickClock()
    with start(tmp_path, clock=clock) as running:
        running.account.services.timing.startup = 120
        jobs = Jobs(running)
        jobs.start("J", "print('hello')")
        clock.tick(119)
        assert jobs.container("J")[:2] == ("PENDING", "Compute pool node(s) are being provisioned")
        clock.tick(1)
        assert jobs.container("J")[0] in {"READY", "DONE"}
        assert jobs.ended("J") == "DONE"
        events = jobs.session.rows("select EVENT_NAME, EVENT_DETAILS from table(J!spcs_get_events())")
        steps = [(name.partition(".")[0], json.loads(details)["status"]) for name, details in events]
        assert steps == [
            ("CONTAINER", "PENDING"), ("SERVICE", "PENDING"), ("SERVICE_INSTANCE", "PENDING"),
            ("CONTAINER", "PENDING"),
            ("CONTAINER", "READY"), ("SERVICE", "RUNNING"), ("SERVICE_INSTANCE", "READY"),
            ("CONTAINER", "DONE"), ("SERVICE", "DONE"), ("SERVICE_INSTANCE", "SUCCEEDED"),
        ]  # fmt: skip
        clock.tick(30 * 86400)
        with pytest.raises(SnowflakeError) as caught:
            jobs.status("J")
        assert caught.value.errno == 2003


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("node_lost", [("CONTAINER", "TERMINATING"), ("CONTAINER", "FAILED"), ("SERVICE", "INTERNAL_ERROR")]),
        ("container_oom", [("CONTAINER", "FAILED"), ("SERVICE", "FAILED")]),
    ],
)
def test_faults_leave_their_events(jobs: Jobs, fault: str, expected: list[tuple[str, str]]) -> None:
    """What a fault does to a job is in the event table as what happens by itself is."""
    jobs.start("J")
    jobs.up("J")
    getattr(jobs.faults, fault)(job="J")
    jobs.ended("J")
    events = jobs.session.rows("select EVENT_NAME, EVENT_DETAILS from table(J!spcs_get_events())")
    steps = [(name.partition(".")[0], json.loads(details)["status"]) for name, details in events]
    assert [step for step in expected if step not in steps] == []
