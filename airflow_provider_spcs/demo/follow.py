"""One DAG run, followed: each task's start and end, and what its container says, as it happens."""

from __future__ import annotations

import time
from typing import Any

from airflow_provider_spcs.demo.airflow_api import AirflowApi
from airflow_provider_spcs.demo.errors import DemoError
from airflow_provider_spcs.demo.screen import Screen

_ENDED = {"success", "failed", "upstream_failed", "skipped", "removed"}
_LEVELS = {"error": "red", "critical": "red", "warning": "yellow"}
_INTERVAL_SECONDS = 1.0


class Follower:
    """Prints what is new since the last look.

    Args:
        api: Airflow.
        screen: Where to print.
        dag_id: The DAG.
        run_id: The run.
    """

    def __init__(self, api: AirflowApi, screen: Screen, dag_id: str, run_id: str) -> None:
        self._api = api
        self._screen = screen
        self._dag_id = dag_id
        self._run_id = run_id
        self._states: dict[str, str | None] = {}
        self._shown: dict[tuple[str, int], set[tuple[str, str]]] = {}

    def until_end(self) -> None:
        """Follow the run to its end.

        Raises:
            DemoError: The run failed; holds the failing task's error.
        """
        while True:
            state = self._api.run_state(self._dag_id, self._run_id)
            tasks = self._api.tasks(self._dag_id, self._run_id)
            for task in sorted(tasks, key=lambda task: task["start_date"] or "~"):
                self._look(task)
            if state == "success":
                self._screen.idle()
                return
            if state == "failed":
                self._screen.idle()
                raise DemoError(self._reason(tasks))
            self._screen.tick()
            time.sleep(_INTERVAL_SECONDS)

    def _look(self, task: dict[str, Any]) -> None:
        name, state = task["task_id"], task["state"]
        if state != self._states.get(name) and state is not None:
            self._states[name] = state
            if state in _ENDED:
                self._read_log(task)
                took = f" in {task['duration']:.1f} s" if task.get("duration") else ""
                self._screen.line(f"{name}: {state}{took}", "bold green" if state == "success" else "bold red")
                return
            if state in {"running", "deferred", "up_for_retry"}:
                self._screen.line(f"{name}: {state}", "cyan")
            self._screen.working(f"{name}: {state}")
        if state in {"running", "deferred"}:
            self._read_log(task)

    def _read_log(self, task: dict[str, Any]) -> None:
        name, number = task["task_id"], max(task["try_number"], 1)
        shown = self._shown.setdefault((name, number), set())
        for record in self._api.log(self._dag_id, self._run_id, name, number):
            key = (str(record.get("timestamp")), str(record.get("event")))
            if key in shown:
                continue
            shown.add(key)
            if worth_showing(record):
                self._screen.line(f"  {name} | {record['event']}", _LEVELS.get(str(record.get("level")), "dim"))

    def _reason(self, tasks: list[dict[str, Any]]) -> str:
        for task in tasks:
            if task["state"] == "failed":
                records = list(self._api.log(self._dag_id, self._run_id, task["task_id"], max(task["try_number"], 1)))
                errors = [_error_text(record) for record in records if record.get("level") in {"error", "critical"}]
                last = next((text for text in reversed(errors) if text), "its log holds no error record")
                return f"{self._dag_id}.{task['task_id']}: failed. {last}"
        return f"{self._dag_id}: the run {self._run_id} failed before any of its tasks did."


def worth_showing(record: dict[str, Any]) -> bool:
    """Whether a log record speaks of the job: the operator's and the containers' lines, and every warning or worse."""
    if record.get("level") in {"warning", "error", "critical"}:
        return True
    return "spcs" in str(record.get("logger", ""))


def _error_text(record: dict[str, Any]) -> str:
    for detail in record.get("error_detail") or []:
        if detail.get("exc_value"):
            return f"{detail.get('exc_type')}: {detail['exc_value']}"
    return str(record.get("event", ""))
