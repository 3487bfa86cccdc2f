"""How Snowflake is reached: an Airflow connection, and what overrides it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from airflow_provider_spcs.connected_task import ConnectedTask
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.triggers import SpcsJobTrigger


@dataclass(frozen=True)
class Door:
    """What a connection to Snowflake is made with; equal doors share one.

    Attributes:
        snowflake_conn_id: Airflow connection.
        database: Overrides the connection's.
        schema: Overrides the connection's.
        role: Overrides the connection's.
        warehouse: Overrides the connection's.
        authenticator: Overrides the connection's.
        session_parameters: Name and value pairs, sorted.
    """

    snowflake_conn_id: str = "snowflake_default"
    database: str | None = None
    schema: str | None = None
    role: str | None = None
    warehouse: str | None = None
    authenticator: str | None = None
    session_parameters: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def of(cls, who: ConnectedTask | SpcsJobTrigger) -> Self:
        """The door that somebody's attributes describe."""
        return cls(
            who.snowflake_conn_id,
            who.database,
            who.schema,
            who.role,
            who.warehouse,
            who.authenticator,
            tuple(sorted((who.session_parameters or {}).items())),
        )

    def arguments(self) -> dict[str, Any]:
        """As keyword arguments, for hooks and triggers."""
        return {**asdict(self), "session_parameters": dict(self.session_parameters) or None}

    def noted(self) -> dict[str, str]:
        """What a view in Airflow's UI needs to go the same way: all that is text."""
        return {name: value for name, value in asdict(self).items() if isinstance(value, str)}

    def hook(self, **options: Any) -> SpcsHook:
        """A hook of its own, not connected yet."""
        from airflow_provider_spcs.hooks import SpcsHook

        return SpcsHook(**self.arguments(), **options)
