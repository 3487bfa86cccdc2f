"""The page a person sees who opens the emulator's address in a browser."""

from __future__ import annotations

from starlette.responses import PlainTextResponse

from airflow_provider_spcs.emulator.errors import COVERAGE_PAGE
from airflow_provider_spcs.emulator.wire.gateway import Answer, Call, Gateway


def front(gateway: Gateway, call: Call) -> Answer:
    """``GET /``: what this is and how to connect."""
    account = gateway.account
    lines = [
        "An emulated Snowflake account (airflow-provider-spcs).",
        "",
        f"account   {account.name}",
        f"home      {account.home.root}",
        f"url       {call.base_url}",
        f"running   {len(gateway.queries.running())} statements",
        "",
        "Connect: snowflake.connector.connect(account=..., user='ADMIN', password=..., host=..., port=...,",
        "                                     protocol='http')",
        f"The password lies in {account.home.root / 'admin-password'}.",
        f"What is emulated, refused, or deviates: {COVERAGE_PAGE}",
    ]
    return PlainTextResponse("\n".join(lines) + "\n")
