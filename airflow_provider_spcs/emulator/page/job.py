"""One job: what it is, why it ended, what happened when, its containers, its log, its specification."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.lifecycle import TERMINAL
from airflow_provider_spcs.emulator.page import container_log, hiding, jobs, rendering, stored_job, timeline
from airflow_provider_spcs.emulator.page.outcome import outcome

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState
    from airflow_provider_spcs.emulator.services.store import JobRow

_MOST_CONTAINERS = 200
_MOST_REASONS = 20


@dataclass(frozen=True)
class Opened:
    """The container whose log is shown."""

    instance: InstanceState
    container: ContainerState

    @property
    def query(self) -> dict[str, object]:
        """What names it in an address."""
        return {"instance": str(self.instance.id), "container": self.container.name}


def job_page(account: Account, request: Request) -> Response:
    """A job's status over time, its containers, the end of its log, its specification."""
    row = stored_job.asked(account, request)
    now = account.clock.now()
    seen = timeline.changes(account, row)
    # A service that is suspended has no instance, and so no container.
    opened = Opened(*stored_job.container(row, request)) if row.instances else None
    place: dict[str, object] = {"id": row.id, **(opened.query if opened else {})}
    every = [(instance, item) for instance in row.instances for item in instance.containers]
    document = account.objects.find("SERVICE", row.name) or {}
    # What ALTER SERVICE set while it was there; of a dropped one, what it was submitted with.
    comment = document.get("comment") if document.get("id") == row.id else row.details.get("comment")
    path = f"/jobs/{row.name}"
    return rendering.html(
        "job.html",
        account=account,
        here="/jobs" if row.details.get("service") is None else "/services",
        now=now,
        row=row,
        shown=jobs.shown(row),
        over=row.status in TERMINAL,
        outcome=outcome(row),
        changes=seen,
        spans=timeline.spans(row, seen, now),
        containers=every[:_MOST_CONTAINERS],
        more_containers=max(0, len(every) - _MOST_CONTAINERS),
        opened=opened,
        window=container_log.last(account, row, opened.instance, opened.container) if opened else None,
        log_address=rendering.address(f"{path}/log", **place),
        file_address=rendering.address(f"{path}/log/file", **place),
        reasons=reasons(row),
        exit_meaning=exit_meaning,
        spec=hiding.specification(row.details["spec"]),
        secrets={use: ".".join(name) for use, name in row.details["secrets"].items()},
        stamp=_stamp(comment),
        comment=comment,
        others=[other for other in account.services.store.named(row.name) if other.id != row.id],
    )


def reasons(row: JobRow) -> list[str]:
    """Why a job is not (yet) what its user wants it to be; empty when nothing is wrong."""
    found = []
    for instance in row.instances:
        for item in instance.containers:
            if item.status == "FAILED" or (item.status == "PENDING" and row.status == "PENDING"):
                code = f" (exit code {item.exit_code}{exit_meaning(item.exit_code)})" if item.exit_code else ""
                found.append(f"instance {instance.id}, container {item.name}: {item.message}{code}")
    if row.message and outcome(row) != "DONE" and not any(row.message in reason for reason in found):
        found.insert(0, row.message)
    return found[:_MOST_REASONS]


def exit_meaning(code: int | None) -> str:
    """The signal that ended a process, as a few words after its exit code; empty when none did."""
    if code is None or code <= 128:
        return {126: ", cannot be executed", 127: ", command not found"}.get(code or 0, "")
    try:
        return f", {signal.Signals(code - 128).name}"
    except ValueError:
        return ""


def _stamp(comment: Any) -> dict[str, Any]:
    """A comment that is a JSON object, as its parts."""
    try:
        content = json.loads(comment or "")
    except (TypeError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
