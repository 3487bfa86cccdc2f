"""Wait for a job that another task, DAG or person submitted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from airflow.providers.common.compat.sdk import BaseSensorOperator, conf

from airflow_provider_spcs.alerting import notes_failure
from airflow_provider_spcs.connected_task import ConnectedTask
from airflow_provider_spcs.ending import Deadlines, Ending, Reason
from airflow_provider_spcs.errors import InvalidInput, SpcsError
from airflow_provider_spcs.evidence import containers_of, pool_of
from airflow_provider_spcs.failure import Facts, explain
from airflow_provider_spcs.links import JOB_URL_KEY, SpcsJobLink, job_url
from airflow_provider_spcs.pending import IMAGE_PATIENCE
from airflow_provider_spcs.retrying import fails_at_once
from airflow_provider_spcs.status import PENDING

if TYPE_CHECKING:
    from airflow_provider_spcs.errors import JobError
    from airflow_provider_spcs.naming import JobName
    from airflow_provider_spcs.rows import JobState


class SpcsJobSensor(ConnectedTask, BaseSensorOperator):
    """Wait until a job is DONE; fail at once when it ends any other way.

    Works as ``mode="poke"``, ``mode="reschedule"`` and deferred. It stops nothing: the job belongs to who submitted it.

    Args:
        job_name: ``DB.SCHEMA.NAME``, or less with database and schema from the connection; for example the output of
            ``SpcsJobOperator(wait_for_completion=False)``.
        deferrable: Wait in the triggerer, without a worker slot. Default: ``[operators] default_deferrable``.
        get_logs: Show the containers' log lines while waiting in the triggerer.
        container_logs: Only of these containers; all when None.
        number_logs_exception: How many last lines an error carries, also without ``get_logs``; at most 100.
        snowflake_conn_id: Airflow connection.
        database: Overrides the connection's.
        schema: Overrides the connection's.
        role: Overrides the connection's.
        warehouse: Overrides the connection's; jobs need none.
        authenticator: Overrides the connection's.
        session_parameters: Overrides the connection's.
        transient_timeout_seconds: How long errors that pass by themselves are borne.
        poke_interval: Seconds between two looks. Default: 10.
    """

    template_fields: Sequence[str] = ("job_name", *ConnectedTask.template_fields)
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
        poke_interval: timedelta | float = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(poke_interval=poke_interval, **kwargs)
        self.job_name = job_name
        self.deferrable = deferrable
        self.get_logs = get_logs
        self.container_logs = container_logs
        self.number_logs_exception = number_logs_exception

    @fails_at_once
    @notes_failure
    def execute(self, context: Any) -> Any:
        """Look once; wait as asked if the job has not ended.

        Raises:
            InvalidInput: A parameter that means nothing beside another one.
        """
        self._check_modes()
        with self.hook:
            name = self.hook.qualify(self.job_name)
            self.job_url = job_url(self.hook.get_connection(self.snowflake_conn_id), name)
            if self.do_xcom_push:
                context["ti"].xcom_push(key=JOB_URL_KEY, value=self.job_url)
            if not self.deferrable:
                return super().execute(context)
            done = self._look(context)
        if not done:
            self._defer(context, name)
        return None

    def _check_modes(self) -> None:
        if self.container_logs is not None and not self.get_logs:
            raise InvalidInput("container_logs", "given with get_logs=False", "No log is shown", "Leave one out")
        ignored = [name for name in ("exponential_backoff", "silent_fail") if getattr(self, name, False)]
        if self.deferrable and ignored:
            raise InvalidInput(
                ", ".join(ignored),
                "given with deferrable=True",
                "All jobs that are waited for in the triggerer share one look at intervals",
                "Leave it out, or set deferrable=False",
            )

    def _defer(self, context: Any, name: JobName) -> NoReturn:
        from airflow_provider_spcs.deferral import defer

        end = Deadlines(job=time.time() + float(self.timeout), execution=self.execution_deadline(context))
        defer(self, name, poll_interval=float(self.poke_interval), deadlines=end, on_kill_action="keep_job")

    def _look(self, context: Any, ending: Ending | None = None) -> bool:
        """As :meth:`poke` with ``never_fail``, which Airflow itself sees to only while a sensor pokes."""
        from airflow.providers.common.compat.sdk import AirflowSkipException

        try:
            done = self.poke(context)
            if ending is not None and not done:
                raise self._error(ending)
        except SpcsError as error:
            if getattr(self, "never_fail", False):
                raise AirflowSkipException("Skipping due to never_fail is set to True.") from error
            raise
        return done

    def poke(self, context: Any) -> bool:  # noqa: ARG002 - Airflow's signature
        """Whether the job is DONE.

        Raises:
            JobError: It ended any other way, or nobody knows it.
        """
        state = self.hook.find_job(self.job_name)
        if state is None:
            raise self._error(Ending(self.job_name, Reason.VANISHED))
        self.log.info("%s is %s: %s.", state.name, state.status, state.status.meaning)
        if self._is_without_image(state):
            raise self._error(Ending(str(state.name), Reason.NO_IMAGE, state.status.value))
        if state.status.terminal and not state.status.succeeded:
            raise self._error(Ending(str(state.name), Reason.ENDED, state.status.value))
        return state.status.succeeded

    def _is_without_image(self, state: JobState) -> bool:
        """Whether a job has waited for long, and an image cannot be pulled; by its age, as pokes remember nothing."""
        if state.status != PENDING or state.created_at is None:
            return False
        waited = datetime.now(UTC) - state.created_at
        return waited.total_seconds() >= IMAGE_PATIENCE and any(
            report.unpullable for report in self.hook.containers(state.name)
        )

    @fails_at_once
    @notes_failure
    def execute_complete(self, context: Any, event: Mapping[str, Any]) -> None:
        """Go on after the triggerer's event: what counts is the state now.

        Raises:
            JobError: The job did not end well.
            AirflowSensorTimeout: The sensor's ``timeout`` is over.
            AirflowTaskTimeout: Its ``execution_timeout`` is.
            AirflowSkipException: It did not, and ``never_fail`` is set.
        """
        from airflow.providers.common.compat.sdk import AirflowSensorTimeout, AirflowTaskTimeout

        ending = Ending.from_event(event)
        clocks = {
            Reason.JOB_TIMEOUT: (AirflowSensorTimeout, "timeout"),
            Reason.EXECUTION_TIMEOUT: (AirflowTaskTimeout, "execution_timeout"),
        }
        with self.hook:
            if ending.reason in clocks:
                kind, clock = clocks[ending.reason]
                raise kind(f"{ending.job_name} was {ending.status} when the sensor's {clock} was over.")
            self._look(context, ending)

    def _error(self, ending: Ending) -> JobError:
        from airflow_provider_spcs.log_end import end_of_log
        from airflow_provider_spcs.logs import follow

        state = self.hook.find_job(ending.job_name)
        lines: list[str] | None = None
        if state is not None and (self.get_logs or self.number_logs_exception):
            follower = follow(self.hook, state.name, ending.cursor or None, containers=self.container_logs)
            lines = end_of_log(
                follower,
                self.log,
                tail=self.number_logs_exception,
                shown=None if self.get_logs else self.number_logs_exception,
            )
        containers = containers_of(self.hook, state.name, state, self.log) if state else []
        pool = pool_of(self.hook, state.compute_pool) if state else None
        fate = "The sensor leaves the job as it is." if state else ""
        return explain(Facts(ending, state, containers, pool, lines, fate=fate))
