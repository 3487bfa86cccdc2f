"""The only door to Snowflake: one method for each statement a job needs, over one held connection; knows no Airflow.

Every method tries again on errors that pass by themselves, up to ``transient_timeout`` seconds; what it raises in the
end is from :mod:`airflow_provider_spcs.errors`. Methods are synchronous and thread-safe: in a triggerer call them in a
thread.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from airflow_provider_spcs import rows, sql
from airflow_provider_spcs.calls import Calls
from airflow_provider_spcs.errors import InvalidName, StatementError
from airflow_provider_spcs.naming import JobName, Stamp
from airflow_provider_spcs.payload_tree import combine, written
from airflow_provider_spcs.quoting import StagePath, bare, identifier, qualified
from airflow_provider_spcs.quoting import split as split_name
from airflow_provider_spcs.rows import ContainerReport, InstanceReport, JobState, LogRecord, PoolState
from airflow_provider_spcs.session import HeldConnection
from airflow_provider_spcs.spec import ServiceSpec
from airflow_provider_spcs.sql import SpecFile, SpecTemplate, Sql
from airflow_provider_spcs.stage_files import StageFiles
from airflow_provider_spcs.submission import Submission, Submitter
from airflow_provider_spcs.transient import Patience, is_snowflake, passes


class SpcsClient:
    """Jobs on Snowpark Container Services, over connections that ``connect`` opens.

    Args:
        connect: Opens a connection of the connector, with ``paramstyle="qmark"``.
        transient_timeout: Seconds for which errors that pass by themselves are tried again.
        sleep: Stands in for ``time.sleep`` in tests.
        clock: Stands in for ``time.monotonic`` in tests.
        notices: Where errors that pass are told, at WARNING.
    """

    def __init__(
        self,
        connect: Callable[[], Any],
        *,
        transient_timeout: float = 600.0,
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] | None = None,
        notices: logging.Logger | None = None,
    ) -> None:
        self.transient_timeout = transient_timeout
        self._sleep = sleep or time.sleep
        self._clock = clock or time.monotonic
        self._notices: Any = notices or logging.getLogger(__name__)
        self._held = HeldConnection(connect)
        self._calls = Calls(self._held, self._patience, self._notices.warning)
        self._place: tuple[str, str] | None = None
        self._history_told = False

    def open(self) -> None:
        """Open the held connection now, and try once only; a person at a terminal wants to hear of it at once.

        Raises:
            StatementError: The login is refused.
            Exception: What the connector raises when nobody answers.
        """
        self._calls.once(Sql("SELECT CURRENT_ACCOUNT()"))

    def close(self) -> None:
        """Close the held connection; the next call opens another."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def query(self, text: str, binds: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Run one statement over the held connection; each row as a dict with lower-case column names.

        It is tried again when its reply is lost: give only statements that may run twice.
        """
        return self._calls.run(Sql(text, tuple(binds)), (text.split(None, 1) or ["statement"])[0].upper()).rows

    def place(self) -> tuple[str, str]:
        """Database and schema of the session; empty where it has none."""
        if self._place is None:
            row = self._calls.run(sql.current_place(), "SELECT CURRENT_DATABASE(), CURRENT_SCHEMA()").rows[0]
            self._place = (str(row["database_name"] or ""), str(row["schema_name"] or ""))
        return self._place

    def _here(self) -> tuple[str, str]:
        if not all(self.place()):
            # Snowflake opens a session with a database that is not there, and leaves it without one.
            what = "no current database and schema: none is given, or the role may not see what is given"
            raise InvalidName("session", what, "A job belongs to a schema", "Correct the connection or the operator")
        return self.place()

    def qualify(self, name: str | JobName) -> JobName:
        """``NAME``, ``SCHEMA.NAME`` or ``DB.SCHEMA.NAME`` as a qualified name, filled in from the session."""
        if isinstance(name, JobName):
            return name
        parts = split_name(name)
        if parts is not None and len(parts) == 3:
            return JobName.parse(name)
        database, schema = self._here()
        return JobName.parse(name, database=database, schema=schema)

    # Submit

    def submit_job(
        self,
        name: str | JobName,
        *,
        compute_pool: str,
        spec: ServiceSpec | SpecFile | SpecTemplate,
        stamp: Stamp | None = None,
        comment: str | None = None,
        replicas: int = 1,
        query_warehouse: str | None = None,
        external_access_integrations: Sequence[str] = (),
        tags: Mapping[str, str] | None = None,
    ) -> Submission:
        """EXECUTE JOB SERVICE ... ASYNC = TRUE, once, however often it has to be sent.

        A lost reply is settled by asking for our own name; a job of that name with our own stamp is adopted.

        Args:
            name: Job's name.
            compute_pool: Pool it runs in.
            spec: The specification, a file on a stage, or a template with its values.
            stamp: Becomes the comment; its task is what adoption compares.
            comment: The comment when there is no stamp. Without a stamp nothing is adopted unless a reply was lost.
            replicas: Instances, at least 1.
            query_warehouse: Warehouse for SQL inside the containers.
            external_access_integrations: Their names, case-sensitive as Snowflake says.
            tags: Tag name to value.

        Raises:
            NameTaken: A job of that name is not ours.
            SubmitError: Snowflake refused the job.
            InvalidInput: A name or value is not valid; nothing was sent.
        """
        job = self.qualify(name)
        text = stamp.to_comment() if stamp is not None else comment or ""
        statement = sql.execute_job(
            job,
            compute_pool=compute_pool,
            spec=spec.to_sql_text() if isinstance(spec, ServiceSpec) else spec,
            replicas=replicas,
            query_warehouse=query_warehouse,
            external_access_integrations=external_access_integrations,
            comment=text or None,
            tags=tags,
        )
        submitter = Submitter(self._calls.once, self._calls.describe_once, self._patience(), self._notices.warning)
        return submitter.submit(job, statement, comment=text, stamp=stamp)

    # Look

    def describe_job(self, name: str | JobName) -> JobState | None:
        """DESCRIBE SERVICE; None when there is no such job now (2003, 2043). Needs no warehouse."""
        return self._calls.describe(self.qualify(name))

    def find_job(self, name: str | JobName) -> JobState | None:
        """As :meth:`describe_job`; a missing job is looked up in job history before it is believed gone.

        None means that neither knows it. That history cannot be read (no warehouse, no such function) is logged once.
        """
        job = self.qualify(name)
        there = self.describe_job(job)
        if there is not None:
            return there
        try:
            past = self.job_history(job, limit=1)
        except StatementError as error:
            if not self._history_told:
                self._history_told = True
                self._notices.warning("%s: it is gone, and job history cannot be read: %s", job, error)
            return None
        return past[0] if past else None

    def list_jobs(
        self, schema: str | None = None, *, like: str | None = None, starts_with: str | None = None
    ) -> list[JobState]:
        """SHOW JOB SERVICES, all pages.

        Args:
            schema: ``SCHEMA`` or ``DB.SCHEMA``; the hook's own when None.
            like: Pattern with ``%`` and ``_``, any case.
            starts_with: Prefix, case-sensitive.
        """
        if schema is None:
            schema = ".".join(self._here())
        qualified(schema, "schema")
        found: dict[JobName, JobState] = {}
        after: str | None = None
        while True:
            page = self._calls.run(
                sql.show_jobs(schema, like=like, starts_with=starts_with, after=after), f"SHOW JOB SERVICES {schema}"
            ).rows
            states = [rows.job_state(row, "list") for row in page]
            new = {state.name: state for state in states if state.name not in found}
            found.update(new)
            # A page that is not full is the last; one without anything new would be asked for ever.
            if len(page) < sql.PAGE or not new:
                return list(found.values())
            after = states[-1].name.name

    def containers(self, name: str | JobName) -> list[ContainerReport]:
        """SHOW SERVICE CONTAINERS, ordered by instance and name; empty when the job is gone."""
        job = self.qualify(name)
        reports = [rows.container_report(row) for row in self._calls.rows_if_there(sql.show_containers(job))]
        return sorted(reports, key=lambda report: (report.instance_id, report.name))

    def instances(self, name: str | JobName) -> list[InstanceReport]:
        """SHOW SERVICE INSTANCES, ordered; empty when the job is gone."""
        job = self.qualify(name)
        reports = [rows.instance_report(row) for row in self._calls.rows_if_there(sql.show_instances(job))]
        return sorted(reports, key=lambda report: report.instance_id)

    def wait_for(self, name: str | JobName, status: str = "DONE", seconds: int = 30) -> bool:
        """SPCS_WAIT_FOR: block until the job has ``status``; False when it does not get there in time, or at all."""
        job = self.qualify(name)
        try:
            self._calls.once(sql.wait_for(job, status, seconds))
        except Exception as error:
            # The caller asks for the status next, whatever went wrong: this only saves it the time until then.
            if not (is_snowflake(error) or passes(error)):
                raise
            self._notices.debug("%s: SPCS_WAIT_FOR: %s", job, error)
            return False
        return True

    def job_history(
        self,
        name: str | JobName | None = None,
        *,
        query_id: str | None = None,
        since: datetime | None = None,
        limit: int = 100,
    ) -> list[JobState]:
        """GET_JOB_HISTORY of 30 days, newest first: also deleted jobs, with message and exit codes.

        Raises:
            NoWarehouse: The session has no warehouse and the function wants one.
        """
        job = None if name is None else self.qualify(name)
        statement = sql.job_history(job, query_id=query_id, since=since, limit=limit)
        where = f"GET_JOB_HISTORY {job or query_id or ''}".rstrip()
        return [rows.history_state(row) for row in self._calls.run(statement, where).rows]

    def pool_state(self, compute_pool: str) -> PoolState | None:
        """SHOW COMPUTE POOLS LIKE; None when there is none of that name for this role."""
        wanted = bare(identifier(compute_pool, "compute_pool"))
        return next((pool for pool in self.list_pools(wanted.replace("_", "\\_")) if pool.name == wanted), None)

    def list_pools(self, like: str | None = None) -> list[PoolState]:
        """SHOW COMPUTE POOLS: those that this role may see."""
        found = self._calls.run(sql.show_pools(like), f"SHOW COMPUTE POOLS {like or ''}".rstrip()).rows
        return [rows.pool_state(row) for row in found]

    # Logs

    def container_logs(
        self,
        name: str | JobName,
        instance_id: int,
        container: str,
        *,
        lines: int | None = None,
        previous: bool | None = None,
        since: str | None = None,
        timestamps: bool = False,
    ) -> str:
        """SYSTEM$GET_SERVICE_LOGS: the raw text, at most its last 100 KB.

        Args:
            name: Job.
            instance_id: From 0.
            container: Container's name.
            lines: Only so many last lines.
            previous: The run before the last restart.
            since: ISO timestamp; undocumented, as ``snow spcs service logs --follow`` sends it.
            timestamps: Each line begins with its timestamp; undocumented likewise.
        """
        job = self.qualify(name)
        statement = sql.container_logs(
            job,
            instance_id,
            container,
            lines=lines,
            previous=previous,
            since=since,
            timestamps=timestamps or None,
        )
        answer = self._calls.run(statement, f"SYSTEM$GET_SERVICE_LOGS {job} {instance_id} {container}").rows
        return str(next(iter(answer[0].values())) or "") if answer else ""

    def persistent_logs(
        self, name: str | JobName, start: datetime | None = None, end: datetime | None = None
    ) -> list[LogRecord]:
        """SPCS_GET_LOGS: minutes late, but there after the node is gone. Default: the last day."""
        job = self.qualify(name)
        answer = self._calls.run(sql.persistent_logs(job, start, end), f"SPCS_GET_LOGS {job}").rows
        return [record for record in map(rows.log_record, answer) if record is not None]

    # Stop

    def cancel_job(self, name: str | JobName) -> bool:
        """SPCS_CANCEL_JOB; the record stays. False when the job is gone or has ended already."""
        job = self.qualify(name)
        there = self.describe_job(job)
        if there is None or there.status.terminal:
            return False
        try:
            self._calls.run(sql.cancel_job(job), f"SPCS_CANCEL_JOB {job}")
        except StatementError:
            # It may have ended in the meantime; only a job that still runs makes the refusal a failure.
            there = self.describe_job(job)
            if there is None or there.status.terminal:
                return False
            raise
        return True

    def drop_job(self, name: str | JobName, *, force: bool = False) -> bool:
        """DROP SERVICE; False when it was gone already. ``force`` also drops block volumes."""
        job = self.qualify(name)
        if self.describe_job(job) is None:
            return False
        self._calls.run(sql.drop_job(job, force=force), f"DROP SERVICE {job}")
        return True

    # Stages

    def upload_payload(
        self, directory: Path | str | None, stage: str, *, files: Mapping[str, str] | None = None
    ) -> str:
        """Put code on a stage once per content and return where it lies.

        Args:
            directory: Local directory; ``.git``, ``__pycache__`` and the like are left out, links out of it refused.
            stage: ``@db.schema.stage`` or ``@db.schema.stage/dir``.
            files: Further files, path to text.

        Returns:
            ``@db.schema.stage/dir/<content hash>``, the same for the same content on every machine.
        """
        place = StagePath.parse(stage, "payload stage")
        with written(files or {}) as more:
            return str(self._stage_files().upload(combine(directory, more), place))

    def read_stage_file(self, path: str, *, max_bytes: int = 10_000_000) -> bytes | None:
        """The bytes of ``@db.schema.stage/dir/file``; None when there is no such file.

        Raises:
            ResultError: The file is larger than ``max_bytes``.
        """
        return self._stage_files().read(StagePath.parse(path), max_bytes=max_bytes)

    def stage_file_exists(self, path: str) -> bool:
        """Whether ``@db.schema.stage/dir/file`` is there."""
        return self._stage_files().find(StagePath.parse(path)) is not None

    # Check

    def preflight(
        self,
        spec: ServiceSpec | None,
        *,
        compute_pool: str,
        replicas: int = 1,
        query_warehouse: str | None = None,
        external_access_integrations: Sequence[str] = (),
    ) -> list[str]:
        """Everything a job would need and not find, one line each; empty when all is there."""
        from airflow_provider_spcs.preflight import Preflight

        check = Preflight(lambda statement: self._calls.run(statement, "preflight").rows, self.place())
        return check.problems(
            spec,
            compute_pool=compute_pool,
            replicas=replicas,
            query_warehouse=query_warehouse,
            external_access_integrations=external_access_integrations,
        )

    # Inside

    def _patience(self) -> Patience:
        return Patience(self.transient_timeout, sleep=self._sleep, clock=self._clock)

    def _stage_files(self) -> StageFiles:
        return StageFiles(self._calls.run)
