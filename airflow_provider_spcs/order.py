"""A job to be, as a task orders it, and how the order is carried out."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_spcs.attempt import Attempt, Plan, Store, remember
from airflow_provider_spcs.composition import (
    PAYLOAD_MOUNT,
    PAYLOAD_VOLUME,
    RESULT_DIRECTORY,
    RESULT_VOLUME,
    Parts,
    base_container,
    compose,
    mounted,
    result_stage,
    stage_path,
    with_memory_times,
    with_variables,
)
from airflow_provider_spcs.errors import InvalidInput, PreflightError, SpcsError, StatementError
from airflow_provider_spcs.refusal import MISSING, NOT_PERMITTED
from airflow_provider_spcs.spec import ServiceSpec

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.naming import JobName
    from airflow_provider_spcs.sql import SpecFile
    from airflow_provider_spcs.submission import Submission
    from airflow_provider_spcs.waiting import Log

_NOT_THERE = (*MISSING, NOT_PERMITTED)


@dataclass(frozen=True, kw_only=True)
class Order:
    """A job to be, all but its name.

    Attributes:
        parts: What its specification is made from.
        compute_pool: Pool it runs in.
        query_warehouse: Warehouse for SQL inside the containers.
        external_access_integrations: Their names.
        replicas: Instances.
        tags: Tag name to value.
        payload: Local directory to upload and mount; None has none.
        payload_mount: Where it is mounted.
        payload_files: Files of the payload beside the directory's: path to text.
        stage: Stage for payloads and results; None has neither.
        facts: Variables for every container that has none of that name.
        memory_times: Memory of every container, in request and limit, times this.
        log_containers: Whose log is shown; None for all.
    """

    parts: Parts
    compute_pool: str
    query_warehouse: str | None = None
    external_access_integrations: Sequence[str] = ()
    replicas: int = 1
    tags: Mapping[str, str] | None = None
    payload: Path | None = None
    payload_mount: str = PAYLOAD_MOUNT
    payload_files: Mapping[str, str] = field(default_factory=dict)
    stage: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    memory_times: float = 1.0
    log_containers: Sequence[str] | None = None

    def check(self) -> ServiceSpec | SpecFile:
        """Refuse a bad order before anything is uploaded or sent; its specification without the mounts.

        Raises:
            InvalidInput: Something is missing or does not fit together.
        """
        if not self.compute_pool:
            raise InvalidInput("compute_pool", "missing", "A job runs in a compute pool", "Give its name")
        if self.replicas < 1:
            raise InvalidInput("replicas", f"{self.replicas}", "A job has at least one instance", "Give 1 or more")
        spec = compose(self.parts)
        if isinstance(spec, ServiceSpec):
            self._check_containers(spec)
        elif self.stage is not None:
            raise InvalidInput(
                "stage",
                f"{self.stage!r} given beside a specification that lies on a stage",
                "Snowflake reads that file itself, so the result's directory cannot be mounted here",
                "Leave it out and mount a stage at /airflow/xcom in the file, or give the file as a local '.yaml' file",
            )
        if self.has_payload:
            self._check_payload(spec)
        elif self.payload_mount != PAYLOAD_MOUNT:
            raise InvalidInput(
                "payload_mount", f"{self.payload_mount!r} without a payload", "Nothing is mounted", "Give payload, too"
            )
        return spec

    def specification(self, name: JobName, payload_stage: str | None) -> ServiceSpec | SpecFile:
        """The specification of the job ``name``, with its mounts."""
        spec = compose(self.parts)
        if not isinstance(spec, ServiceSpec):
            return spec
        if self.memory_times != 1.0:
            spec = with_memory_times(spec, self.memory_times)
        base = self.parts.base_container_name
        if payload_stage:
            spec = mounted(spec, base, PAYLOAD_VOLUME, payload_stage, self.payload_mount.rstrip("/"))
        if self.stage:
            spec = mounted(spec, base, RESULT_VOLUME, f"{self.root}/results/{name.name}", RESULT_DIRECTORY)
        return with_variables(spec, self.facts) if self.facts else spec

    def planned(self, name: JobName) -> ServiceSpec | SpecFile:
        """As :meth:`specification`, before anything is uploaded: ``CONTENT_HASH`` stands for the payload's hash."""
        return self.specification(name, f"{self.root}/payloads/CONTENT_HASH" if self.has_payload else None)

    def shown(self, name: JobName, comment: str) -> str:
        """The statement that would submit the job, with its specification as YAML and what looks secret hidden."""
        from airflow_provider_spcs import sql

        spec = self.planned(name)
        return sql.execute_job(
            name,
            compute_pool=self.compute_pool,
            spec=spec.to_yaml(redact=True) if isinstance(spec, ServiceSpec) else spec,
            replicas=self.replicas,
            query_warehouse=self.query_warehouse,
            external_access_integrations=self.external_access_integrations,
            comment=comment,
            tags=self.tags,
        ).text

    def problems(self, hook: SpcsClient, name: JobName) -> list[str]:
        """What the job would need and not find, one line each."""
        spec = self.planned(name)
        return hook.preflight(
            spec if isinstance(spec, ServiceSpec) else None,
            compute_pool=self.compute_pool,
            replicas=self.replicas,
            query_warehouse=self.query_warehouse,
            external_access_integrations=self.external_access_integrations,
        )

    def result_stage(self, name: JobName) -> str | None:
        """Where the job's result lies."""
        spec = self.specification(name, None)
        return result_stage(spec, self.parts.base_container_name) if isinstance(spec, ServiceSpec) else None

    def staged(self, name: JobName, path: str) -> str | None:
        """Where a file that the job wrote lies on a stage; None when it lies in the container only."""
        spec = self.specification(name, None)
        return stage_path(spec, self.parts.base_container_name, path) if isinstance(spec, ServiceSpec) else None

    @property
    def has_payload(self) -> bool:
        """Whether something is to be uploaded and mounted."""
        return self.payload is not None or bool(self.payload_files)

    @property
    def root(self) -> str:
        """The stage as ``@name``."""
        return "@" + (self.stage or "").lstrip("@").rstrip("/")

    def _check_containers(self, spec: ServiceSpec) -> None:
        if self.parts.base_container_name is not None:
            base_container(spec, self.parts.base_container_name)
        names = {container.name for container in spec.containers}
        unknown = sorted(set(self.log_containers or ()) - names)
        if unknown:
            raise InvalidInput(
                "container_logs", f"{unknown} are not among the containers {sorted(names)}", "", "Correct the names"
            )

    def _check_payload(self, spec: ServiceSpec | SpecFile) -> None:
        if not isinstance(spec, ServiceSpec):
            raise InvalidInput(
                "payload",
                "given beside a specification that lies on a stage",
                "Snowflake reads that file itself, so no mount can be put into it here",
                "Give the specification as a local '.yaml' file",
            )
        if not self.stage:
            raise InvalidInput(
                "payload",
                f"{str(self.payload)!r} without a stage",
                "A payload is uploaded to a stage and mounted from there",
                "Give stage='@db.schema.stage'",
            )
        if self.payload is not None and not self.payload.is_dir():
            raise InvalidInput(
                "payload",
                f"{str(self.payload)!r} is not a directory on this worker",
                "A payload is a local directory, given absolute or relative to the DAG's file",
                "Correct the path; it has to be part of what is deployed with the DAG",
            )


