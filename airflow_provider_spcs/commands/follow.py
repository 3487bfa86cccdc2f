"""Follow a job from the command line: its log to standard output, its status to standard error."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from airflow_provider_spcs.commands.outcome import note
from airflow_provider_spcs.commands.output import line
from airflow_provider_spcs.errors import JobVanished

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.logs import LogFollower, LogLine
    from airflow_provider_spcs.rows import JobState

_WAIT_SECONDS = 20


@dataclass
class Showing:
    """Which lines are shown, and how.

    Attributes:
        instance: Only of this instance; all when None.
        level: From this level of :mod:`logging` on.
        timestamps: With the time each was written.
        tail: Only so many of those that are there already; all when None.
        as_json: Each line as a JSON object.
    """

    instance: int | None = None
    level: int = 0
    timestamps: bool = False
    tail: int | None = None
    as_json: bool = False

    def show(self, lines: list[LogLine]) -> None:
        """Print lines that are new."""
        wanted = [each for each in lines if self.instance in (None, each.instance_id) and each.level >= self.level]
        for each in wanted:
            if self.as_json:
                line(_document(each))
                continue
            at = ""
            if self.timestamps and each.timestamp is not None:
                at = each.timestamp.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ ")
            line(f"{at}{each}")

    def begin(self, lines: list[LogLine]) -> None:
        """Print what was there before."""
        if self.tail is None:
            self.show(lines)
            return
        wanted = [each for each in lines if self.instance in (None, each.instance_id) and each.level >= self.level]
        self.show(wanted[len(wanted) - self.tail :] if self.tail < len(wanted) else wanted)


def _document(each: LogLine) -> str:
    return json.dumps(
        {
            "timestamp": each.timestamp.astimezone(UTC).isoformat() if each.timestamp is not None else None,
            "instance_id": each.instance_id,
            "container": each.container,
            "level": logging.getLevelName(each.level),
            "text": each.text,
        },
        ensure_ascii=False,
    )


def follow_job(
    client: SpcsClient,
    job: JobState,
    showing: Showing | None,
    *,
    containers: Collection[str] | None = None,
    until_end: bool = True,
    seconds: float | None = None,
) -> JobState:
    """Show a job's log and wait for its end.

    Args:
        client: Asks.
        job: As it was seen last.
        showing: How the log is shown; None shows none.
        containers: Only of these.
        until_end: Whether to wait; otherwise what is there now is shown.
        seconds: How long to wait at most.

    Returns:
        The job as seen last: not ended when the time was over first.

    Raises:
        JobVanished: It is gone while it is waited for.
    """
    from airflow_provider_spcs.logs import follow
    from airflow_provider_spcs.pending import PendingPace, why_pending

    follower = follow(client, job.name, containers=containers)
    deadline = None if seconds is None else time.monotonic() + seconds
    begun = False
    told = ""
    pace = PendingPace()
    while True:
        if until_end and job.status.value != told:
            told = job.status.value
            if not job.status.terminal:
                note(f"{job.name} is {told}: {job.status.meaning}.")
        if until_end and pace.due(job):
            note(str(why_pending(client, job)), "yellow")
        if showing is not None:
            lines = _read(follower, ended=job.status.terminal or not until_end)
            showing.show(lines) if begun else showing.begin(lines)
            begun = begun or bool(lines)
        if job.status.terminal or not until_end or (deadline is not None and time.monotonic() >= deadline):
            return job
        job = _later(client, job, quick=showing is not None, deadline=deadline)


def _read(follower: LogFollower, *, ended: bool) -> list[LogLine]:
    lines = follower.poll()
    if ended:
        lines += follower.finish()
    for notice in follower.notices:
        note(notice, "bright_black")
    return lines


def _later(client: SpcsClient, job: JobState, *, quick: bool, deadline: float | None) -> JobState:
    """The job a little later: when it is done, or in time for the next lines."""
    begun = time.monotonic()
    left = _WAIT_SECONDS if deadline is None else max(0.0, deadline - begun)
    # Why a job is pending changes soon, and is worth telling at once.
    quick = quick or job.status.value == "PENDING"
    client.wait_for(job.name, "DONE", seconds=1 if quick else max(1, int(min(left, _WAIT_SECONDS))))
    # A server that does not wait answers at once; never ask in a tight loop.
    time.sleep(max(0.0, min(0.5, left) - (time.monotonic() - begun)))
    found = client.find_job(job.name)
    if found is None:
        raise JobVanished(str(job.name), f"gone while it was {job.status}", "It was dropped by somebody else")
    return found
