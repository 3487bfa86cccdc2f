"""An embedded Snowflake account with job services, for laptops and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.server import RunningAccount, start

__all__ = ["RunningAccount", "start"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from airflow_provider_spcs.emulator import server

        return getattr(server, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
