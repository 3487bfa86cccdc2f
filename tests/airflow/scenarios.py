"""Single crashes and stops on a whole Airflow, one by one: what happens to the job is asked of the account itself.

By hand: ``python -m tests.airflow.scenarios [--home DIR] [--many 50] [NAME...]``; prints one line for each.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import snowflake.connector

from tests.airflow.stack import Stack, running, until

Scenario = Callable[["World"], str]
ENDED = ("DONE", "FAILED", "CANCELLED", "INTERNAL_ERROR")
STOPPED = ("CANCELLING", "CANCELLED")


class World:
    """A stack, and questions to its account.

    Args:
        stack: Airflow and the account.
    """

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """Run one statement, again when a fault that is meant for Airflow meets it."""

        def ask() -> tuple[list[dict[str, Any]]] | None:
            try:
                with (
                    snowflake.connector.connect(**self.stack.connection) as connection,
                    connection.cursor(snowflake.connector.DictCursor) as cursor,
                ):
                    return ([dict(row) for row in cursor.execute(statement).fetchall()],)
            except snowflake.connector.Error:
                return None

        return (until(ask, statement, seconds=120, pause=1) or ([],))[0]

    def set_up(self) -> None:
        """The pool and stage of the jobs."""
        self.rows("CREATE COMPUTE POOL IF NOT EXISTS TEST_POOL MIN_NODES=1 MAX_NODES=50 INSTANCE_FAMILY=CPU_X64_S")
        self.rows("CREATE STAGE IF NOT EXISTS JOBS ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')")

    def begin(self, dag_id: str, seconds: float = 60) -> str:
        """Start a run."""
        return self.stack.api.trigger(dag_id, {"seconds": seconds})

    def task(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """The run's only task instance."""
        (found,) = self.stack.api.instances(dag_id, run_id)
        return found

    def reach(self, dag_id: str, run_id: str, *states: str, seconds: float = 90) -> dict[str, Any]:
        """Wait until the task has one of these states."""

        def look() -> dict[str, Any] | None:
            found = self.task(dag_id, run_id)
            return found if found["state"] in states else None

        return until(look, f"{dag_id} {'/'.join(states)}", seconds=seconds) or {}

    def jobs(self, run_id: str) -> list[tuple[str, str]]:
        """Name and status of a run's jobs, oldest first."""
        found = [row for row in self.rows("SHOW JOB SERVICES IN SCHEMA EMULATOR.PUBLIC") if run_id in row["comment"]]
        return sorted((row["name"], row["status"]) for row in found)

    def running_job(self, run_id: str, *, count: int = 1) -> list[tuple[str, str]]:
        """Wait until the run's last job runs."""

        def look() -> list[tuple[str, str]]:
            found = self.jobs(run_id)
            return found if len(found) >= count and found[-1][1] == "RUNNING" else []

        return until(look, "a running job", seconds=90)

    def stopped(self, run_id: str, index: int = 0, *, seconds: float = 180) -> float:
        """Seconds until a job of the run is cancelled."""
        begun = time.monotonic()
        until(lambda: self.jobs(run_id)[index][1] in STOPPED, "a cancelled job", seconds=seconds)
        return time.monotonic() - begun


def mark_failed_while_deferred(world: World) -> str:
    """Mark failed stops the job."""
    run = world.begin("deferred", 600)
    task = world.reach("deferred", run, "deferred")
    world.running_job(run)
    _watched(world)
    world.stack.api.mark(task, "failed")
    return f"cancelled after {world.stopped(run):.1f} s"


def mark_failed_in_worker(world: World) -> str:
    """The same without deferral."""
    run = world.begin("worker", 600)
    world.running_job(run)
    world.stack.api.mark(world.task("worker", run), "failed")
    return f"cancelled after {world.stopped(run):.1f} s"


def clear_while_deferred(world: World) -> str:
    """The new attempt's job lives, the old one is cancelled."""
    return _clear(world, "deferred", before=_watched)


def clear_in_worker(world: World) -> str:
    """The same without deferral."""
    return _clear(world, "worker")


def _clear(world: World, dag_id: str, before: Callable[[World], None] = lambda _: None) -> str:
    run = world.begin(dag_id, 45)
    world.running_job(run)
    before(world)
    world.stack.api.clear(world.task(dag_id, run))
    world.running_job(run, count=2)
    world.reach(dag_id, run, "success", "failed", seconds=300)
    jobs = world.jobs(run)
    assert [status for _, status in jobs] == ["CANCELLED", "DONE"], jobs
    return "old cancelled, new DONE"


def triggerer_sigterm(world: World) -> str:
    """A redeploy cancels nothing."""
    return _triggerer(world, signal.SIGTERM)


