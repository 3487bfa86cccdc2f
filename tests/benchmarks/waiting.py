"""What waiting for N deferred jobs costs, ours and first-party in one run on one account.

By hand: ``python tests/benchmarks/waiting.py --jobs 1 10 100 500``. Counts are the account's own; processor time and
memory are of the process whose event loop runs the N triggers, as a triggerer does.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import snowflake.connector

from airflow_provider_spcs.emulator import RunningAccount, start

_HERE = Path(__file__).parent
_SPEC = (
    "spec:\n  containers:\n  - name: main\n    image: /emulator/public/images/python:3\n    command: [sleep, '3600']"
)


@dataclass
class Cost:
    """One row of the table.

    Attributes:
        requests: HTTP requests a minute.
        statements: Statements a minute.
        logins: Logins a minute.
        cpu: Processor seconds a minute.
        memory: Kilobytes a job, over the same process with one job; 0 for one.
        delays: Seconds from a job's end to the event.
        missed: Ended jobs without an event in time.
    """

    requests: float
    statements: float
    logins: float
    cpu: float
    memory: float
    delays: list[float]
    missed: int


class Bench:
    """Jobs that wait for a node for ever, and the processes that wait for them.

    Args:
        account: Where.
        interval: Of polling, in seconds.
        seconds: How long each is measured.
        ended: How many jobs are ended while it is measured.
    """

    def __init__(self, account: RunningAccount, interval: float, seconds: float, ended: int) -> None:
        self._account = account
        self._interval = interval
        self._seconds = seconds
        self._ended = ended
        self._connection = snowflake.connector.connect(**account.connection_kwargs)
        self._run("CREATE COMPUTE POOL BENCH MIN_NODES = 1 MAX_NODES = 1 INSTANCE_FAMILY = CPU_X64_XS")
        self._base_memory: dict[str, float] = {}

    def measure(self, kind: str, count: int) -> Cost:
        """Wait for ``count`` new jobs with one kind of trigger."""
        names = [f"{kind.replace('-', '_').upper()}_{count}_{number:04}" for number in range(count)]
        for name in names:
            self._run(
                f"EXECUTE JOB SERVICE IN COMPUTE POOL BENCH NAME = {name} ASYNC = TRUE FROM SPECIFICATION $${_SPEC}$$"
            )
        events: dict[str, float] = {}
        process = subprocess.Popen(
            [sys.executable, str(_HERE / "waiting_runner.py"), kind, str(self._interval)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "AIRFLOW_CONN_SNOWFLAKE_DEFAULT": self._account.airflow_uri},
            text=True,
        )
        try:
            assert process.stdin is not None
            process.stdin.write("\n".join(f"EMULATOR.PUBLIC.{name}" for name in names))
            process.stdin.close()
            threading.Thread(target=_collect, args=(process, events), daemon=True).start()
            self._warm_up()
            return self._watch(kind, count, names, psutil.Process(process.pid), events)
        finally:
            process.kill()
            process.wait()
            for name in names:
                self._run(f"DROP SERVICE IF EXISTS {name}")

    def _warm_up(self) -> None:
        """Imports, logins and the first looks are no part of waiting."""
        faults = self._account.faults
        faults.log.clear()
        first = faults.slow(0, sql="^(SHOW JOB SERVICES|DESCRIBE SERVICE)", times=None)
        deadline = time.monotonic() + 180
        while not len(faults.log) and time.monotonic() < deadline:
            time.sleep(0.2)
        first.remove()
        time.sleep(10 + 2 * self._interval)

    def _watch(
        self, kind: str, count: int, names: list[str], process: psutil.Process, events: dict[str, float]
    ) -> Cost:
        faults = self._account.faults
        faults.log.clear()
        counting = faults.slow(0, path=".*", times=None)
        cpu = sum(process.cpu_times()[:2])
        time.sleep(self._seconds)
        cpu = sum(process.cpu_times()[:2]) - cpu
        seen = Counter(item.target.split()[1] for item in faults.log)
        counting.remove()
        memory = process.memory_info().rss / 1024
        self._base_memory.setdefault(kind, memory)
        ends = self._end(names[: min(self._ended, count)])
        deadline = time.time() + max(3 * self._interval, 30)
        while time.time() < deadline and not all(name in events for name in ends):
            time.sleep(0.2)
        per_minute = 60 / self._seconds
        return Cost(
            requests=sum(seen.values()) * per_minute,
            statements=seen["/queries/v1/query-request"] * per_minute,
            logins=seen["/session/v1/login-request"] * per_minute,
            cpu=cpu * per_minute,
            memory=(memory - self._base_memory[kind]) / (count - 1) if count > 1 else 0,
            delays=[events[name] - ends[name] for name in ends if name in events],
            missed=sum(name not in events for name in ends),
        )

    def _end(self, names: list[str]) -> dict[str, float]:
        """Cancel jobs one after the other; when each ended."""
        ended = {}
        for name in names:
            self._run(f"CALL {name}!SPCS_CANCEL_JOB()")
            ended[name] = time.time()
            time.sleep(self._interval / 7)
        return ended

    def _run(self, statement: str) -> Any:
        with self._connection.cursor() as cursor:
            return cursor.execute(statement).fetchall()


def _collect(process: subprocess.Popen[str], events: dict[str, float]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("{"):
            event = json.loads(line)
            events[event["job"].rpartition(".")[2]] = event["at"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 10, 100])
    parser.add_argument("--interval", type=float, default=10.0)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--ended", type=int, default=10)
    parser.add_argument("--kinds", nargs="+", default=["ours", "first-party"])
    given = parser.parse_args()
    logging.disable(logging.INFO)
    print(f"Interval {given.interval:g} s, measured for {given.seconds:g} s; requests as counted by the account.")
    print("| jobs | trigger | requests/min | statements/min | logins/min | CPU s/min | KB/job | delay s p50 / p95 |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as home, start(Path(home)) as account:
        bench = Bench(account, given.interval, given.seconds, given.ended)
        for count in given.jobs:
            for kind in given.kinds:
                cost = bench.measure(kind, count)
                late = f" ({cost.missed} without an event)" if cost.missed else ""
                print(
                    f"| {count} | {kind} | {cost.requests:.0f} | {cost.statements:.0f} | {cost.logins:.0f} "
                    f"| {cost.cpu:.1f} | {cost.memory:.0f} | {_spread(cost.delays)}{late} |",
                    flush=True,
                )


def _spread(delays: list[float]) -> str:
    if not delays:
        return "-"
    if len(delays) == 1:
        return f"{delays[0]:.1f}"
    return f"{statistics.median(delays):.1f} / {statistics.quantiles(delays, n=20)[-1]:.1f}"


if __name__ == "__main__":
    main()
