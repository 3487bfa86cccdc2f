"""The end of the event table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.events import table
from airflow_provider_spcs.emulator.page import rendering

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_spcs.emulator.account import Account

TYPES = ("EVENT", "LOG", "METRIC")
_ROWS = 200


def latest(account: Account, request: Request) -> Response:
    """The newest rows of the event table, by their type."""
    asked = request.query_params.get("type", "EVENT").upper()
    chosen = asked if asked in TYPES else TYPES[0]
    account.services.telemetry.flush()
    rows = table.latest(account, chosen, _ROWS)
    return rendering.html(
        "events.html", account=account, here="/events", now=account.clock.now(), types=TYPES, chosen=chosen, rows=rows
    )
