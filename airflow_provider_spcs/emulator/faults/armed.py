"""Faults and what they wait for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.faults.when import JobMatcher, RequestMatcher, Schedule

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.faults.effects import Effect
    from airflow_provider_spcs.emulator.faults.exchange import Exchange, Proceed
    from airflow_provider_spcs.emulator.faults.fault import Fault
    from airflow_provider_spcs.emulator.faults.job_effects import JobEffect

_SCHEDULE = ("nth", "every", "times", "probability")


@dataclass(frozen=True)
class ArmedRequest:
    """A fault that waits for a request: to change its answer, or to do something before it."""

    fault: Fault
    matcher: RequestMatcher
    effect: Effect | None = None
    action: Callable[[], object] | None = None

    async def apply(self, exchange: Exchange, proceed: Proceed) -> None:
        """Do it to a request."""
        if self.effect is None:
            await proceed(exchange)
        else:
            await self.effect(exchange, proceed, self.fault)


@dataclass(frozen=True)
class ArmedJob:
    """A fault that waits for a job's status."""

    fault: Fault
    matcher: JobMatcher
    effect: JobEffect


def take_schedule(when: dict[str, Any]) -> Schedule:
    """The schedule among the keys of a moment; they are taken out.

    Raises:
        FaultError: A value is outside its range.
    """
    return Schedule(**{name: when.pop(name) for name in _SCHEDULE if name in when})
