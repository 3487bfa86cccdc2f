"""The campaign's judge sees each kind of harm; without this, a campaign without violations would say nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.airflow.invariants import RESTARTED, Verdict, Watched, judge

LINES = ["L 0000", "L 0001"]


def row(name: str, status: str, *, generation: int = 1) -> dict[str, Any]:
    """A row of SHOW JOB SERVICES."""
    return {"name": name, "status": status, "created_on": name, "comment": json.dumps({"generation": generation})}


def judged(jobs: list[dict[str, Any]], *, state: str = "success", by_hand: bool = False, log: list[str] = LINES) -> Any:
    """The verdict on one task."""
    verdict = Verdict()
    judge(Watched("run", state, by_hand, jobs, log, 2), verdict)
    return verdict


@pytest.mark.parametrize(
    ("jobs", "more"),
    [
        ([row("A", "DONE")], {}),
        ([row("A", "INTERNAL_ERROR"), row("B", "DONE")], {}),
        ([row("A", "CANCELLED"), row("B", "DONE", generation=2)], {}),
        ([row("A", "CANCELLED")], {"state": "failed"}),
        ([row("A", "CANCELLED")], {"by_hand": True}),
        ([row("A", "DONE")], {"log": [*LINES, RESTARTED, "L 0001"]}),
    ],
)
def test_judge_finds_nothing_wrong_with_what_is_promised(jobs: list[dict[str, Any]], more: dict[str, Any]) -> None:
    """One job an attempt, a new one after a failure or a clear, a stop by hand, a restart that is told."""
    assert judged(jobs, **more).violations == []


@pytest.mark.parametrize(
    ("jobs", "more", "said"),
    [
        ([row("A", "DONE"), row("B", "DONE")], {}, "two jobs for attempt 1"),
        ([row("A", "RUNNING"), row("B", "DONE", generation=2)], {}, "its job lives"),
        ([row("A", "RUNNING")], {"state": "failed"}, "its job lives"),
        ([], {}, "success without a DONE job"),
        ([row("A", "DONE"), row("B", "CANCELLED", generation=2)], {}, "success without a DONE job"),
        ([row("A", "DONE")], {"log": ["L 0000"]}, "1 lines lost"),
        ([row("A", "DONE")], {"log": [*LINES, "L 0001"]}, "1 lines doubled"),
    ],
)
def test_judge_finds_harm(jobs: list[dict[str, Any]], more: dict[str, Any], said: str) -> None:
    """A job too many, a job left running, a success without a job, a line lost or doubled."""
    (violation,) = judged(jobs, **more).violations
    assert said in violation
