"""What every task that reaches Snowflake can be told about its connection."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseOperator

if TYPE_CHECKING:
    from airflow_provider_spcs.door import Door
    from airflow_provider_spcs.hooks import SpcsHook


class ConnectedTask(BaseOperator):
    """An operator or sensor with one held connection to Snowflake.

    Args:
        snowflake_conn_id: Airflow connection.
        database: Overrides the connection's.
        schema: Overrides the connection's.
        role: Overrides the connection's.
        warehouse: Overrides the connection's; jobs need none.
        authenticator: Overrides the connection's.
        session_parameters: Overrides the connection's.
        transient_timeout_seconds: How long errors that pass by themselves are borne.
    """

    template_fields: Sequence[str] = ("snowflake_conn_id", "database", "schema", "role", "warehouse")

    def __init__(
        self,
        *,
        snowflake_conn_id: str = "snowflake_default",
        database: str | None = None,
        schema: str | None = None,
        role: str | None = None,
        warehouse: str | None = None,
        authenticator: str | None = None,
        session_parameters: Mapping[str, Any] | None = None,
        transient_timeout_seconds: float = 600,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.snowflake_conn_id = snowflake_conn_id
        self.database = database
        self.schema = schema
        self.role = role
        self.warehouse = warehouse
        self.authenticator = authenticator
        self.session_parameters = session_parameters
        self.transient_timeout_seconds = transient_timeout_seconds
        # The attribute is Airflow's from 3.3 on; a mapped task is given None.
        if getattr(self, "retry_policy", ...) is None:
            from airflow_provider_spcs.retry_policy import SpcsRetryPolicy

            self.retry_policy = SpcsRetryPolicy()

    def execution_deadline(self, context: Any) -> float | None:
        """Until when ``execution_timeout`` lets the task live, in seconds since the epoch.

        Airflow does not enforce it while a task is deferred.
        """
        if self.execution_timeout is None:
            return None
        started = getattr(context["ti"], "start_date", None)
        return (started.timestamp() if started else time.time()) + self.execution_timeout.total_seconds()

    def door(self) -> Door:
        """How Snowflake is reached."""
        from airflow_provider_spcs.door import Door

        return Door.of(self)

    @cached_property
    def hook(self) -> SpcsHook:
        """The door to Snowflake, with one held connection."""
        return self.door().hook(transient_timeout=self.transient_timeout_seconds)
