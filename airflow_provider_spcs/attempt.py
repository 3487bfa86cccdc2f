"""Which job a try of a task works on: its own from before, or a new one.

Snowflake's list of jobs is the truth, because every job carries its task in its comment; the name is the lock. What
Airflow stores (``task_state_store``, from 3.3) only adds what Snowflake forgets: that a dropped job had ended well.

Rules: automatic retries share a generation (``ti.max_tries`` stays), Clear begins another (it grows). In one generation
an active or finished job is taken over, a failed one is followed by a new one. Jobs of earlier generations are stale.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_spcs.errors import NameTaken
from airflow_provider_spcs.naming import JobIdentity, JobName, Stamp, job_name

if TYPE_CHECKING:
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.rows import JobState

STORE_KEY = "spcs_job"
"""Key in ``task_state_store``. Renaming it loses the notes of running tasks."""

_ENDING = {"CANCELLING", "DELETING", "SUSPENDING"}


class Store(Protocol):
    """What is used of Airflow's ``task_state_store``."""

    def get(self, key: str, default: Any = None) -> Any:
        """The stored JSON value."""
        ...

    def set(self, key: str, value: Any) -> None:
        """Store a JSON value."""
        ...


@dataclass(frozen=True)
class Attempt:
    """One try of one task instance, as far as its job's identity goes.

    Attributes:
        stamp: What the job's comment will say.
        generation: ``ti.max_tries``.
        last: Whether Airflow will not retry after this try.
    """

    stamp: Stamp
    generation: int
    last: bool = False

    @property
    def first(self) -> bool:
        """Whether no try was before this one, whose job could go on."""
        return self.stamp.try_number <= 1

    @classmethod
    def of(cls, context: Mapping[str, Any], *, note: str = "", deployment: str = "", waits: bool = True) -> Attempt:
        """The attempt that an Airflow context describes.

        Args:
            context: As ``execute`` gets it.
            note: The user's comment.
            deployment: Which Airflow this is.
            waits: Whether the task waits for its job.
        """
        from airflow_provider_spcs import __version__

        ti = context["ti"]
        run = context.get("dag_run")
        started = getattr(run, "start_date", None)
        generation = int(getattr(ti, "max_tries", 0) or 0)
        stamp = Stamp(
            dag_id=ti.dag_id,
            task_id=ti.task_id,
            run_id=ti.run_id,
            try_number=int(ti.try_number),
            map_index=-1 if ti.map_index is None else int(ti.map_index),
            provider=__version__,
            deployment=deployment,
            note=note,
            generation=generation,
            run_started=started.isoformat() if started is not None else "",
            detached=0 if waits else 1,
        )
        return cls(stamp, generation, last=int(ti.try_number) > generation)

    @property
    def digest(self) -> str:
        """The part of a generated name that tells task instances apart."""
        return self._identity(0).digest

    def name(self, number: int, prefix: str = "AF") -> str:
        """The generated name of this generation's job ``number`` (from 1)."""
        return job_name(self._identity(number), prefix)

    def number(self, name: JobName) -> int:
        """Which job of this generation has that name; 0 when it is no generated name of it."""
        match = re.search(rf"_{self.digest}_{self.generation}_(\d+)\Z", name.name)
        return int(match[1]) if match else 0

    def owns(self, job: JobState) -> bool:
        """Whether a job is of this task instance, in any generation."""
        return job.stamp is not None and job.stamp.same_task(self.stamp)

    def continues(self, job: JobState) -> bool:
        """Whether a job is of this generation, so that a retry may take it over."""
        theirs = job.stamp
        if theirs is None or not theirs.same_task(self.stamp):
            return False
        if theirs.run_started and self.stamp.run_started and theirs.run_started != self.stamp.run_started:
            return False
        return theirs.generation in (-1, self.generation)

    def _identity(self, number: int) -> JobIdentity:
        stamp = self.stamp
        epoch = f"{self.generation}_{number}"
        return JobIdentity(stamp.dag_id, stamp.task_id, stamp.run_id, stamp.map_index, epoch, stamp.deployment)


