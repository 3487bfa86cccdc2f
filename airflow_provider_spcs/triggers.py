"""Wait for a job in the triggerer: status from the shared poller, log lines live, a stop that stops the job.

The class path and the keyword arguments are stored in Airflow's database and outlive an upgrade: they are API. New
arguments are optional, and are left out of what is stored while they have their default.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from inspect import signature
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import conf
from airflow.triggers.base import BaseTrigger, TriggerEvent

from airflow_provider_spcs.door import Door
from airflow_provider_spcs.ending import Deadlines, Ending, Reason
from airflow_provider_spcs.errors import TransientError
from airflow_provider_spcs.killing import KILLER, Victim
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.poller import PATIENCE, Poller, Waiting, shared
from airflow_provider_spcs.status import PENDING
from airflow_provider_spcs.supervisor_answers import make_safe

if TYPE_CHECKING:
    from airflow_provider_spcs.live_log import LiveLog
    from airflow_provider_spcs.live_pending import LivePending
    from airflow_provider_spcs.rows import JobState
    from airflow_provider_spcs.waiting import StatusLog

_STATUS_PATIENCE = 2
# For the executor and the scheduler to hear of the end of the process that deferred.
_HEARD_IN = 3.0


class SpcsJobTrigger(BaseTrigger):
    """Fires one event when a job has ended, or when waiting for it is over.

    Args:
        job_name: Qualified name.
        snowflake_conn_id: Airflow connection.
        poll_interval: Seconds between two looks at all waiting jobs.
        database: Overrides the connection's.
        schema: Overrides the connection's.
        role: Overrides the connection's.
        warehouse: Overrides the connection's.
        authenticator: Overrides the connection's.
        session_parameters: Overrides the connection's.
        startup_deadline: Until then, in seconds since the epoch, the job has to leave PENDING.
        job_deadline: Until then it has to end.
        execution_deadline: Until then Airflow's ``execution_timeout`` lets the task live.
        get_logs: Whether log lines are shown while they come.
        container_logs: Only of these containers; all when None.
        cursor: Where the log has been read to already.
        on_kill_action: ``cancel_job``, ``drop_job`` or ``keep_job`` when a person stops the task.
        transient_timeout_seconds: How long errors that pass by themselves are borne.
        generation: The submitting generation, so that a stop cannot hit a newer attempt's job of the same name.
    """

    def __init__(
        self,
        job_name: str,
        *,
        snowflake_conn_id: str = "snowflake_default",
        poll_interval: float = 10.0,
        database: str | None = None,
        schema: str | None = None,
        role: str | None = None,
        warehouse: str | None = None,
        authenticator: str | None = None,
        session_parameters: Mapping[str, Any] | None = None,
        startup_deadline: float | None = None,
        job_deadline: float | None = None,
        execution_deadline: float | None = None,
        get_logs: bool = True,
        container_logs: Sequence[str] | None = None,
        cursor: Mapping[str, Any] | None = None,
        on_kill_action: str = "cancel_job",
        transient_timeout_seconds: float = PATIENCE,
        generation: int = -1,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job_name = job_name
        self.snowflake_conn_id = snowflake_conn_id
        self.poll_interval = poll_interval
        self.database = database
        self.schema = schema
        self.role = role
        self.warehouse = warehouse
        self.authenticator = authenticator
        self.session_parameters = dict(session_parameters or {})
        self.startup_deadline = startup_deadline
        self.job_deadline = job_deadline
        self.execution_deadline = execution_deadline
        self.get_logs = get_logs
        self.container_logs = list(container_logs) if container_logs is not None else None
        self.cursor = dict(cursor or {})
        self.on_kill_action = on_kill_action
        self.transient_timeout_seconds = transient_timeout_seconds
        self.generation = generation

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class path, and the arguments that differ from their defaults."""
        given = {key: getattr(self, key) for key, default in _DEFAULTS.items()}
        given = {key: value for key, value in given.items() if value not in (_DEFAULTS[key], {})}
        return "airflow_provider_spcs.triggers.SpcsJobTrigger", {"job_name": self.job_name, **given}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait, then fire exactly one event; an exception would end the task unasked."""
        begun = asyncio.get_running_loop().time()
        try:
            ending = await self._wait()
            if self.task_instance is not None:
                await asyncio.sleep(max(0.0, begun + _settling() - asyncio.get_running_loop().time()))
        except asyncio.CancelledError:
            # Not awaited: what is awaited here is cut off after a second, and a restart must stop nothing.
            self._note_stop()
            raise
        except Exception as error:
            self.log.exception("Waiting for %s failed.", self.job_name)
            ending = Ending(self.job_name, Reason.ERROR, message=str(error) or repr(error), cursor=self.cursor)
        yield TriggerEvent(ending.to_event())  # type: ignore[no-untyped-call]

    async def on_kill(self) -> None:
        """Airflow says that a person stopped the task; it says so on some restarts too, so its state decides."""
        if self._note_stop():
            self.log.info(
                "Stopped: %s for %s, unless the task still waits elsewhere.", self.on_kill_action, self.job_name
            )

    def _note_stop(self) -> bool:
        ti: Any = self.task_instance
        if ti is None or self.on_kill_action == "keep_job":
            return False
        map_index = -1 if ti.map_index is None else ti.map_index
        KILLER.schedule(
            Victim(
                Door.of(self),
                self.job_name,
                self.on_kill_action,
                self.generation,
                dag_id=ti.dag_id,
                run_id=ti.run_id,
                task_id=ti.task_id,
                map_index=map_index,
            )
        )
        return True

    async def _wait(self) -> Ending:
        from airflow_provider_spcs.live_pending import LivePending
        from airflow_provider_spcs.waiting import StatusLog

        make_safe()
        # Importing takes a moment, in which the other triggers of this loop would stand still.
        await asyncio.to_thread(import_module, "airflow_provider_spcs.hooks")
        await asyncio.to_thread(import_module, "airflow_provider_spcs.logs")
        name = JobName.parse(self.job_name)
        poller = shared(Door.of(self), f"{name.database}.{name.schema}")
        async with poller.waiting(name, self.poll_interval, self.transient_timeout_seconds) as waiting:
            live = await self._live_log(poller, name)
            pending = LivePending(poller, self.log)
            try:
                ending = await self._watch(poller, waiting, StatusLog(self.log, self.job_name), pending)
            finally:
                pending.stop()
                if live is not None:
                    self.cursor = await live.stop()
        return replace(ending, cursor=self.cursor)

    async def _live_log(self, poller: Poller, name: JobName) -> LiveLog | None:
        if not self.get_logs:
            return None
        from airflow_provider_spcs.live_log import LiveLog
        from airflow_provider_spcs.log_place import LogPlace
        from airflow_provider_spcs.logs import follow

        place = LogPlace(self.task_instance, self.job_name)
        kept = await place.load()
        if kept:
            self.cursor = kept
            self.log.info("Log: goes on after a restart of the triggerer; its last lines may be shown twice.")
        follower = follow(poller.hook, name, self.cursor or None, containers=self.container_logs)
        return LiveLog(
            poller,
            follower,
            self.log,
            self.cursor,
            place=place,
            hidden=lambda: self._secrets(poller, name),
            longest_pause=self.poll_interval,
        )

    def _secrets(self, poller: Poller, name: JobName) -> list[str]:
        """Values that people write into variables although Snowflake has secrets; the trigger itself stores none."""
        from airflow_provider_spcs.redaction import secret_values

        state = poller.hook.describe_job(name)
        return secret_values(state.spec) if state is not None else []

    async def _watch(self, poller: Poller, waiting: Waiting, seen: StatusLog, pending: LivePending) -> Ending:
        deadlines = Deadlines(self.startup_deadline, self.job_deadline, self.execution_deadline)
        number, misses = 0, 0
        state: JobState | None = None
        while True:
            with contextlib.suppress(TimeoutError):
                # The clocks are looked at even when Snowflake does not answer.
                snapshot = await asyncio.wait_for(poller.next(waiting, number), self._until_next_clock(deadlines))
                number = snapshot.number
                found = snapshot.jobs.get(waiting.name)
                misses = 0 if found else misses + 1
                if misses >= _STATUS_PATIENCE:
                    try:
                        found = await poller.ask(lambda hook: hook.find_job(waiting.name))
                    except TransientError as error:
                        # Not known to be gone: asked again after the next look.
                        self.log.debug("%s: %s", self.job_name, error)
                    else:
                        if found is None:
                            return self._ending(Reason.VANISHED, state)
                        misses = 0
                state = found or state
            if state is not None:
                if state.status.terminal:
                    return self._ending(Reason.ENDED, state)
                seen.see(state.status)
                pending.see(state)
                if state.status == PENDING and pending.image_is_given_up:
                    return self._ending(Reason.NO_IMAGE, state)
            reason = deadlines.passed(state.status if state else None, time.time())
            if reason is not None:
                return self._ending(reason, state)

    def _until_next_clock(self, deadlines: Deadlines) -> float:
        now = time.time()
        clocks = (deadlines.startup, deadlines.job, deadlines.execution)
        return max(0.05, min([60.0, *(clock - now for clock in clocks if clock is not None and clock > now)]))

    def _ending(self, reason: Reason, state: JobState | None) -> Ending:
        return Ending(self.job_name, reason, state.status.value if state else "")


def _settling() -> float:
    """How long after a deferral an event may be too early, in seconds.

    A worker may notice that the deferring process is gone only when its next heartbeat is due. A scheduler that has
    queued the task again by then takes that end for the end of the task, and fails it.
    """
    return float(conf.getfloat("workers", "min_heartbeat_interval", fallback=5.0)) + _HEARD_IN


_DEFAULTS = {
    parameter.name: parameter.default
    for parameter in signature(SpcsJobTrigger.__init__).parameters.values()
    if parameter.kind is parameter.KEYWORD_ONLY
}
