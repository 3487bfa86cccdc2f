"""Cancel jobs of deferred tasks that Airflow has stopped, and only those.

A trigger's cancellation says nothing of its cause: a person's stop, a restart, or a move to another triggerer. And
Airflow 3.3 cuts an awaited ``on_kill`` after a second. So a trigger only notes its job here; a background task collects
the notes, asks Airflow for the task instances' states, and leaves alone whatever is still deferred.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_spcs.door import Door

log = logging.getLogger(__name__)

_COLLECT_SECONDS = 0.5
_DEFERRED = "deferred"
_ASK_AGAIN = (1.0, 5.0, 15.0, 30.0)
_STATE_PATIENCE = 3.0
# None: the scheduler has taken the task back, and will start it again.
_WANTED = frozenset({None, "scheduled", "queued", "running", "up_for_retry", "deferred"})


@dataclass(frozen=True)
class Victim:
    """A job to stop, if its task instance is no longer deferred.

    Attributes:
        door: Connection.
        job_name: Qualified name.
        action: ``cancel_job`` or ``drop_job``.
        generation: The submitting generation; a job of that name from another one is left alone. -1 does not look.
        dag_id: DAG of the task instance.
        run_id: Its run.
        task_id: Its task.
        map_index: Index of a mapped task; -1 when it is not mapped.
    """

    door: Door
    job_name: str
    action: str
    generation: int
    dag_id: str
    run_id: str
    task_id: str
    map_index: int


StateLookup = Callable[[Sequence[Victim]], Mapping[Victim, str | None]]
"""Airflow's state of each victim's task instance; a victim that is missing from the answer is not known."""


class Killer:
    """Stops jobs in the background of an event loop.

    Args:
        lookup: Blocking question for states; Airflow's own by default.
    """

    def __init__(self, lookup: StateLookup | None = None) -> None:
        self._lookup = lookup or airflow_states
        self._noted: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, set[Victim]] = weakref.WeakKeyDictionary()
        self._tasks: set[asyncio.Task[None]] = set()

    def schedule(self, victim: Victim) -> None:
        """Note a victim; returns at once. Noting it twice is noting it once."""
        loop = asyncio.get_running_loop()
        noted = self._noted.setdefault(loop, set())
        first = not noted
        noted.add(victim)
        if first:
            # An empty context and a strong reference: it must outlive the trigger that is being torn down.
            task = contextvars.Context().run(loop.create_task, self._work(loop))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def settle(self) -> None:
        """Wait until everything noted is dealt with."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        await asyncio.sleep(_COLLECT_SECONDS)
        victims = list(self._noted.pop(loop, set()))
        executor = ThreadPoolExecutor(4, thread_name_prefix="spcs-kill")
        try:
            states = await self._states(loop, executor, victims)
            condemned = [victim for victim in victims if victim in states and states[victim] != _DEFERRED]
            by_door: dict[Door, list[Victim]] = {}
            for victim in condemned:
                by_door.setdefault(victim.door, []).append(victim)
            await asyncio.gather(*(loop.run_in_executor(executor, _stop_all, *item) for item in by_door.items()))
        finally:
            executor.shutdown(wait=False)

    async def _states(
        self, loop: asyncio.AbstractEventLoop, executor: ThreadPoolExecutor, victims: Sequence[Victim]
    ) -> Mapping[Victim, str | None]:
        """What Airflow says; it may be restarting, so it is asked more than once before its silence counts."""
        for pause in (*_ASK_AGAIN, None):
            try:
                return await loop.run_in_executor(executor, self._lookup, victims)
            except Exception:
                if pause is None:
                    log.warning(
                        "States of stopped tasks are not to be had; %d jobs are left alone.",
                        len(victims),
                        exc_info=True,
                    )
                else:
                    await asyncio.sleep(pause)
        return {}


def airflow_states(victims: Sequence[Victim]) -> dict[Victim, str | None]:
    """States of task instances through the triggerer's supervisor, one request per DAG."""
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    states: dict[Victim, str | None] = {}
    for dag_id in {victim.dag_id for victim in victims}:
        mine = [victim for victim in victims if victim.dag_id == dag_id]
        found: Mapping[str, Mapping[str, Any]] = RuntimeTaskInstance.get_task_states(
            dag_id=dag_id,
            task_ids=sorted({victim.task_id for victim in mine}),
            run_ids=sorted({victim.run_id for victim in mine}),
        )
        for victim in mine:
            run = found.get(victim.run_id)
            key = victim.task_id if victim.map_index < 0 else f"{victim.task_id}_{victim.map_index}"
            if run is not None and key in run:
                states[victim] = run[key]
    return states


def still_wanted(ti: Any) -> bool:
    """Whether Airflow still wants a task whose process is told to stop: drained nodes, restarted schedulers.

    Called in a signal handler: it asks for the task instance's state for a few seconds at most, and an answer that does
    not come is a no.
    """
    found: list[str | None] = []
    asking = threading.Thread(target=lambda: found.extend(_states_of(ti)), name="spcs-state", daemon=True)
    asking.start()
    asking.join(_STATE_PATIENCE)
    return bool(found) and found[0] in _WANTED


def _states_of(ti: Any) -> list[str | None]:
    from airflow_provider_spcs.door import Door

    map_index = -1 if ti.map_index is None else ti.map_index
    asked = Victim(Door(), "", "", -1, dag_id=ti.dag_id, run_id=ti.run_id, task_id=ti.task_id, map_index=map_index)
    try:
        return list(airflow_states([asked]).values())
    except Exception:
        log.warning("The state of the stopped task is not to be had.", exc_info=True)
        return []


def _stop_all(door: Door, victims: Sequence[Victim]) -> None:
    with door.hook(transient_timeout=60) as hook:
        for victim in victims:
            try:
                state = hook.describe_job(victim.job_name)
                if state is None or state.status.terminal:
                    continue
                theirs = state.stamp.generation if state.stamp else -1
                if -1 not in (victim.generation, theirs) and theirs != victim.generation:
                    log.info("%s belongs to a newer attempt and is left alone.", victim.job_name)
                    continue
                stop_job(hook, victim.job_name, victim.action)
                log.info("%s: %s, because its task is no longer waiting.", victim.job_name, victim.action)
            except Exception:
                log.exception(
                    "%s could not be stopped. `spcs gc` finds jobs whose task is no longer waiting.", victim.job_name
                )


def stop_job(hook: Any, job_name: str, action: str) -> None:
    """Cancel a job, and drop it too if the action says so; ``keep_job`` does nothing."""
    if action == "keep_job":
        return
    # Cancel first: the record with its exit codes goes to job history as cancelled, not as deleted.
    hook.cancel_job(job_name)
    if action == "drop_job":
        hook.drop_job(job_name)


KILLER = Killer()
"""The process's own."""
