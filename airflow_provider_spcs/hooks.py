"""The only door to Snowflake: one method for each statement a job needs, over one held connection.

Every method tries again on errors that pass by themselves, up to ``transient_timeout`` seconds; what it raises in the end
is from :mod:`airflow_provider_spcs.errors`. Methods are synchronous and thread-safe: in a triggerer call them in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook

from airflow_provider_spcs.naming import JobName, Stamp
from airflow_provider_spcs.rows import ContainerReport, InstanceReport, JobState, LogRecord, PoolState
from airflow_provider_spcs.spec import ServiceSpec
from airflow_provider_spcs.sql import SpecFile, SpecTemplate


@dataclass(frozen=True, slots=True)
class Submission:
    """A job that is submitted.

    Attributes:
        name: Qualified name.
        query_id: The submitting statement; empty when the job was adopted.
        adopted: Whether the job was there already, with our own stamp.
    """

    name: JobName
    query_id: str
    adopted: bool


class SpcsHook(SnowflakeHook):
    """Jobs on Snowpark Container Services.

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
        super().__init__(snowflake_conn_id=snowflake_conn_id, **kwargs)
        self.transient_timeout = transient_timeout

    def close(self) -> None:
        """Close the held connection; the next call opens another."""
        raise NotImplementedError

    def __enter__(self) -> SpcsHook:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def query(self, text: str, binds: Sequence[object] = ()) -> list[dict[str, Any]]:
        """Run one statement over the held connection; each row as a dict with lower-case column names."""
        raise NotImplementedError

    def qualify(self, name: str | JobName) -> JobName:
        """``NAME``, ``SCHEMA.NAME`` or ``DB.SCHEMA.NAME`` as a qualified name, filled in from the hook, then the session."""
        raise NotImplementedError

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
        raise NotImplementedError

    # Look

    def describe_job(self, name: str | JobName) -> JobState | None:
        """DESCRIBE SERVICE; None when there is no such job now (2003, 2043). Needs no warehouse."""
        raise NotImplementedError

    def find_job(self, name: str | JobName) -> JobState | None:
        """As :meth:`describe_job`; a missing job is looked up in job history before it is believed gone.

        None means that neither knows it. When history cannot be read (no warehouse, no such function) that is logged once.
        """
        raise NotImplementedError

    def list_jobs(
        self, schema: str | None = None, *, like: str | None = None, starts_with: str | None = None
    ) -> list[JobState]:
        """SHOW JOB SERVICES, all pages.

        Args:
            schema: ``SCHEMA`` or ``DB.SCHEMA``; the hook's own when None.
            like: Pattern with ``%`` and ``_``, any case.
            starts_with: Prefix, case-sensitive.
        """
        raise NotImplementedError

    def containers(self, name: str | JobName) -> list[ContainerReport]:
        """SHOW SERVICE CONTAINERS, ordered by instance and name; empty when the job is gone."""
        raise NotImplementedError

    def instances(self, name: str | JobName) -> list[InstanceReport]:
        """SHOW SERVICE INSTANCES, ordered; empty when the job is gone."""
        raise NotImplementedError

    def wait_for(self, name: str | JobName, status: str = "DONE", seconds: int = 30) -> bool:
        """SPCS_WAIT_FOR: block until the job has ``status``; False when the time is over or it can no more be reached."""
        raise NotImplementedError

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
        raise NotImplementedError

    def pool_state(self, compute_pool: str) -> PoolState | None:
        """SHOW COMPUTE POOLS LIKE; None when there is none of that name for this role."""
        raise NotImplementedError

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
        raise NotImplementedError

    def persistent_logs(
        self, name: str | JobName, start: datetime | None = None, end: datetime | None = None
    ) -> list[LogRecord]:
        """SPCS_GET_LOGS: minutes late, but there after the node is gone. Default: the last day."""
        raise NotImplementedError

    # Stop

    def cancel_job(self, name: str | JobName) -> bool:
        """SPCS_CANCEL_JOB; the record stays. False when the job is gone or has ended already."""
        raise NotImplementedError

    def drop_job(self, name: str | JobName, *, force: bool = False) -> bool:
        """DROP SERVICE; False when it was gone already. ``force`` also drops block volumes."""
        raise NotImplementedError

    # Stages

    def upload_payload(self, directory: Path | str, stage: str) -> str:
        """Put a directory on a stage once per content and return where it lies.

        Args:
            directory: Local directory; ``.git``, ``__pycache__`` and the like are left out, links out of it are refused.
            stage: ``@db.schema.stage`` or ``@db.schema.stage/dir``.

        Returns:
            ``@db.schema.stage/dir/<content hash>``, the same for the same content on every machine.
        """
        raise NotImplementedError

    def read_stage_file(self, path: str, *, max_bytes: int = 10_000_000) -> bytes | None:
        """The bytes of ``@db.schema.stage/dir/file``; None when there is no such file.

        Raises:
            ResultError: The file is larger than ``max_bytes``.
        """
        raise NotImplementedError

    def stage_file_exists(self, path: str) -> bool:
        """Whether ``@db.schema.stage/dir/file`` is there."""
        raise NotImplementedError

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
        raise NotImplementedError
