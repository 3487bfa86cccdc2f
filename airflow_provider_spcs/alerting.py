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
    name = type(error).__name__ if isinstance(error, BaseException) else "unknown"
    return {"error": name, "headline": str(error or ""), "message": str(error or "")}
