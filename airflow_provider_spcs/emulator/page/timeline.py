"""What happened to a job, in order, and how long it was in each status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.events.table import of_service
from airflow_provider_spcs.emulator.page.rendering import moment

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.services.store import JobRow

_MOST = 500
_KINDS = {"SERVICE": "job", "SERVICE_INSTANCE": "instance", "CONTAINER": "container"}


@dataclass(frozen=True)
class Change:
    """One change of status; ``after`` is seconds since the submission."""

    when: datetime
    after: float
    kind: str
    who: str
    status: str
    message: str


@dataclass(frozen=True)
class Span:
    """How long the job was in a status: where the bar begins and how long it is, in per cent, and seconds."""

    status: str
    start: float
    width: float
    seconds: float


def changes(account: Account, row: JobRow) -> list[Change]:
    """The job's platform events, oldest first; the newest 500 of a job that has more."""
    account.services.telemetry.flush()
    begun = moment(row.created)
    assert begun is not None  # noqa: S101 every job has been created
    start = begun.astimezone(UTC).replace(tzinfo=None) - timedelta(seconds=1)
    found = of_service(account, row.id, "EVENT", start, datetime(9999, 1, 1))
    return [_change(begun, *record) for record in found[-_MOST:]]


def spans(row: JobRow, seen: list[Change], now: datetime) -> list[Span]:
    """The job's own statuses one after the other, to its end or to now."""
    begun = moment(row.created)
    ended = moment(row.completed) or moment(row.deleted) or now
    assert begun is not None  # noqa: S101 every job has been created
    total = max((ended - begun).total_seconds(), 0.001)
    own = [("PENDING", 0.0)]
    for item in seen:
        if item.kind == "job" and 0 < item.after < total and item.status != own[-1][0]:
            own.append((item.status, item.after))
    return [
        Span(status, 100 * start / total, 100 * (stop - start) / total, stop - start)
        for (status, start), (_, stop) in pairwise([*own, ("", total)])
        if stop > start
    ]


def _change(
    begun: datetime, when: datetime, resource: dict[str, Any], value: Any, record: dict[str, Any], _: dict[str, Any]
) -> Change:
    aware = when.replace(tzinfo=UTC)
    kind = _KINDS.get(str(record.get("name", "")).partition(".")[0], "other")
    instance, container = resource.get("snow.service.instance"), resource.get("snow.service.container.name")
    who = "job" if instance is None else f"instance {instance}" + (f", {container}" if container else "")
    content = value if isinstance(value, dict) else {}
    return Change(
        aware,
        (aware - begun).total_seconds(),
        kind,
        who,
        str(content.get("status", "")),
        str(content.get("message", "")),
    )
