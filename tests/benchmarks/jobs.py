"""What jobs cost: to the first line of the log, many at once, many records. Run by hand; prints tables.

``python tests/benchmarks/jobs.py [start] [many] [records]``; server and client are two processes, as in use.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import snowflake.connector

from airflow_provider_spcs.emulator.account import Account
from airflow_provider_spcs.emulator.services import families

SERVE = "import sys; from pathlib import Path; from airflow_provider_spcs.emulator.server import serve; "
SERVE += "serve(Path(sys.argv[1]))"
FAMILY = "CPU_X64_S"
COMMANDS = {"echo": ["echo", "hello"], "python": [sys.executable, "-c", "print('hello')"]}
ROUNDS, JOBS, CAPACITY, NODES = 30, 200, 50, 5
RECORDS = (2_500, 5_000, 10_000)


class Server:
    """The emulator in a process of its own."""

    def __init__(self, home: Path) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", SERVE, str(home)], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline().strip().rpartition(":")[2])
        self._password = (home / "admin-password").read_text()
        self.process = psutil.Process(self._process.pid)

    def connect(self) -> Any:
        """A connection as ADMIN."""
        return snowflake.connector.connect(
            account="LOCAL", user="ADMIN", password=self._password, host="127.0.0.1", port=self._port,
            protocol="http", database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH",
        )  # fmt: skip

    def stop(self) -> None:
        """End it in order."""
        self._process.terminate()
        self._process.wait(60)


@contextlib.contextmanager
def server(prepare: Callable[[Path], None] | None = None) -> Iterator[Server]:
    """A server on a temporary home."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory, "home")
        if prepare is not None:
            prepare(home)
        running = Server(home)
        try:
            yield running
        finally:
            running.stop()


def specification(command: list[str], cpu: float) -> str:
    """One container that runs a command."""
    resources = {"requests": {"cpu": cpu}}
    container = {"name": "main", "image": "python:3.11", "command": command, "resources": resources}
    return json.dumps({"spec": {"containers": [container]}})


def submit(cursor: Any, name: str, text: str) -> None:
    """Start a job and do not wait for it."""
    cursor.execute(f"execute job service in compute pool POOL name={name} async=true from specification $${text}$$")


def first_line() -> None:
    """From EXECUTE JOB SERVICE to the first line that a client reads, beside Popen and read of the same command."""
    print(f"\nTo the first line of the log, median of {ROUNDS} (ms)")
    print(f"{'command':<10}{'Popen':>10}{'job':>10}{'of it EXECUTE':>16}{'ratio':>8}")
    with server() as running, running.connect() as connection:
        cursor = connection.cursor()
        cursor.execute(f"create compute pool POOL min_nodes=1 max_nodes=1 instance_family={FAMILY}")
        submit(cursor, "WARM", specification(["true"], 0.1))
        for label, command in COMMANDS.items():
            plain, jobs, executes = [], [], []
            for number in range(ROUNDS):
                begin = time.perf_counter()
                with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
                    assert process.stdout is not None
                    assert process.stdout.readline() == b"hello\n"
                    plain.append(time.perf_counter() - begin)
                text = specification(command, 0.1)
                begin = time.perf_counter()
                submit(cursor, f"{label}_{number}", text)
                executes.append(time.perf_counter() - begin)
                wait_for_line(cursor, f"{label}_{number}")
                jobs.append(time.perf_counter() - begin)
                cursor.execute(f"call {label}_{number}!spcs_wait_for('DONE', 20)")
            one, other = statistics.median(plain), statistics.median(jobs)
            execute = statistics.median(executes) * 1000
            print(f"{label:<10}{one * 1000:>10.1f}{other * 1000:>10.1f}{execute:>16.1f}{other / one:>8.1f}")


def wait_for_line(cursor: Any, name: str) -> None:
    """Ask for the log until it has a line; until the container has one, the answer is an error."""
    while True:
        with contextlib.suppress(snowflake.connector.errors.ProgrammingError):
            row = cursor.execute(f"select system$get_service_logs('{name}', 0, 'main')").fetchone()
            if row[0]:
                assert row[0].startswith("hello")
                return


