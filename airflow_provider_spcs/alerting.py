"""The facts of a failure for Airflow's own notifiers: in the callback's context, and in an XCom."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from airflow_provider_spcs.errors import SpcsError

FAILURE_KEY = "job_failure"
"""XCom of a task whose job failed: :meth:`airflow_provider_spcs.errors.SpcsError.facts`."""


def shown_facts(error: SpcsError) -> dict[str, Any]:
    """An error's facts, with what Airflow knows as secret hidden."""
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    return cast("dict[str, Any]", redact(error.facts()))


def failure_facts(context: Mapping[str, Any]) -> dict[str, Any]:
    """What a failure callback can say: ``headline``, ``mend``, ``exit_code``, ``last_lines`` and so on.

    Args:
        context: As ``on_failure_callback``, ``on_retry_callback`` and notifiers get it.

    Returns:
        The facts of the provider's error behind the failure; only ``error``, ``headline`` and ``message`` when the task
        failed of something else.
    """
    error = context.get("exception")
    cause = error
    while isinstance(cause, BaseException):
        if isinstance(cause, SpcsError):
            return shown_facts(cause)
        cause = cause.__cause__
    if error is None and (noted := _noted(context.get("ti"))):
        return noted
    name = type(error).__name__ if isinstance(error, BaseException) else "unknown"
    return {"error": name, "headline": str(error or ""), "message": str(error or "")}


def _noted(ti: Any) -> dict[str, Any]:
    """The facts in the task's XCom: ``dag.test()`` of Airflow 3.1 tells a callback of no error."""
    if ti is None:
        return {}
    # Of a task that is not mapped, -1 is the index.
    index = ti.map_index if ti.map_index is not None else -1
    found = ti.xcom_pull(task_ids=ti.task_id, key=FAILURE_KEY, map_indexes=index)
    return dict(found) if isinstance(found, Mapping) else {}
