"""What waiting for N deferred jobs costs, ours and first-party in one run on one account.

By hand: ``python tests/benchmarks/waiting.py --jobs 1 10 100 500``. Both are told the same interval. Counts are the
account's own; processor time and memory are of the process whose event loop runs the N triggers, as a triggerer does.
The first-party trigger asks in asyncio's default threads, of which there are four more than processors: when they do
not suffice it asks less often than it was told, so each row says how often a job was really looked at. Further kinds:
``ours-live-log`` (the log is shown while it comes, as is the default) and ``first-party-32-threads``.
"""

from __future__ import annotations

import argparse
import itertools
import json
import logging
import math
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
_SPEC = """
spec:
  containers:
  - name: main
    image: /emulator/public/images/python:3
    command: [sleep, "7200"]
    resources:
      requests: {{cpu: {cpu}, memory: 10M}}
"""
_POOLS = {
    "RUNNING": "MAX_NODES = 100 INSTANCE_FAMILY = CPU_X64_L",
    "PENDING": "MAX_NODES = 1 INSTANCE_FAMILY = CPU_X64_XS",
}
_LOOKS = ("SHOW JOB SERVICES", "DESCRIBE SERVICE")


@dataclass
class Cost:
    """One row of the table.

    Attributes:
        requests: HTTP requests a minute.
        looks: Status statements a minute.
        statements: All statements a minute.
        look_every: Seconds between two looks at one job.
        logins: Logins a minute.
        cpu: Processor seconds a minute.
        memory: Kilobytes a job, over the same process with one job; 0 for one.
        delays: Seconds from a job's end to the event.
        missed: Ended jobs without an event in time.
    """

    requests: float
    looks: float
    statements: float
    look_every: float
    logins: float
    cpu: float
    memory: float
    delays: list[float]
    missed: int


class Bench:
    """Jobs that run, or wait for a node, for hours, and the processes that wait for them.

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
        for state, size in _POOLS.items():
            self._run(f"CREATE COMPUTE POOL {state}_JOBS MIN_NODES = 1 {size}")
        # Whatever comes later to the pool with one small node finds it taken.
        self._submit("HOLDER", "PENDING", cpu=1)
        self._base_memory: dict[str, float] = {}

    def measure(self, kind: str, count: int, state: str) -> Cost:
        """Wait for ``count`` new jobs of a state with one kind of trigger."""
        names = [f"{kind.replace('-', '_').upper()}_{state}_{count}_{number:04}" for number in range(count)]
        for name in names:
            self._submit(name, state)
        self._reach(names, state)
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

    def _submit(self, name: str, state: str, cpu: float = 0.05) -> None:
        spec = _SPEC.format(cpu=cpu)
        self._run(
            f"EXECUTE JOB SERVICE IN COMPUTE POOL {state}_JOBS NAME = {name} ASYNC = TRUE FROM SPECIFICATION $${spec}$$"
        )

    def _reach(self, names: list[str], state: str) -> None:
        deadline = time.monotonic() + 600
        while sum(row[0] in set(names) and row[1] == state for row in self._run("SHOW JOB SERVICES")) < len(names):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(names)} jobs: not all {state} within 600 s")
            time.sleep(1)

    def _warm_up(self) -> None:
        """Imports, logins and the first looks are no part of waiting."""
        faults = self._account.faults
        faults.log.clear()
        first = faults.slow(0, sql=f"^({'|'.join(_LOOKS)})", times=None)
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
        counting.remove()
        targets = [item.target for item in faults.log]
        seen = Counter(target.split()[1] for target in targets)
        looks = sum(any(look in target for look in _LOOKS) for target in targets)
        memory = process.memory_info().rss / 1024
        self._base_memory.setdefault(kind, memory)
        chosen = names[: min(self._ended, count)]
        self._end(chosen)
        deadline = time.monotonic() + max(3 * self._interval, 240)
        while time.monotonic() < deadline and not all(name in events for name in chosen):
            time.sleep(0.2)
        ends = self._ends(chosen)
        per_minute = 60 / self._seconds
        # One SHOW looks at all jobs, one DESCRIBE at one.
        shows = sum(_LOOKS[0] in target for target in targets)
        each = shows + (looks - shows) / count
        return Cost(
            requests=sum(seen.values()) * per_minute,
            looks=looks * per_minute,
            statements=seen["/queries/v1/query-request"] * per_minute,
            look_every=self._seconds / each if each else math.inf,
            logins=seen["/session/v1/login-request"] * per_minute,
            cpu=cpu * per_minute,
            memory=(memory - self._base_memory[kind]) / (count - 1) if count > 1 else 0,
            delays=[events[name] - end for name, end in ends.items() if name in events],
            missed=sum(name not in events for name in chosen),
        )

    def _end(self, names: list[str]) -> None:
        """Cancel jobs one after the other."""
        for name in names:
            self._run(f"CALL {name}!SPCS_CANCEL_JOB()")
            time.sleep(self._interval / 7)

    def _ends(self, names: list[str]) -> dict[str, float]:
        """When each ended, in seconds since the epoch, as the account has it."""
        history = "SELECT NAME, COMPLETED_TIME FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY(RESULT_LIMIT => 10000))"
        return {name: end.timestamp() for name, end in self._run(history) if name in names and end is not None}

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
    parser.add_argument("--states", nargs="+", default=["RUNNING"], choices=list(_POOLS), help="of the waiting jobs")
    given = parser.parse_args()
    logging.disable(logging.INFO)
    print(
        f"Both kinds are told to look every {given.interval:g} s; measured for {given.seconds:g} s on {os.cpu_count()} "
        "processors; requests as counted by the account."
    )
    print(
        "| jobs | status | trigger | requests/min | status statements/min | all statements/min | logins/min "
        "| s between looks at a job | CPU s/min | KB/job | delay s p50 / p95 |"
    )
    print("|" + "---|" * 11)
    with tempfile.TemporaryDirectory() as home, start(Path(home)) as account:
        bench = Bench(account, given.interval, given.seconds, given.ended)
        for count, state, kind in itertools.product(given.jobs, given.states, given.kinds):
            cost = bench.measure(kind, count, state)
            late = f" ({cost.missed} without an event)" if cost.missed else ""
            print(
                f"| {count} | {state} | {kind} | {cost.requests:.0f} | {cost.looks:.0f} | {cost.statements:.0f} "
                f"| {cost.logins:.0f} | {cost.look_every:.1f} | {cost.cpu:.1f} | {cost.memory:.0f} "
                f"| {_spread(cost.delays)}{late} |",
                flush=True,
            )


def _spread(delays: list[float]) -> str:
    if not delays:
        return "-"
    if len(delays) == 1:
        return f"{delays[0]:.1f}"
    return f"{statistics.median(delays):.1f} / {statistics.quantiles(delays, n=20, method='inclusive')[-1]:.1f}"


if __name__ == "__main__":
    main()