def many_at_once() -> None:
    """Jobs beyond a pool's capacity, submitted at once: all end right, and the server's memory stays."""
    cpu = families.node(FAMILY).cpu * NODES / CAPACITY
    text = specification([sys.executable, "-c", "import time; time.sleep(1); print('hello')"], round(cpu - 0.0005, 3))
    with server() as running, running.connect() as connection:
        cursor = connection.cursor()
        cursor.execute(f"create compute pool POOL min_nodes={NODES} max_nodes={NODES} instance_family={FAMILY}")
        submit(cursor, "WARM", text)
        cursor.execute("call WARM!spcs_wait_for('DONE', 60)")
        before = running.process.memory_info().rss
        begin = time.perf_counter()
        loaders = [threading.Thread(target=_load, args=(running, part, text)) for part in range(8)]
        for loader in loaders:
            loader.start()
        most, peak, statuses = 0, before, dict[str, int]()
        submitted = 0.0
        while statuses.get("DONE", 0) < JOBS + 1 and time.perf_counter() - begin < 600:
            rows = cursor.execute("show job services").fetchall()
            statuses = {status: sum(row[1] == status for row in rows) for status in {row[1] for row in rows}}
            most = max(most, statuses.get("RUNNING", 0))
            peak = max(peak, running.process.memory_info().rss)
            if not submitted and not any(loader.is_alive() for loader in loaders):
                submitted = time.perf_counter() - begin
            time.sleep(0.1)
        seconds = time.perf_counter() - begin
        print(f"\n{JOBS} jobs of one second at once on a pool with capacity {CAPACITY}")
        print(
            f"statuses {statuses}, most running {most}, submitted in {submitted:.1f} s, all ended after {seconds:.1f} s"
        )
        after = running.process.memory_info().rss
        print(f"server's memory (MiB): before {before >> 20}, peak {peak >> 20}, after {after >> 20}")


def _load(running: Server, part: int, text: str) -> None:
    with running.connect() as connection:
        for number in range(part, JOBS, 8):
            submit(connection.cursor(), f"MANY_{number}", text)


def many_records() -> None:
    """SHOW JOB SERVICES beside a SELECT of as many rows of the same columns."""
    print("\nSHOW JOB SERVICES over n records, best of 5 (ms)")
    print(f"{'records':>8}{'SELECT':>10}{'SHOW':>10}{'ratio':>8}{'SHOW us/row':>14}")
    for count in RECORDS:
        with server(lambda home, count=count: fill(home, count)) as running, running.connect() as connection:  # type: ignore[misc]
            cursor = connection.cursor()
            cursor.execute("show job services")
            cursor.execute("create table T as select * from table(result_scan(last_query_id()))")
            show = best(lambda cursor=cursor: cursor.execute("show job services").fetchall(), count)  # type: ignore[misc]
            select = best(lambda cursor=cursor: cursor.execute("select * from T").fetchall(), count)  # type: ignore[misc]
        print(f"{count:>8}{select * 1000:>10.1f}{show * 1000:>10.1f}{show / select:>8.2f}{show / count * 1e6:>14.1f}")


def best(call: Callable[[], list[Any]], rows: int) -> float:
    """The shortest of five runs in seconds."""
    times = []
    for _ in range(5):
        begin = time.perf_counter()
        assert len(call()) == rows
        times.append(time.perf_counter() - begin)
    return min(times)


def fill(home: Path, count: int) -> None:
    """Put the records of ended jobs into a home, copies of one real job."""
    account = Account(home)
    account.open()
    session = account.session(database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
    session.execute(f"create compute pool POOL min_nodes=1 max_nodes=1 instance_family={FAMILY}")
    text = specification(["true"], 0.1)
    session.execute("execute job service in compute pool POOL name=JOB_00000 from specification ?", [text])
    row = account.services.store.history("ACCOUNTADMIN", "", "9", 1)[0]
    document = account.objects.get("SERVICE", row.name)
    for number in range(1, count):
        job = account.services.job(row)
        job.id, job.name = f"{number:08x}{row.id[8:]}", row.name._replace(name=f"JOB_{number:05}")
        account.services.store.add(job, row.created)
        account.services.store.save(job)
        account.objects.create("SERVICE", job.name, document | {"id": job.id})
    account.close()


if __name__ == "__main__":
    parts = {"start": first_line, "many": many_at_once, "records": many_records}
    for part in sys.argv[1:] or parts:
        parts[part]()