def triggerer_sigkill(world: World) -> str:
    """A crash cancels nothing."""
    return _triggerer(world, signal.SIGKILL)


def _triggerer(world: World, number: signal.Signals) -> str:
    run = world.begin("deferred", 30)
    world.reach("deferred", run, "deferred")
    world.running_job(run)
    time.sleep(3)
    world.stack.kill("triggerer", number)
    world.stack.start("triggerer")
    return _one_done(world, "deferred", run)


def _one_done(world: World, dag_id: str, run: str) -> str:
    task = world.reach(dag_id, run, "success", "failed", seconds=240)
    jobs = world.jobs(run)
    assert task["state"] == "success", (task["state"], jobs)
    assert [status for _, status in jobs] == ["DONE"], jobs
    lines = [line for line in world.stack.api.log(task, task["try_number"]) if line.startswith("L ")]
    doubled = len(lines) - len(set(lines))
    return f"one job, DONE, try {task['try_number']}, {len(set(lines))} lines, {doubled} doubled"


def task_sigkill(world: World) -> str:
    """The process that runs the task dies."""
    run = world.begin("worker", 25)
    world.running_job(run)
    until(world.stack.tasks, "a task process")[0].kill()
    return _one_done(world, "worker", run)


def task_sigterm(world: World) -> str:
    """The worker is told to go, as by a node that is drained."""
    run = world.begin("worker", 25)
    world.running_job(run)
    until(world.stack.tasks, "a task process")[0].terminate()
    return _one_done(world, "worker", run)


def worker_sigkill(world: World) -> str:
    """The supervisor dies with its task."""
    run = world.begin("worker", 25)
    world.running_job(run)
    worker = until(world.stack.workers, "a worker")[0]
    children = worker.children()
    for process in (worker, *children):
        process.kill()
    return _one_done(world, "worker", run)


def scheduler_sigkill(world: World) -> str:
    """The scheduler dies while its workers live on."""
    run = world.begin("worker", 40)
    world.running_job(run)
    world.stack.kill("scheduler")
    world.stack.start("scheduler")
    return _one_done(world, "worker", run)


def account_sigkill(world: World) -> str:
    """The account dies and comes back; a job that it lost is run again, once."""
    run = world.begin("deferred", 25)
    world.reach("deferred", run, "deferred")
    world.running_job(run)
    world.stack.kill("account")
    time.sleep(5)
    world.stack.start_account()
    task = world.reach("deferred", run, "success", "failed", seconds=240)
    jobs = world.jobs(run)
    assert task["state"] == "success", (task["state"], jobs)
    assert [status for _, status in jobs if status == "DONE"] == ["DONE"], jobs
    return f"try {task['try_number']}, jobs {[status for _, status in jobs]}"


def triggerer_stopped_and_replaced(world: World) -> str:
    """A stalled triggerer's tasks move to another; nothing is cancelled when the first one wakes up."""
    run = world.begin("deferred", 75)
    world.reach("deferred", run, "deferred")
    world.running_job(run)
    time.sleep(3)
    with _stalled_triggerer(world) as wake:
        time.sleep(40)
        wake()
        time.sleep(8)
        assert [status for _, status in world.jobs(run)] in (["RUNNING"], ["DONE"]), world.jobs(run)
        return _one_done(world, "deferred", run)


@contextmanager
def _stalled_triggerer(world: World) -> Iterator[Callable[[], None]]:
    """The triggerer stands still, another is started beside it; gives what wakes the first one up."""
    first = world.stack.processes.pop("triggerer")
    group = [first.pid, *(child.pid for child in psutil.Process(first.pid).children(recursive=True))]

    def wake() -> None:
        for pid in group:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    for pid in group:
        os.kill(pid, signal.SIGSTOP)
    try:
        world.stack.start("triggerer")
        yield wake
    finally:
        wake()
        world.stack.end(first, signal.SIGTERM)


def _many_deferred(world: World) -> tuple[str, int]:
    """A run of many deferred tasks that a triggerer waits for: its id, and how many."""
    world.rows("CREATE COMPUTE POOL IF NOT EXISTS BULK MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_XS")
    world.stack.kill("scheduler")
    run = world.begin("many")
    command = [sys.executable, str(Path(__file__).parent / "deferred_rows.py"), "many", run, "BULK"]
    made = subprocess.run(
        command, env=world.stack.environment, cwd=world.stack.home, capture_output=True, check=False, text=True
    )
    assert made.returncode == 0, made.stderr[-2000:]
    many = int(made.stdout.split()[-1])
    _watched(world, many)
    return run, many


