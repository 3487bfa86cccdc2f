"""The lists of job services, and of services that run for long: filtered, a page at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.page import rendering
from airflow_provider_spcs.emulator.page.outcome import outcome
from airflow_provider_spcs.emulator.page.paging import Paging

if TYPE_CHECKING:
    from datetime import datetime

    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.services.store import JobRow


@dataclass(frozen=True)
class ShownJob:
    """A row of the list."""

    row: JobRow
    pool: str
    instances: int
    exit_codes: str
    """Of the containers that ended otherwise than with 0."""

    @property
    def outcome(self) -> str:
        """How it stands, or ended."""
        return outcome(self.row)

    @property
    def address(self) -> str:
        """Its own page."""
        return rendering.address(f"/jobs/{self.row.name}", id=self.row.id)

    def took(self, now: datetime) -> str:
        """From submission to the end, or to now."""
        begun, ended = rendering.moment(self.row.created), rendering.moment(self.row.completed)
        if begun is None or (ended is None and self.row.deleted):
            return ""
        return rendering.duration(((ended or now) - begun).total_seconds())


def shown(row: JobRow) -> ShownJob:
    """A stored job as a row of the list."""
    codes = sorted({item.exit_code for instance in row.instances for item in instance.containers if item.exit_code})
    return ShownJob(row, str(row.details["compute_pool"]), len(row.instances), ", ".join(map(str, codes)))


def job_list(account: Account, request: Request) -> Response:
    """Jobs, by status and by a part of their name."""
    return _list(account, request, service=False)


def service_list(account: Account, request: Request) -> Response:
    """Services that run for long, by status and by a part of their name."""
    return _list(account, request, service=True)


def _list(account: Account, request: Request, *, service: bool) -> Response:
    store, asked = account.services.store, request.query_params
    status, words = asked.get("status", "").upper(), asked.get("q", "").strip()
    counts = store.counts(service=service, words=words)
    total = counts.get(status, 0) if status else sum(counts.values())
    paging = Paging.of(asked.get("page", ""), total)
    rows = store.listed(service=service, status=status, words=words, limit=paging.per_page, offset=paging.offset)
    here = "/services" if service else "/jobs"
    return rendering.html(
        "jobs.html",
        account=account,
        here=here,
        now=account.clock.now(),
        title="Services" if service else "Jobs",
        counts=counts,
        everything=sum(counts.values()),
        status=status,
        words=words,
        paging=paging,
        jobs=[shown(row) for row in rows],
    )
