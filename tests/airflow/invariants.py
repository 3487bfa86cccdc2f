"""What has to be true of the account's own history, whatever has happened to Airflow."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

ENDED = ("DONE", "FAILED", "CANCELLED", "INTERNAL_ERROR", "DELETED")
RESTARTED = "Log: goes on after a restart of the triggerer"


@dataclass
class Verdict:
    """What was found.

    Attributes:
        violations: One line each.
        jobs: Jobs looked at.
        lines: Log lines looked at.
        repeated: Lines shown twice where the log says that it may be so.
        failed: Tasks that failed although nobody said so.
    """

    violations: list[str] = field(default_factory=list)
    jobs: int = 0
    lines: int = 0
    repeated: int = 0
    failed: int = 0


@dataclass(frozen=True)
class Watched:
    """A task instance at the end.

    Attributes:
        run_id: Its run.
        state: Airflow's.
        by_hand: Whether a person set that state.
        jobs: Rows of SHOW JOB SERVICES, oldest first.
        log: Records of its last try.
        lines: How many lines its job writes.
    """

    run_id: str
    state: str
    by_hand: bool
    jobs: list[dict[str, Any]]
    log: list[str]
    lines: int


def jobs_of(rows: list[dict[str, Any]], run_id: str, cleared: list[int]) -> list[dict[str, Any]]:
    """A run's jobs among all.

    Args:
        rows: Of SHOW JOB SERVICES.
        run_id: The run. Our jobs say it in their comment, the first-party operator's in the name that its DAG makes.
        cleared: The tries at which the task was cleared; for jobs whose comment does not say which attempt they are of.
    """
    found = []
    plain = "FP_" + re.sub(r"[-:.+]", "_", run_id).upper()
    for row in rows:
        if row["name"].startswith(f"{plain}_T"):
            generation = sum(int(row["name"].rpartition("_T")[2]) > number for number in cleared)
            found.append({**row, "comment": json.dumps({"run_id": run_id, "generation": generation})})
        elif row["comment"] and json.loads(row["comment"])["run_id"] == run_id:
            found.append(row)
    return found


def generations(jobs: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    """A task's jobs by the attempt they belong to, in the order of their creation."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for job in sorted(jobs, key=lambda job: job["created_on"]):
        found[int(json.loads(job["comment"])["generation"])].append(job)
    return dict(sorted(found.items()))


def judge(task: Watched, verdict: Verdict) -> None:
    """Add what is wrong with a task."""
    wrong = verdict.violations
    attempts = generations(task.jobs)
    verdict.failed += task.state == "failed" and not task.by_hand
    verdict.jobs += len(task.jobs)
    for generation, jobs in attempts.items():
        for earlier in jobs[:-1]:
            # Only a job that did not end well is followed by another one of the same attempt.
            if earlier["status"] not in ("FAILED", "INTERNAL_ERROR", "CANCELLED", "DELETED"):
                names = [(job["name"], job["status"]) for job in jobs]
                wrong.append(f"{task.run_id}: two jobs for attempt {generation}: {names}")
    living = [(job["name"], job["status"]) for job in task.jobs if job["status"] not in ENDED]
    if living:
        wrong.append(f"{task.run_id}: the task is {task.state} and its job lives: {living}")
    if task.state == "success" and not task.by_hand:
        last = attempts[max(attempts)] if attempts else []
        if [job["status"] for job in last[-1:]] != ["DONE"]:
            wrong.append(f"{task.run_id}: success without a DONE job: {[(job['name'], job['status']) for job in last]}")
        _judge_log(task, verdict)


def _judge_log(task: Watched, verdict: Verdict) -> None:
    # The first-party operator shows a whole log as one record.
    shown = [line for record in task.log for line in record.splitlines() if line.startswith("L ")]
    verdict.lines += len(shown)
    wanted = {f"L {number:04}" for number in range(task.lines)}
    if lost := wanted - set(shown):
        verdict.violations.append(f"{task.run_id}: {len(lost)} lines lost, for example {min(lost)}")
    doubled = len(shown) - len(set(shown))
    if doubled and any(record.startswith(RESTARTED) for record in task.log):
        verdict.repeated += doubled
    elif doubled:
        verdict.violations.append(f"{task.run_id}: {doubled} lines doubled")
