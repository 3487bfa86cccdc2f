"""The facts of a failure for Airflow's own notifiers: in the callback's context, and in an XCom."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

from airflow_provider_spcs.errors import SpcsError, WorkerStopped

log = logging.getLogger(__name__)

_Method = TypeVar("_Method", bound=Callable[..., Any])

FAILURE_KEY = "job_failure"
"""XCom of a task that failed: :meth:`airflow_provider_spcs.errors.SpcsError.facts`."""


def shown_facts(error: SpcsError) -> dict[str, Any]:
    """An error's facts, with what Airflow knows as secret hidden."""
    from airflow.sdk.log import redact  # type: ignore[attr-defined]

    return cast("dict[str, Any]", redact(error.facts()))


def notes_failure(method: _Method) -> _Method:
    """Make the facts of the error that a task's method ends with an XCom of the task; the error stays what it is."""

    @functools.wraps(method)
    def run(task: Any, context: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(task, context, *args, **kwargs)
        except Exception as error:
            ours = _ours(error)
            # A worker that is told to stop has no time, and its retry goes on with the same job.
            if task.do_xcom_push and ours is not None and not isinstance(ours, WorkerStopped):
                _note(context, ours)
            raise

    return cast("_Method", run)


def _note(context: Any, error: SpcsError) -> None:
    try:
        context["ti"].xcom_push(key=FAILURE_KEY, value=shown_facts(error))
    except Exception:
        log.warning("XCom %s could not be pushed.", FAILURE_KEY, exc_info=True)


def failure_facts(context: Mapping[str, Any]) -> dict[str, Any]:
    """What a failure callback can say: ``headline``, ``mend``, ``exit_code``, ``last_lines`` and so on.

    Args:
        context: As ``on_failure_callback``, ``on_retry_callback`` and notifiers get it.

    Returns:
        The facts of the provider's error behind the failure; only ``error``, ``headline`` and ``message`` when the task
        failed of something else.
    """
    error = context.get("exception")
    if (ours := _ours(error)) is not None:
        return shown_facts(ours)
    if error is None and (noted := _noted(context.get("ti"))):
        return noted
    name = type(error).__name__ if isinstance(error, BaseException) else "unknown"
    return {"error": name, "headline": str(error or ""), "message": str(error or "")}


def _ours(error: Any) -> SpcsError | None:
    """The provider's error behind another one."""
    while isinstance(error, BaseException):
        if isinstance(error, SpcsError):
            return error
        error = error.__cause__
    return None


def _noted(ti: Any) -> dict[str, Any]:
    """The facts in the task's XCom: ``dag.test()`` of Airflow 3.1 tells a callback of no error."""
    if ti is None:
        return {}
    # Of a task that is not mapped, -1 is the index.
    index = ti.map_index if ti.map_index is not None else -1
    found = ti.xcom_pull(task_ids=ti.task_id, key=FAILURE_KEY, map_indexes=index)
    return dict(found) if isinstance(found, Mapping) else {}
