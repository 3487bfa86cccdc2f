"""Which Airflow this is, so that two deployments on one Snowflake schema tell their jobs apart."""

from __future__ import annotations

from urllib.parse import urlsplit


def this_deployment() -> str:
    """``[spcs] deployment``, else the host of the UI's address."""
    from airflow.providers.common.compat.sdk import conf

    named = conf.get("spcs", "deployment", fallback="")
    return str(named or deployment_of(conf.get("api", "base_url", fallback="")))


def deployment_of(url: str) -> str:
    """Which Airflow has its UI at ``url``: its host; empty on a laptop, whose port may change."""
    host = urlsplit(url).hostname or ""
    return "" if host in ("localhost", "127.0.0.1", "::1") else host
