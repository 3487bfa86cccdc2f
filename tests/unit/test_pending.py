"""Why a job is PENDING: what is told, and how often."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_provider_spcs.errors import NotPermitted
from airflow_provider_spcs.naming import JobName, Stamp
from airflow_provider_spcs.pending import IMAGE_PATIENCE, ImagePatience, PendingPace, PendingReason, why_pending
from airflow_provider_spcs.rows import ContainerReport, JobState, PoolState
from airflow_provider_spcs.status import PENDING, RUNNING, ContainerState

NOW = datetime(2026, 11, 22, tzinfo=UTC)
JOB = JobState(JobName("DB", "S", "J"), PENDING, compute_pool="P", created_at=NOW - timedelta(seconds=95))
HOLDER = Stamp(dag_id="nightly", task_id="train", run_id="r", try_number=1)


@dataclass
class Account:
    """What is asked of an account; ``asked`` counts statements."""

    pool: PoolState | None = None
    message: str = ""
    services: list[dict[str, Any]] = field(default_factory=list)
    refused: bool = False
    asked: int = 0

    def containers(self, name: JobName) -> list[ContainerReport]:
        """SHOW SERVICE CONTAINERS."""
        self.asked += 1
        return [ContainerReport(0, "main", ContainerState.PENDING, self.message)]

    def pool_state(self, name: str) -> PoolState | None:
        """SHOW COMPUTE POOLS."""
        self.asked += 1
        if self.refused:
            raise NotPermitted("SHOW COMPUTE POOLS", "no")
        return self.pool

    def query(self, text: str, binds: Any = ()) -> list[dict[str, Any]]:
        """SHOW SERVICES."""
        self.asked += 1
        return self.services


def service(name: str, stamp: Stamp | None = None) -> dict[str, Any]:
    """A row of SHOW SERVICES."""
    comment = stamp.to_comment() if stamp else ""
    return {"name": name, "database_name": "DB", "schema_name": "S", "status": "RUNNING", "comment": comment}


def pool(state: str, active: int = 0, idle: int = 0, *, auto_resume: bool = True) -> PoolState:
    """A pool of two nodes at most."""
    return PoolState("P", state, max_nodes=2, active_nodes=active, idle_nodes=idle, auto_resume=auto_resume)


@pytest.mark.parametrize(
    ("account", "words", "statements"),
    [
        (Account(message="Failed to pull image"), "container 'main': Failed to pull image.", 1),
        (Account(pool("STARTING"), "Compute pool node(s) are being provisioned"), "nodes are being started", 2),
        (Account(pool("RESIZING", 1)), "P is RESIZING, 1 of at most 2 nodes in use: a node is being added", 2),
        (Account(pool("SUSPENDED")), "it resumes by itself for a job", 2),
        (Account(pool("SUSPENDED", auto_resume=False)), "ALTER COMPUTE POOL P RESUME", 2),
        (Account(pool("STOPPING")), "it is being stopped", 2),
        (Account(pool("ACTIVE", 1, 1)), "waits for a free place", 2),
        (
            Account(pool("ACTIVE", 2), services=[service("A", HOLDER)]),
            "held by DB.S.A (DAG 'nightly', task 'train')",
            3,
        ),
        (Account(pool("ACTIVE", 2), services=[service(n) for n in "ABCDE"]), "held by DB.S.A, DB.S.B, DB.S.C and 2", 3),
        (Account(pool("ACTIVE", 2), services=[service("J")]), "full, by what this role may not see", 3),
        (Account(None), "no compute pool P that this role may see", 2),
        (Account(refused=True), "what for cannot be asked", 2),
    ],
)
def test_why_pending_names_what_the_job_waits_for(account: Account, words: str, statements: int) -> None:
    """Pool starting, full, resizing, suspended; image; who holds the nodes; in as few statements as it takes."""
    told = why_pending(account, JOB, now=NOW)  # type: ignore[arg-type]
    assert str(told).startswith("DB.S.J is PENDING for 95 s")
    assert words in str(told)
    assert account.asked == statements
    assert told.unpullable is ("pull" in words)


def test_image_patience_ends_only_when_the_image_cannot_be_pulled_for_long() -> None:
    """A registry that fails once is no reason to give a job up; Snowflake itself never does."""
    now = 0.0
    patience = ImagePatience(lambda: now)
    failing, other = PendingReason("x", unpullable=True), PendingReason("y")
    for at, reason, over in (
        (0.0, failing, False),
        (IMAGE_PATIENCE - 1, failing, False),
        (IMAGE_PATIENCE, other, False),
        (IMAGE_PATIENCE + 1, failing, False),
        (2 * IMAGE_PATIENCE + 1, failing, True),
    ):
        now = at
        patience.see(reason)
        assert patience.over is over


def test_pending_pace_tells_after_ten_seconds_and_then_ever_more_rarely() -> None:
    """A minute-long wait is told thrice, an hour-long one not every minute."""
    now = 0.0
    pace = PendingPace(lambda: now)
    told = []
    for second in range(3600):
        now = float(second)
        if pace.due(JOB):
            told.append(second)
    assert told[:5] == [10, 30, 70, 150, 310]
    assert len(told) < 20


def test_pending_pace_of_a_running_job_is_never_due_and_begins_anew() -> None:
    """What runs needs no explanation; a job that goes back to PENDING gets its ten seconds."""
    now = 0.0
    pace = PendingPace(lambda: now)
    running = JobState(JOB.name, RUNNING)
    assert not pace.due(JOB)
    now = 60.0
    assert not pace.due(running)
    assert not pace.due(JOB)
    now = 70.0
    assert pace.due(JOB)
