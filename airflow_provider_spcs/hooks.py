"""The door to Snowflake through an Airflow connection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook

from airflow_provider_spcs.client import SpcsClient

#: Seconds after which one request is given up and the retry of this package takes over; the connector's own default
#: is to try for ever.
_REQUEST_TIMEOUT = 120


class SpcsHook(SpcsClient, SnowflakeHook):
    """Jobs on Snowpark Container Services; the methods are :class:`airflow_provider_spcs.client.SpcsClient`'s.

    Args:
        snowflake_conn_id: Airflow connection of the type ``snowflake``. Beyond what Airflow's own hook reads, the extra
            ``protocol`` (``http`` or ``https``) is passed on, which the emulator's plain port needs.
        transient_timeout: Seconds for which errors that pass by themselves are tried again.
        sleep: Stands in for ``time.sleep`` in tests.
        clock: Stands in for ``time.monotonic`` in tests.
        **kwargs: As for ``SnowflakeHook``: ``database``, ``schema``, ``role``, ``warehouse``, ``authenticator``,
            ``session_parameters``.
    """

    def __init__(
        self,
        snowflake_conn_id: str = "snowflake_default",
        *,
        transient_timeout: float = 600.0,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] | None = None,
        **kwargs: Any,
    ) -> None:
        SnowflakeHook.__init__(self, snowflake_conn_id=snowflake_conn_id, **kwargs)
        SpcsClient.__init__(
            self, self.get_conn, transient_timeout=transient_timeout, sleep=sleep, clock=clock, notices=self.log
        )

    def get_conn(self) -> Any:
        """A new connection, with what Airflow's own hook leaves out: ``protocol``, and values bound by the server."""
        from snowflake.connector import connect

        # Airflow's hook keeps them as long as it lives: a password or token that was renewed meanwhile is read anew.
        self.__dict__.pop("_get_static_conn_params", None)
        parameters: dict[str, Any] = dict(self._get_conn_params())
        extra = self.get_connection(self.get_conn_id()).extra_dejson
        protocol = extra.get("protocol") or extra.get("extra__snowflake__protocol")
        if protocol:
            parameters["protocol"] = protocol
        parameters.setdefault("login_timeout", _REQUEST_TIMEOUT)
        parameters.setdefault("network_timeout", _REQUEST_TIMEOUT)
        return connect(**parameters, paramstyle="qmark")
