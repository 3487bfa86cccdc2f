"""What registry clients ask of the server before they log a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.registry import scalar

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session


@scalar("SYSTEM$ML_PLATFORM_CAPABILITIES")
def ml_platform_capabilities(session: Session) -> str:  # noqa: ARG001  (every system function gets the session)
    """The registry features of the server: none, so that clients take the path through a temporary stage."""
    return "{}"
