"""Whether a failed task is worth its retry: what no retry mends fails at once, what passes is tried again soon."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import ParamSpec, TypeVar

from airflow_provider_spcs.errors import JobFailedError, JobOutOfMemory, SpcsError, StartupTimeout, WorkerStopped
from airflow_provider_spcs.status import exit_meaning

_P = ParamSpec("_P")
_R = TypeVar("_R")

# As shells say that there is no such command, or that it cannot be executed.
_NO_COMMAND = (126, 127)
# The job goes on without its worker, or waits for a retry in a larger pool: nothing is won by waiting.
_AT_ONCE = timedelta(seconds=1)


class Worth(Enum):
    """What is to become of a task that failed."""

    FAIL = "fail"
    """No retry can mend it."""
    RETRY = "retry"
    """A retry may well succeed."""
    AS_SET = "as set"
    """Nobody knows: the task's own ``retries`` decide, as they do over the application's errors."""


@dataclass(frozen=True)
class Advice:
    """What to do, and why.

    Attributes:
        worth: What.
        reason: Why, for a person.
        delay: Until the retry; None takes the task's own.
    """

    worth: Worth
    reason: str = ""
    delay: timedelta | None = None


def advise(error: BaseException) -> Advice:
    """Judge by the error's class and its exit code; a retry costs as much as the job."""
    kind = type(error).__name__
    if isinstance(error, SpcsError) and error.hopeless:
        return Advice(Worth.FAIL, f"{kind}: a retry would fail as well")
    if isinstance(error, JobOutOfMemory | WorkerStopped):
        return Advice(Worth.RETRY, f"{kind}: the retry has more memory, or takes over the job that goes on", _AT_ONCE)
    if isinstance(error, StartupTimeout) or (isinstance(error, SpcsError) and error.retryable):
        return Advice(Worth.RETRY, f"{kind}: the platform's fault, it passes")
    if isinstance(error, JobFailedError) and error.exit_code in _NO_COMMAND:
        return Advice(Worth.FAIL, f"{kind}: {exit_meaning(error.exit_code).meaning}")
    return Advice(Worth.AS_SET)


def fails_at_once(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Let a task whose error no retry mends fail at once on Airflow before 3.3, which has no retry policies."""

    @functools.wraps(method)
    def run(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except SpcsError as error:
            if airflow_has_policies() or advise(error).worth is not Worth.FAIL:
                raise
            from airflow.providers.common.compat.sdk import AirflowFailException

            raise AirflowFailException(str(error)) from error

    return run


@functools.cache
def airflow_has_policies() -> bool:
    """Whether this Airflow asks a task's retry policy."""
    from importlib.util import find_spec

    return find_spec("airflow.sdk.definitions.retry_policy") is not None
