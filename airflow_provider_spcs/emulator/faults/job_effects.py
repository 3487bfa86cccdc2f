"""What a fault does to a job; all of it runs in the supervisor's thread."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator import lifecycle
from airflow_provider_spcs.emulator.lifecycle import JobStatus

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.runner import RunningContainer
    from airflow_provider_spcs.emulator.services.job import ContainerState, Job

Note = Callable[[str], None]
"""Writes the log's entry, before the effect, so that who sees the effect finds the entry."""
JobEffect = Callable[["Account", "Job", Note], None]
AccountEffect = Callable[["Account", Note], None]


def for_account(effect: AccountEffect) -> JobEffect:
    """An effect on the account at the moment of a job."""
    return lambda account, _job, note: effect(account, note)


def move_clock(seconds: float) -> AccountEffect:
    """The account's clock jumps."""

    def effect(account: Account, note: Note) -> None:
        note(f"{seconds:+g} seconds")
        account.clock.jump(seconds)

    return effect


def vanish(*, history: bool) -> JobEffect:
    """The record is gone (2003), with what runs of it; without ``history`` GET_JOB_HISTORY forgets it as well."""

    def effect(account: Account, job: Job, note: Note) -> None:
        if account.objects.find("SERVICE", job.name) is None:
            return
        note("record removed" if history else "record and history removed")
        account.objects.drop("SERVICE", job.name)
        if not history:
            account.services.store.remove(job.id)

    return effect


def lose_node(status: JobStatus) -> JobEffect:
    """The job's nodes die: its containers and its neighbours' are killed, their jobs end, their logs are gone."""

    def effect(account: Account, job: Job, note: Note) -> None:
        lost = {(job.pool, item.node) for item in job.instances if item.node is not None}
        if job.terminal or not lost:
            return
        note(f"node {', '.join(f'{pool}-{node}' for pool, node in sorted(lost))} lost")
        supervisor = account.services.supervisor
        for hit in list(supervisor.jobs.values()):
            if hit.terminal or not any((hit.pool, item.node) in lost for item in hit.instances):
                continue
            for running, _ in _running(account, hit):
                _signal(running.pid, signal.SIGKILL)
            # A service that runs for long starts its containers again; a job does not.
            if not hit.details.get("service"):
                _forget_logs(account, hit)
                supervisor.stopping.fail(hit, status, lifecycle.NODE_LOST, 0.0)

    return effect


def kill(number: int, container: str | None) -> JobEffect:
    """A signal to the command of each container, or of one."""

    def effect(account: Account, job: Job, note: Note) -> None:
        for running, state in _running(account, job):
            if container in {None, state.name}:
                note(f"{signal.Signals(number).name} to container {state.name}")
                for pid in _commands(running):
                    _signal(pid, number)

    return effect


def run_out_of_memory(container: str | None) -> JobEffect:
    """Each container, or one, ends as if it had gone over its memory limit."""

    def effect(account: Account, job: Job, note: Note) -> None:
        for running, state in _running(account, job):
            if container in {None, state.name}:
                note(f"container {state.name} out of memory")
                running.run_out_of_memory()

    return effect


def reclaim_logs(account: Account, job: Job, note: Note) -> None:
    """GET_SERVICE_LOGS has nothing any more, as when the node is gone; the event table has all."""
    if any(state.log_path is not None for _, state in job.containers()):
        note("container logs reclaimed")
        account.services.telemetry.flush()
        _forget_logs(account, job)
        account.services.store.save(job)


def cut_logs(keep: int) -> JobEffect:
    """Of what the logs hold now, GET_SERVICE_LOGS has only the last ``keep`` bytes, from a whole line on."""

    def effect(account: Account, job: Job, note: Note) -> None:
        for _, state in job.containers():
            if state.log_path is not None:
                at = _line_start(Path(state.log_path), keep)
                note(f"log of container {state.name} cut at byte {at}")
                account.faults.log_starts[state.log_path] = at

    return effect


def _running(account: Account, job: Job) -> Iterator[tuple[RunningContainer, ContainerState]]:
    for running, (owner, _, state) in account.services.supervisor.containers():
        if owner is job and state.exit_code is None and running.poll() is None:
            yield running, state


def _forget_logs(account: Account, job: Job) -> None:
    # The event table's reader keeps its own path, so it still takes in what was written.
    for instance, state in job.containers():
        account.services.telemetry.finish(job, instance, state)
        state.log_path = None


def _commands(running: RunningContainer) -> list[int]:
    """The container's own first process stands for ``init``; its children are the command and its orphans."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(running.pid).children()]
    return []


def _signal(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _line_start(path: Path, keep: int) -> int:
    size = path.stat().st_size if path.exists() else 0
    start = max(0, size - keep)
    if not start:
        return 0
    with path.open("rb") as file:
        # One byte earlier: a line that begins exactly there is whole.
        file.seek(start - 1)
        file.readline()
        return min(file.tell(), size)
