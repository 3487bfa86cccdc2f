"""Stand-ins for what Airflow hands to ``execute``: a task instance and its state store."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

STARTED = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class TaskInstance:
    """As much of a task instance as operators use; XComs land in ``xcoms``."""

    dag_id: str = "tests"
    task_id: str = "job"
    run_id: str = "manual__1"
    map_index: int = -1
    try_number: int = 1
    max_tries: int = 2
    start_date: datetime = STARTED
    xcoms: dict[str, Any] = field(default_factory=dict)

    def xcom_push(self, key: str, value: Any) -> None:
        """Keep the value."""
        self.xcoms[key] = value


class Store(dict[str, Any]):
    """A task state store: survives retries and clears, as Airflow's does."""

    def set(self, key: str, value: Any) -> None:
        """Store the value."""
        self[key] = value


@dataclass
class Run:
    """A DAG run."""

    start_date: datetime = STARTED


def context(ti: TaskInstance, store: Store | None = None, **more: Any) -> dict[str, Any]:
    """What ``execute`` gets."""
    found = {"ti": ti, "dag_run": Run(), "run_id": ti.run_id, "outlet_events": {}, **more}
    return found if store is None else {**found, "task_state_store": store}
