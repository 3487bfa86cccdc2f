"""The advice on a failed task in the form that Airflow 3.3 and later ask for it."""

from __future__ import annotations

from typing import Any

try:
    from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy
except ModuleNotFoundError as error:
    raise ImportError(
        "SpcsRetryPolicy: Airflow before 3.3 has no retry policies. There, what no retry mends fails at once without "
        "one. Leave it out, or upgrade."
    ) from error

from airflow_provider_spcs.retrying import Worth, advise


class SpcsRetryPolicy(RetryPolicy):
    """Fails at once what no retry mends, retries what passes, and leaves the rest to the task's ``retries``.

    Every task of this provider has it unless it is given a ``retry_policy`` of its own; to have both, chain them:
    ``ChainRetryPolicy([mine, SpcsRetryPolicy()])``.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,  # noqa: ARG002 - Airflow's signature
        max_tries: int,  # noqa: ARG002
        context: Any = None,  # noqa: ARG002
    ) -> RetryDecision:
        """Airflow's question after a failure."""
        advice = advise(exception)
        if advice.worth is Worth.FAIL:
            return RetryDecision.fail(advice.reason)
        if advice.worth is Worth.RETRY:
            return RetryDecision.retry(advice.delay, advice.reason)
        return RetryDecision.default()