def submit(
    hook: SpcsHook,
    order: Order,
    plan: Plan,
    attempt: Attempt,
    *,
    store: Store | None,
    log: Log,
    preflight: bool = False,
) -> Submission:
    """Clear away what is stale, upload the payload, submit; what is there already is adopted.

    Args:
        hook: The door to Snowflake.
        order: The job.
        plan: What this try has to do.
        attempt: This try.
        store: ``task_state_store``, when Airflow has one.
        log: The task's log.
        preflight: Whether all that the job needs is looked up first.

    Raises:
        SubmitError: Snowflake refused the job.
        PreflightError: Something that the job needs is not there; nothing was sent.
        InvalidInput: The order is not valid; nothing was sent.
    """
    # Whether or not there will be a new job, nobody waits for these any more.
    for job in plan.stale:
        hook.cancel_job(job.name)
        log.info("%s belongs to an attempt that was cleared: cancelled.", job.name)
    order.check()
    if preflight and (problems := order.problems(hook, plan.name)):
        raise PreflightError(str(plan.name), problems)
    if plan.replace is not None:
        hook.drop_job(plan.replace.name)
        log.info("%s had ended (%s) and has the wanted name: dropped.", plan.replace.name, plan.replace.status)
    try:
        return _send(hook, order, plan, attempt, store=store, log=log)
    except StatementError as error:
        if error.errno not in _NOT_THERE:
            raise
        raise _with_reasons(hook, order, plan.name, error) from error


def _send(hook: SpcsHook, order: Order, plan: Plan, attempt: Attempt, *, store: Store | None, log: Log) -> Submission:
    payload_stage = None
    if order.has_payload:
        payload_stage = hook.upload_payload(order.payload, f"{order.root}/payloads", files=order.payload_files)
        log.info("Payload %s is at %s.", order.payload or ", ".join(order.payload_files), payload_stage)
    # Before submitting: a crash from here on finds the job by its name.
    remember(store, attempt, plan.name)
    content = (payload_stage or "").rpartition("/")[2]
    return hook.submit_job(
        plan.name,
        compute_pool=order.compute_pool,
        spec=order.specification(plan.name, payload_stage),
        stamp=dataclasses.replace(attempt.stamp, payload=content),
        replicas=order.replicas,
        query_warehouse=order.query_warehouse,
        external_access_integrations=order.external_access_integrations,
        tags=order.tags,
    )


def _with_reasons(hook: SpcsHook, order: Order, name: JobName, error: StatementError) -> StatementError:
    """The refusal with all that is missing, since Snowflake tells one thing at a time; else with what to grant."""
    from airflow_provider_spcs import sql
    from airflow_provider_spcs.grants import grants

    try:
        problems = order.problems(hook, name)
        role = str(hook.query(*sql.current_role())[0]["role_name"])
    except SpcsError:
        return error
    mend = error.mend
    if problems:
        mend = "Not there for this role:\n" + "\n".join(
            f"  {number}. {each}" for number, each in enumerate(problems, 1)
        )
    elif error.errno == NOT_PERMITTED:
        spec = order.planned(name)
        needed = grants(
            name,
            spec if isinstance(spec, ServiceSpec) else None,
            role=role,
            compute_pool=order.compute_pool,
            query_warehouse=order.query_warehouse,
            external_access_integrations=order.external_access_integrations,
        )
        mend = "What a job like this needs, of which some may be granted already:\n  " + "\n  ".join(needed)
    found = type(error)(
        error.where,
        error.what,
        error.rule,
        mend,
        error.source,
        errno=error.errno,
        sqlstate=error.sqlstate,
        query_id=error.query_id,
    )
    found.hopeless = error.hopeless
    return found