def _triggers(world: World) -> int:
    """How many triggers have a living triggerer."""
    with closing(sqlite3.connect(world.stack.home / "airflow.db", timeout=60)) as database:
        query = "SELECT COUNT(*) FROM trigger JOIN job ON job.id = triggerer_id WHERE job.latest_heartbeat > ?"
        since = datetime.now(UTC) - timedelta(seconds=15)
        return int(database.execute(query, (since.strftime("%Y-%m-%d %H:%M:%S"),)).fetchone()[0])


def _watched(world: World, many: int = 1) -> None:
    """Return when triggers wait for the tasks; of a task that is stopped before that only `spcs gc` finds the job."""
    until(lambda: _triggers(world) >= many, "triggers that run", seconds=300, pause=2)
    time.sleep(10)


def _stop_all(world: World, run: str, many: int) -> str:
    """Mark the run failed, and count the jobs that are cancelled for it."""
    begun = time.monotonic()
    world.stack.api.send("PATCH", f"/dags/many/dagRuns/{run}", {"state": "failed"})

    def stopped() -> int:
        return sum(status in STOPPED for _, status in world.jobs(run))

    with contextlib.suppress(TimeoutError):
        until(lambda: stopped() == many, "all cancelled", seconds=240, pause=2)
    said = f"{stopped()} of {many} cancelled after {time.monotonic() - begun:.1f} s"
    assert stopped() == many, said
    return said


def bulk_stop_of_rows(world: World) -> str:
    """Stopping a run of hundreds of deferred tasks stops every job of it."""
    run, many = _many_deferred(world)
    return _stop_all(world, run, many)


def bulk_stop_after_reassignment(world: World) -> str:
    """The same while the triggers move: moving cancels none, stopping cancels all."""
    run, many = _many_deferred(world)
    with _stalled_triggerer(world) as wake:
        until(lambda: _triggers(world) >= many, "triggers that have moved", seconds=300, pause=2)
        time.sleep(10)
        wake()
        time.sleep(20)
        cancelled = sum(status in STOPPED for _, status in world.jobs(run))
        assert cancelled == 0, f"{cancelled} of {many} cancelled by the move"
        return f"0 cancelled by the move; {_stop_all(world, run, many)}"


def bulk_stop(world: World) -> str:
    """Stopping a run stops every job of it."""
    run = world.begin("many")
    many = len(world.stack.api.instances("many", run)) or 1

    def all_deferred() -> bool:
        found = world.stack.api.instances("many", run)
        return len(found) > 1 and all(each["state"] == "deferred" for each in found)

    until(all_deferred, "all deferred", seconds=400, pause=2)
    many = len(world.stack.api.instances("many", run))
    begun = time.monotonic()
    world.stack.api.send("PATCH", f"/dags/many/dagRuns/{run}", {"state": "failed"})

    def all_stopped() -> bool:
        found = world.jobs(run)
        return len(found) == many and all(status in STOPPED for _, status in found)

    try:
        until(all_stopped, "all cancelled", seconds=300, pause=1)
    finally:
        stopped = sum(status in STOPPED for _, status in world.jobs(run))
    return f"{stopped} of {many} cancelled after {time.monotonic() - begun:.1f} s"


SCENARIOS: dict[str, Scenario] = {
    scenario.__name__: scenario
    for scenario in (
        mark_failed_while_deferred,
        mark_failed_in_worker,
        clear_while_deferred,
        clear_in_worker,
        triggerer_sigterm,
        triggerer_sigkill,
        task_sigkill,
        task_sigterm,
        worker_sigkill,
        scheduler_sigkill,
        account_sigkill,
        triggerer_stopped_and_replaced,
        bulk_stop,
        bulk_stop_of_rows,
        bulk_stop_after_reassignment,
    )
}


def dag_files(name: str = "jobs_dag.py") -> dict[str, str]:
    """What goes into the DAG folder."""
    return {"jobs.py": (Path(__file__).parent / name).read_text()}


def main(arguments: list[str]) -> int:
    """Run scenarios; the number that failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(SCENARIOS))
    parser.add_argument("--home", type=Path)
    parser.add_argument("--many", type=int, default=50)
    given = parser.parse_args(arguments)
    home = given.home or Path(tempfile.mkdtemp(prefix="spcs-scenarios-"))
    failed = 0
    with running(home, dag_files(), {"JOBS_DAG_MANY": str(given.many)}) as stack:
        world = World(stack)
        world.set_up()
        until(lambda: stack.api.get("/dags/many"), "the DAGs", seconds=120)
        for name in given.names or SCENARIOS:
            begun = time.monotonic()
            # What an earlier one has ended.
            stack.start()
            try:
                outcome = "ok    " + SCENARIOS[name](world)
            except (AssertionError, TimeoutError) as error:
                failed += 1
                outcome = f"WRONG {error}"
            print(f"{name:32} {time.monotonic() - begun:6.1f} s  {outcome}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
