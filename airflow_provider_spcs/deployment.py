"""Which Airflow this is, so that two deployments on one Snowflake schema tell their jobs apart."""

from __future__ import annotations

from urllib.parse import urlsplit

from airflow.providers.common.compat.sdk import conf


def this_deployment() -> str:
    """``[spcs] deployment``, else the host of the UI's address; empty on a laptop, whose port may change."""
    named = conf.get("spcs", "deployment", fallback="")
    if named:
        return str(named)
    host = urlsplit(conf.get("api", "base_url", fallback="")).hostname or ""
    return "" if host in ("localhost", "127.0.0.1", "::1") else host
