"""Session parameters as replies list them: what clients read about themselves, and the session's own."""

from __future__ import annotations

from typing import Any

CLIENT: dict[str, object] = {
    "AUTOCOMMIT": True,
    "CLIENT_DISABLE_INCIDENTS": True,
    "CLIENT_MEMORY_LIMIT": 1536,
    "CLIENT_METADATA_REQUEST_USE_CONNECTION_CTX": False,
    "CLIENT_METADATA_USE_SESSION_DATABASE": False,
    "CLIENT_PREFETCH_THREADS": 4,
    "CLIENT_RESULT_CHUNK_SIZE": 160,
    "CLIENT_RESULT_COLUMN_CASE_INSENSITIVE": False,
    "CLIENT_SESSION_CLONE": False,
    "CLIENT_SESSION_KEEP_ALIVE": False,
    "CLIENT_SESSION_KEEP_ALIVE_HEARTBEAT_FREQUENCY": 3600,
    "CLIENT_STAGE_ARRAY_BINDING_THRESHOLD": 65280,
    # Clients then keep their usage reports to themselves.
    "CLIENT_TELEMETRY_ENABLED": False,
    "ENABLE_STAGE_S3_PRIVATELINK_FOR_US_EAST_1": False,
    "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "ARROW",
    "QUERY_CONTEXT_CACHE_SIZE": 5,
    "BINARY_OUTPUT_FORMAT": "HEX",
    "DATE_OUTPUT_FORMAT": "YYYY-MM-DD",
    "GEOGRAPHY_OUTPUT_FORMAT": "GeoJSON",
    "TIME_OUTPUT_FORMAT": "HH24:MI:SS",
    "TIMESTAMP_LTZ_OUTPUT_FORMAT": "",
    "TIMESTAMP_NTZ_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF3",
    "TIMESTAMP_OUTPUT_FORMAT": "YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM",
    "TIMESTAMP_TZ_OUTPUT_FORMAT": "",
    "TIMEZONE": "America/Los_Angeles",
}


def listed(session: Any) -> list[dict[str, object]]:
    """Name and value of each; the session's own values win over the defaults."""
    merged = CLIENT | (session if isinstance(session, dict) else {})
    return [{"name": name, "value": value} for name, value in merged.items()]
