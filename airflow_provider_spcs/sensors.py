"""Wait for a job that another task, DAG or person submitted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.providers.common.compat.sdk import BaseSensorOperator, conf

from airflow_provider_spcs.ending import Ending, Reason
from airflow_provider_spcs.failure import Facts, explain
from airflow_provider_spcs.links import JOB_URL_KEY, SpcsJobLink, job_url
from airflow_provider_spcs.poller import Door

if TYPE_CHECKING:
    from airflow_provider_spcs.errors import JobError
    from airflow_provider_spcs.hooks import SpcsHook

_DEFERRAL_SLACK = 120.0


class SpcsJobSensor(BaseSensorOperator):
    """Wait until a job is DONE; fail at once when it ends any other way.

    Works as ``mode="poke"``, ``mode="reschedule"`` and deferred. It stops nothing: the job belongs to who submitted it.

    Args:
        job_name: ``DB.SCHEMA.NAME``, or less with database and schema from the connection; for example the output of
            ``SpcsJobOperator(wait_for_completion=False)``.
        deferrable: Wait in the triggerer, without a worker slot. Default: ``[operators] default_deferrable``.
        get_logs: Show the containers' log lines while waiting in the triggerer.
        container_logs: Only of these containers; all when None.
        number_logs_exception: How many last lines an error carries.
        snowflake_conn_id: Airflow connection.
        database: Overrides the connection's.
        schema: Overrides the connection's.
        role: Overrides the connection's.
        warehouse: Overrides the connection's; jobs need none.
        authenticator: Overrides the connection's.
        session_parameters: Overrides the connection's.
        poke_interval: Seconds between two looks. Default: 10.
    """

    template_fields: Sequence[str] = ("job_name", "snowflake_conn_id", "database", "schema", "role", "warehouse")
    ui_color = "#d6f0fa"
    operator_extra_links = (SpcsJobLink(),)

    job_url: str | None = None

    def __init__(
        self,
        *,
        job_name: str,
        deferrable: bool = conf.getboolean("operators", "default_deferrable", fallback=False),
        get_logs: bool = True,
        container_logs: Sequence[str] | None = None,
        number_logs_exception: int = 20,
        snowflake_conn_id: str = "snowflake_default",
        database: str | None = None,
        schema: str | None = None,
        role: str | None = None,
        warehouse: str | None = None,
        authenticator: str | None = None,
        session_parameters: Mapping[str, Any] | None = None,
        poke_interval: timedelta | float = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, **kwargs)
        self.job_name = job_name
        self.deferrable = deferrable
        self.get_logs = get_logs
        self.container_logs = container_logs
        self.number_logs_exception = number_logs_exception
        self.snowflake_conn_id = snowflake_conn_id
        self.database = database
        self.schema = schema
        self.role = role
        self.warehouse = warehouse
        self.authenticator = authenticator
        self.session_parameters = session_parameters

    @cached_property
    def hook(self) -> SpcsHook:
        """The door to Snowflake, with one held connection."""
        return Door(
            self.snowflake_conn_id,
            self.database,
            self.schema,
            self.role,
            self.warehouse,
            self.authenticator,
            tuple(sorted((self.session_parameters or {}).items())),
        ).hook()

    def execute(self, context: Any) -> Any:
        """Look once; wait as asked if the job has not ended."""
        with self.hook:
            name = self.hook.qualify(self.job_name)
            self.job_url = job_url(self.hook.get_connection(self.snowflake_conn_id), name)
            if self.do_xcom_push:
                context["ti"].xcom_push(key=JOB_URL_KEY, value=self.job_url)
            if not self.deferrable:
                return super().execute(context)
            if self.poke(context):
                return None
        self._defer(str(name))
        return None

    def poke(self, context: Any) -> bool:  # noqa: ARG002 - Airflow's signature
        """Whether the job is DONE.

        Raises:
            JobError: It ended any other way, or nobody knows it.
        """
        state = self.hook.find_job(self.job_name)
        if state is None:
            raise self._error(Ending(self.job_name, Reason.VANISHED))
        self.log.info("%s is %s: %s.", state.name, state.status, state.status.meaning)
        if state.status.terminal and not state.status.succeeded:
            raise self._error(Ending(str(state.name), Reason.ENDED, state.status.value))
        return state.status.succeeded

    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> None:
        """Go on after the triggerer's event: what counts is the state now.

        Raises:
            JobError: The job did not end well.
            AirflowSensorTimeout: The sensor's time is over.
        """
        ending = Ending.from_event(event)
        with self.hook:
            if ending.reason is Reason.EXECUTION_TIMEOUT:
                from airflow.providers.common.compat.sdk import AirflowSensorTimeout

                raise AirflowSensorTimeout(f"{ending.job_name} was {ending.status} when the sensor's time was over.")
            if not self.poke(context):
                raise self._error(ending)

    def _defer(self, name: str) -> None:
        from airflow_provider_spcs.triggers import SpcsJobTrigger

        self.defer(
            trigger=SpcsJobTrigger(
                job_name=name,
                snowflake_conn_id=self.snowflake_conn_id,
                poll_interval=float(self.poke_interval),
                database=self.database,
                schema=self.schema,
                role=self.role,
                warehouse=self.warehouse,
                authenticator=self.authenticator,
                session_parameters=self.session_parameters,
                execution_deadline=time.time() + float(self.timeout),
                get_logs=self.get_logs,
                container_logs=self.container_logs,
                on_kill_action="keep_job",
            ),
            method_name="execute_complete",
            timeout=timedelta(seconds=float(self.timeout) + _DEFERRAL_SLACK),
        )

    def _error(self, ending: Ending) -> JobError:
        from airflow_provider_spcs.errors import SpcsError
        from airflow_provider_spcs.logs import follow
        from airflow_provider_spcs.waiting import show

        state = self.hook.find_job(ending.job_name)
        lines: list[str] = []
        if state is not None and self.get_logs:
            try:
                follower = follow(self.hook, state.name, ending.cursor or None, containers=self.container_logs)
                show(self.log, follower.finish())
                lines = list(follower.tail)[-self.number_logs_exception :]
            except SpcsError as error:
                self.log.warning("The end of the log could not be read: %s", error)
        containers = self.hook.containers(state.name) or list(state.containers) if state else []
        pool = self.hook.pool_state(state.compute_pool) if state and state.compute_pool else None
        fate = "The sensor leaves the job as it is." if state else ""
        return explain(Facts(ending, state, containers, pool, lines, fate=fate))
