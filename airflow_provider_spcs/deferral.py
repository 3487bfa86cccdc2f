"""Hand a job over to the triggerer, where it is waited for without a worker slot; and what if it fails at that."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR

from airflow_provider_spcs.ending import Ending, Reason
from airflow_provider_spcs.triggers import SpcsJobTrigger

if TYPE_CHECKING:
    from airflow_provider_spcs.ending import Deadlines
    from airflow_provider_spcs.naming import JobName
    from airflow_provider_spcs.operators import SpcsJobOperator
    from airflow_provider_spcs.sensors import SpcsJobSensor
    from airflow_provider_spcs.waiting import Log

__all__ = ["TRIGGER_FAIL_REPR", "defer", "failed_deferral"]

# Airflow ends a deferral that is over its time without asking us, so its own limit has to be behind ours.
_SLACK = 120.0


def defer(
    task: SpcsJobOperator | SpcsJobSensor,
    name: JobName,
    *,
    poll_interval: float,
    deadlines: Deadlines,
    on_kill_action: str,
    generation: int = -1,
) -> NoReturn:
    """Leave the worker; ``task.execute_complete`` goes on with the trigger's event.

    Args:
        task: Whose connection and log settings count.
        name: The job.
        poll_interval: Seconds between two looks.
        deadlines: The clocks.
        on_kill_action: What happens to the job when the task is stopped.
        generation: The submitting generation; -1 when the job is not the task's own.

    Raises:
        TaskDeferred: Always.
    """
    ends = [clock for clock in (deadlines.job, deadlines.execution) if clock is not None]
    task.defer(
        trigger=SpcsJobTrigger(
            str(name),
            poll_interval=poll_interval,
            startup_deadline=deadlines.startup,
            job_deadline=deadlines.job,
            execution_deadline=deadlines.execution,
            get_logs=task.get_logs,
            container_logs=task.container_logs,
            on_kill_action=on_kill_action,
            transient_timeout_seconds=float(task.transient_timeout_seconds),
            generation=generation,
            **task.door().arguments(),
        ),
        method_name="execute_complete",
        timeout=timedelta(seconds=max(0.0, min(ends) - time.time()) + _SLACK + 2 * poll_interval) if ends else None,
    )


def failed_deferral(name: JobName, told: Mapping[str, Any], log: Log) -> dict[str, Any]:
    """What our trigger would have said, when Airflow ends a deferral itself.

    The triggerer may not have this package, may not be able to make the trigger, or may not run at all.

    Args:
        name: The job.
        told: Airflow's ``error``, and the ``traceback`` as lines where there is one.
        log: The task's log.

    Returns:
        The event for ``execute_complete``.
    """
    trace = "".join(told.get("traceback") or ()).strip()
    if trace:
        log.warning("The triggerer could not wait for %s:\n%s", name, trace)
    why = f" ({trace.splitlines()[-1].strip()})" if trace else ""
    error = str(getattr(told.get("error"), "value", told.get("error", "unknown")))
    message = f"Airflow ended the deferral: {error}{why}. The triggerer needs this package and its connection, too"
    return Ending(str(name), Reason.ERROR, message=message).to_event()
