"""The front page: what this is, how to connect, and what goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.page import jobs, pools, rendering

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_spcs.emulator.account import Account

_LATEST = 10


def overview(account: Account, request: Request) -> Response:
    """What this account is, its pools, its latest jobs."""
    store = account.services.store
    return rendering.html(
        "overview.html",
        account=account,
        here="/",
        now=account.clock.now(),
        base_url=f"{request.url.scheme}://{request.url.netloc}",
        tls_port=account.endpoints.tls_port if account.endpoints else None,
        pools=pools.of_account(account),
        counts=store.counts(service=False),
        jobs=[jobs.shown(row) for row in store.listed(service=False, limit=_LATEST)],
        running=len(account.queries.running()),
        models=len(account.objects.list("MODEL")),
        stages=len(account.objects.list("STAGE")),
    )
