"""Statements that ran lately."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.page import hiding, rendering

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.wire.running import Query

_ROWS = 200
_LONGEST = 2000


def latest(account: Account, _request: Request) -> Response:
    """The newest statements of all clients since this process started, literals that may be secrets left out."""
    found = account.queries.latest(_ROWS)
    return rendering.html(
        "queries.html",
        account=account,
        here="/queries",
        now=account.clock.now(),
        queries=[_shown(item) for item in found],
    )


def _shown(query: Query) -> dict[str, object]:
    started = datetime.fromtimestamp(query.started, UTC)
    return {
        "id": query.id,
        "user": query.user,
        "status": "FAILED" if query.status == "FAILED_WITH_ERROR" else query.status,
        "started": started,
        "took": rendering.duration(query.ended - query.started) if query.ended else "",
        "sql": hiding.statement(query.request.sql[:_LONGEST]),
        "cut": len(query.request.sql) > _LONGEST,
        "error": hiding.statement(query.error.message[:_LONGEST]) if query.error is not None else "",
    }