@dataclass(frozen=True)
class Plan:
    """What a try is to do.

    Attributes:
        name: The job it works on.
        existing: That job, when it is there already and is taken over.
        ended: Whether that job ended well and was dropped before Airflow heard of it.
        stale: Jobs of this task that must not go on: cleared, or not wanted (``durable=False``).
        replace: A job that ended and has the wanted name, to be dropped first.
        previous: The attempt's last job, when there was one that did not end well; it may be dropped.
    """

    name: JobName
    existing: JobState | None = None
    ended: bool = False
    stale: tuple[JobState, ...] = ()
    replace: JobState | None = None
    previous: JobName | None = None


def plan(hook: SpcsHook, attempt: Attempt, store: Store | None, *, name: str | None, durable: bool) -> Plan:
    """What this try has to do, after one statement that lists the task's jobs.

    Args:
        hook: The door to Snowflake.
        attempt: This try.
        store: ``task_state_store``, when Airflow has one.
        name: The user's own name for the job; None has one made.
        durable: Whether a retry takes over what an earlier try left.

    Raises:
        NameTaken: The user's own name belongs to a job that is not this task's.
    """
    note = _note(store, attempt)
    if name is not None:
        return _named_plan(hook, attempt, hook.qualify(name), note, durable=durable)
    jobs = [job for job in hook.list_jobs(like=f"%{attempt.digest}%") if attempt.owns(job)]
    mine = [job for job in jobs if durable and attempt.continues(job)]
    stale = tuple(job for job in jobs if job not in mine and not job.status.terminal)
    latest = max(mine, key=lambda job: attempt.number(job.name), default=None)
    if latest is not None and _usable(latest):
        return Plan(latest.name, existing=latest, stale=stale)
    noted = hook.qualify(str(note["name"])) if "name" in note else None
    if durable and latest is None and noted is not None and note.get("status") == "DONE":
        return Plan(noted, ended=True, stale=stale)
    used = [attempt.number(job.name) for job in jobs] + ([attempt.number(noted)] if noted else [])
    wanted = hook.qualify(attempt.name(max(used, default=0) + 1))
    # A dropped job leaves its name free: without a note, the last one had the name that is wanted now.
    dropped = noted or (None if attempt.first else wanted)
    return Plan(wanted, stale=stale, previous=latest.name if latest else dropped)


def remember(store: Store | None, attempt: Attempt, name: JobName, status: str = "") -> None:
    """Note the job, before it is submitted and before it is dropped."""
    if store is not None:
        store.set(STORE_KEY, {"name": str(name), "generation": attempt.generation, "status": status})


def _named_plan(hook: SpcsHook, attempt: Attempt, wanted: JobName, note: Mapping[str, Any], *, durable: bool) -> Plan:
    found = hook.describe_job(wanted)
    if found is None:
        ended = durable and note.get("name") == str(wanted) and note.get("status") == "DONE"
        return Plan(wanted, ended=ended)
    if attempt.owns(found):
        if durable and attempt.continues(found) and _usable(found):
            return Plan(wanted, existing=found)
        previous = wanted if attempt.continues(found) else None
        return Plan(wanted, stale=() if found.status.terminal else (found,), replace=found, previous=previous)
    ours = found.stamp is not None and _same_definition(found.stamp, attempt.stamp)
    if ours and found.status.terminal:
        return Plan(wanted, replace=found)
    raise NameTaken(
        str(wanted),
        f"a job of this name exists ({found.status}, {_whose(found.stamp)})",
        "A job's name is unique in its schema until it is dropped",
        "Leave `name` out to have one made for each run, put {{ run_id }} into it, or drop that job",
    )


def _usable(job: JobState) -> bool:
    if job.status.terminal:
        return job.status.succeeded
    return job.status.value not in _ENDING


def _same_definition(left: Stamp, right: Stamp) -> bool:
    return (left.deployment, left.dag_id, left.task_id) == (right.deployment, right.dag_id, right.task_id)


def _whose(stamp: Stamp | None) -> str:
    if stamp is None:
        return "not submitted by this provider"
    return f"of DAG {stamp.dag_id!r}, task {stamp.task_id!r}, run {stamp.run_id!r}, map index {stamp.map_index}"


def _note(store: Store | None, attempt: Attempt) -> Mapping[str, Any]:
    note = store.get(STORE_KEY) if store is not None else None
    if not isinstance(note, dict) or note.get("generation") != attempt.generation:
        return {}
    return note
