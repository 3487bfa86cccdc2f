"""A campaign of crashes on a whole Airflow, judged by the account's own history.

By hand: ``python -m tests.airflow.chaos --faults 500 --seed 1 --home DIR``. Seeded; bounded by ``--minutes``; with the
same home it goes on where it stopped. Prints how many faults were injected and every violation.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.airflow.invariants import Verdict, Watched, jobs_of, judge
from tests.airflow.scenarios import World, dag_files
from tests.airflow.stack import running, until

_LIVE = 5
_FINISHED = ("success", "failed")
_SUBMIT = "EXECUTE JOB SERVICE"


class Campaign:
    """Starts tasks and does harm to them.

    Args:
        world: Airflow and the account.
        seed: Same seed, same choices; what they meet depends on the machine.
        record: Where the campaign's notes are kept, so that it can go on.
        drops: Whether a stop drops the job, as the first-party operator's does.
    """

    def __init__(self, world: World, seed: int, record: Path, *, drops: bool = False) -> None:
        self._world = world
        self._stack = world.stack
        self._seed = seed
        self._record = record
        self._drops = drops
        self._notes: dict[str, Any] = {"runs": {}, "faults": [], "choices": 0}
        if record.exists():
            self._notes |= json.loads(record.read_text())
        self._kinds: dict[str, tuple[int, Callable[[random.Random], bool]]] = {
            "kill task": (5, self._kill_task),
            "kill worker": (4, self._kill_worker),
            "kill supervisor only": (2, self._kill_supervisor),
            "drain task": (3, self._drain_task),
            "kill scheduler": (2, lambda dice: self._restart("scheduler", signal.SIGKILL, dice)),
            "kill triggerer": (4, lambda dice: self._restart("triggerer", signal.SIGKILL, dice)),
            "stop triggerer": (2, lambda dice: self._restart("triggerer", signal.SIGTERM, dice)),
            "kill account": (3, self._kill_account),
            "kill between submit and note": (4, self._kill_submitting),
            "clear": (4, self._clear),
            "mark failed": (3, self._mark_failed),
            "mark success": (1, self._mark_success),
            "reset": (4, lambda _: self._arm("connection_reset", times=3)),
            "503": (4, lambda _: self._arm("http_error", status=503, times=3)),
            "session expired": (3, lambda _: self._arm("session_expired")),
            "master expired": (3, lambda _: self._arm("master_expired")),
            "submit reply lost": (4, lambda _: self._arm("reply_lost", kind=_SUBMIT)),
            "status reply lost": (2, lambda _: self._arm("reply_lost", kind="SHOW JOB SERVICES")),
            "slow": (2, lambda dice: self._arm("slow", seconds=dice.uniform(1, 8), times=3)),
        }

    def run(self, faults: int, seconds: float) -> None:
        """Inject up to ``faults`` in all, for so long at most."""
        end = time.monotonic() + seconds
        names, weights = list(self._kinds), [weight for weight, _ in self._kinds.values()]
        while len(self._notes["faults"]) < faults and time.monotonic() < end:
            self._notes["choices"] += 1
            dice = random.Random(f"{self._seed}/{self._notes['choices']}")
            kind = dice.choices(names, weights)[0]
            try:
                self._keep_busy(dice)
                done = self._kinds[kind][1](dice)
            except (httpx.HTTPError, psutil.Error, TimeoutError, OSError) as error:
                print(f"  {kind}: {type(error).__name__} {error}", flush=True)
                done = False
            if done:
                self._notes["faults"].append(kind)
                print(f"{len(self._notes['faults']):4} {kind}", flush=True)
            self._save()
            time.sleep(dice.uniform(0.2, 2))

    def settle(self, seconds: float) -> None:
        """Let everything come to its end, undisturbed."""
        self._stack.start()
        try:
            until(self._settled, "every task's end", seconds=seconds, pause=2)
        except TimeoutError as error:
            print(error, flush=True)

    def judge(self) -> Verdict:
        """Compare Airflow's word with the account's."""
        rows = self._world.rows("SHOW JOB SERVICES IN SCHEMA EMULATOR.PUBLIC")
        verdict = Verdict()
        history = self._world.rows(
            "SELECT NAME, STATUS FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY(RESULT_LIMIT => 10000))"
        )
        # The list could be short of a job; history has every one that there ever was.
        listed = {(row["name"], row["status"]) for row in rows}
        for job in {(str(row["NAME"]), str(row["STATUS"])) for row in history} - listed:
            if self._drops and job[1] == "DELETED":
                continue
            verdict.violations.append(f"history has a job that the list has not: {job}")
        for run_id, run in self._notes["runs"].items():
            (task,) = self._stack.api.instances(run["dag"], run_id)
            if task["state"] not in _FINISHED:
                verdict.violations.append(f"{run_id}: the task is still {task['state']}")
                continue
            jobs = jobs_of(rows, run_id, run.get("cleared", []))
            log = self._stack.api.log(task, task["try_number"])
            judge(Watched(run_id, task["state"], run["by_hand"], jobs, log, int(run["seconds"] * 4)), verdict)
        if not verdict.jobs:
            verdict.violations.append("no task had a job: nothing was tried")
        return verdict

    @property
    def faults(self) -> Counter[str]:
        """What was injected so far."""
        return Counter(self._notes["faults"])

    @property
    def tasks(self) -> int:
        """How many tasks there were."""
        return len(self._notes["runs"])

    # Inside

    def _live(self) -> list[dict[str, Any]]:
        # One question for all, newest first: a busy machine's API server is slow.
        tasks = self._stack.api.get("/dags/~/dagRuns/~/taskInstances", limit=4 * _LIVE, order_by="-id")
        return [
            task
            for task in tasks["task_instances"]
            if task["dag_run_id"] in self._notes["runs"] and task["state"] not in _FINISHED
        ]

    def _keep_busy(self, dice: random.Random) -> None:
        for _ in range(_LIVE - len(self._live())):
            dag_id, seconds = dice.choice(("deferred", "worker")), dice.randrange(2, 40)
            run_id = self._world.begin(dag_id, seconds)
            self._notes["runs"][run_id] = {"dag": dag_id, "seconds": seconds, "by_hand": False}
            self._save()

    def _settled(self) -> bool:
        if not self._stack.api.login():
            return False
        path = "/dags/~/dagRuns/~/taskInstances"
        finished = self._stack.api.get(path, limit=1, state=list(_FINISHED))["total_entries"]
        return bool(finished == self._stack.api.get(path, limit=1)["total_entries"])

    def _save(self) -> None:
        self._record.write_text(json.dumps(self._notes))

    def _arm(self, fault: str, **arguments: Any) -> bool:
        self._stack.arm(fault, **arguments)
        return True

    def _kill_task(self, dice: random.Random) -> bool:
        return _signal(self._stack.tasks(), dice, signal.SIGKILL)

    def _drain_task(self, dice: random.Random) -> bool:
        return _signal(self._stack.tasks(), dice, signal.SIGTERM)

    def _kill_supervisor(self, dice: random.Random) -> bool:
        return _signal(self._stack.workers(), dice, signal.SIGKILL)

    def _kill_worker(self, dice: random.Random) -> bool:
        workers = self._stack.workers()
        if not workers:
            return False
        worker = dice.choice(workers)
        for process in (worker, *worker.children()):
            process.kill()
        return True

    def _restart(self, part: str, number: signal.Signals, dice: random.Random) -> bool:
        self._stack.kill(part, number)
        time.sleep(dice.uniform(0, 4))
        self._stack.start(part)
        return True

    def _kill_account(self, dice: random.Random) -> bool:
        self._stack.kill("account")
        time.sleep(dice.uniform(0, 5))
        self._stack.start_account()
        return True

    def _kill_submitting(self, dice: random.Random) -> bool:
        """The job is there, its task dies before it hears of it."""
        before = len(self._world.rows("SHOW JOB SERVICES IN SCHEMA EMULATOR.PUBLIC"))
        self._arm("hang", ran=True, kind=_SUBMIT)
        self._notes["runs"][run_id := self._world.begin("worker", 5)] = {
            "dag": "worker",
            "seconds": 5,
            "by_hand": False,
        }
        self._save()
        until(
            lambda: len(self._world.rows("SHOW JOB SERVICES IN SCHEMA EMULATOR.PUBLIC")) > before,
            f"the job of {run_id}",
            seconds=90,
            pause=0.5,
        )
        for task in self._stack.tasks():
            with contextlib.suppress(psutil.NoSuchProcess):
                task.kill()
        return True

    def _clear(self, dice: random.Random) -> bool:
        return self._by_hand(dice, self._stack.api.clear, by_hand=False)

    def _mark_failed(self, dice: random.Random) -> bool:
        return self._by_hand(dice, lambda task: self._stack.api.mark(task, "failed"), by_hand=True)

    def _mark_success(self, dice: random.Random) -> bool:
        return self._by_hand(dice, lambda task: self._stack.api.mark(task, "success"), by_hand=True)

    def _by_hand(self, dice: random.Random, action: Callable[[dict[str, Any]], None], *, by_hand: bool) -> bool:
        tasks = [task for task in self._live() if task["state"] in ("running", "deferred", "up_for_retry")]
        if not tasks:
            return False
        task = dice.choice(tasks)
        run = self._notes["runs"][task["dag_run_id"]]
        run["by_hand"] |= by_hand
        if not by_hand:
            run.setdefault("cleared", []).append(task["try_number"])
        self._save()
        action(task)
        return True


def _signal(processes: list[psutil.Process], dice: random.Random, number: signal.Signals) -> bool:
    if not processes:
        return False
    os.kill(dice.choice(processes).pid, number)
    return True


def main(arguments: list[str]) -> int:
    """Run a campaign; the number of violations."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faults", type=int, default=20, help="in all, with those of earlier runs in this home")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10, help="of injecting, at most")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--rival", action="store_true", help="with the first-party operator, for comparison")
    given = parser.parse_args(arguments)
    home = given.home or Path(tempfile.mkdtemp(prefix="spcs-chaos-"))
    dags = dag_files("rival_dag.py" if given.rival else "jobs_dag.py")
    with running(home, dags, tls=given.rival) as stack:
        world = World(stack)
        world.set_up()
        until(lambda: stack.api.get("/dags/worker"), "the DAGs", seconds=120)
        campaign = Campaign(world, given.seed, home / "campaign.json", drops=given.rival)
        campaign.run(given.faults, given.minutes * 60)
        campaign.settle(300)
        # What a stop has begun comes to its end within the grace period.
        time.sleep(20)
        verdict = campaign.judge()
    for kind, count in sorted(campaign.faults.items()):
        print(f"{count:5}  {kind}")
    for violation in verdict.violations:
        print("VIOLATION", violation)
    print(
        f"seed {given.seed}: {sum(campaign.faults.values())} faults injected into {campaign.tasks} tasks, "
        f"{verdict.jobs} jobs, {verdict.lines} log lines ({verdict.repeated} repeated after a triggerer's restart, and "
        f"said so), {verdict.failed} tasks failed by themselves, {len(verdict.violations)} violations; state in {home}"
    )
    return len(verdict.violations)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
