"""EXECUTE JOB SERVICE: checks all that is named, creates the job, and waits for it unless it is asynchronous."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.services import families, references, spec, template, waiting
from airflow_provider_spcs.emulator.services import job_statement as statements
from airflow_provider_spcs.emulator.services.job import InstanceState, Job, digest, fresh_instance
from airflow_provider_spcs.emulator.services.spec.node import invalid

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.services.job_statement import JobRequest, SpecSource
    from airflow_provider_spcs.emulator.statement import Statement

MAX_SPEC_BYTES = 1_000_000


@command("EXECUTE JOB SERVICE")
def execute_job_service(session: Session, statement: Statement) -> Result:
    """Every form of the statement; containers run as local processes."""
    request = statements.parse(statement)
    job = submit(session, request, spec_text(session, request.spec))
    if request.is_async:
        return status(f"Started Snowpark Container Services Job '{job.name.name}'.")
    wait(session, job)
    return status(f"Job {job.name.name} completed successfully with status: DONE.")


def wait(session: Session, job: Job) -> None:
    """Wait for a synchronous job's end.

    Raises:
        SnowflakeError: The job did not end as DONE, or the statement was cancelled.
    """
    waiting.finish_or_cancel(session, job.id, job.name)


def spec_text(session: Session, source: SpecSource) -> str:
    """The specification's text, read from its stage and rendered.

    Raises:
        SnowflakeError: 2003 when stage or file is missing, 395069 when the template cannot be rendered.
    """
    text = source.text
    if text is None:
        assert source.stage is not None and source.file is not None  # noqa: S101, PT018  the parser sets all or none
        location = f"{source.stage.rstrip('/')}/{source.file.lstrip('/')}"
        path = session.account.stages.path(session, location)
        if not path.is_file():
            message = f"File '{source.file}' on stage '{source.stage}' does not exist or not authorized."
            raise SnowflakeError(f"SQL compilation error:\n{message}", 2003, "02000")
        text = path.read_text()
    if len(text) > MAX_SPEC_BYTES:
        raise invalid(f"it has {len(text)} characters; at most {MAX_SPEC_BYTES} are read.")
    return template.render(text, source.values) if source.template else text


def submit(session: Session, request: JobRequest, text: str, *, ml_job: bool = False) -> Job:
    """Create a job and have it run; nothing is created unless everything it names is right.

    Args:
        session: Who asks.
        request: What the statement says.
        text: The specification.
        ml_job: Whether its image's start script is that of ML Jobs.

    Raises:
        SnowflakeError: What is wrong with it; 2002 when its name is taken.
    """
    account = session.account
    job_id = str(uuid.uuid4())
    query_id = session.query_id or str(uuid.uuid4())
    name = references.job_name(session, request.name or (f"JOB_{query_id.replace('-', '_').upper()}",))
    pool, pool_document = references.pool(session, request.pool)
    warehouse = references.warehouse(session, request.warehouse) if request.warehouse else None
    granted = references.integrations(session, request.integrations)
    tags = references.tags(session, request.tags)
    described = specified(session, name, text, pool, granted)
    parsed = spec.parse(spec.load(text))
    needs = _needs(parsed, pool, pool_document["instance_family"])
    details: dict[str, Any] = {
        "query_id": query_id,
        "compute_pool": pool,
        "instance_family": pool_document["instance_family"],
        "query_warehouse": warehouse,
        "external_access_integrations": granted,
        "owner": session.role,
        "user": session.user,
        "is_async": request.is_async,
        "replicas_given": request.replicas is not None,
        "tags": tags,
        "dns_name": dns_name(name),
        **described,
        "ml_job": ml_job,
        "service": request.service,
        "comment": request.comment,
    }
    now = account.clock.now().isoformat()
    count = request.replicas or 1 if request.service is None else request.service["min_instances"]
    alone = count == 1 and request.service is None
    made = _instances(parsed, count, job_id, now, alone=alone)
    job = Job(job_id, name, parsed, needs, details, made)
    account.services.add(job, _document(job, request, now))
    return job


def specified(session: Session, name: Name, text: str, pool: str, granted: list[str]) -> dict[str, Any]:
    """What a specification says of a job or service, with all that it names.

    Raises:
        SnowflakeError: What is wrong with it.
    """
    data = spec.load(text)
    parsed = spec.parse(data)
    document = session.account.objects.get("COMPUTE POOL", Name.account_level(pool))
    _needs(parsed, pool, document["instance_family"])
    secrets = references.secrets(session, name, parsed, granted)
    shown = spec.canonical(data, {item.image: digest(item.image) for item in parsed.containers})
    return {
        "spec": shown,
        "source": text,
        "spec_digest": hashlib.sha256(shown.encode()).hexdigest(),
        "secrets": {key: list(value) for key, value in secrets.items()},
        "stage_paths": references.stages(session, name, parsed),
    }


def dns_name(name: Name) -> str:
    """A service's DNS name: its name as a label, and a mark of its schema.

    Source: https://docs.snowflake.com/en/developer-guide/snowpark-container-services/working-with-services
    """
    mark = hashlib.sha256(f"{name.database}\0{name.schema}".encode()).hexdigest()[:4]
    return f"{name.name.lower().replace('_', '-')}.{mark}.svc.spcs.internal"


def _needs(parsed: spec.ServiceSpec, pool: str, family: str) -> families.Resources:
    capacity = families.node(family)
    needs = families.instance_needs(parsed, capacity)
    # More stages than a node mounts keep an instance waiting, for ever; the statement succeeds.
    if not replace(needs, stages=0).fits(capacity):
        raise invalid(
            f"resource requests of {needs.cpu:g} CPU, {needs.memory / 2**30:g}Gi memory and {needs.gpu} GPU cannot be "
            f"met: a node of compute pool '{pool}' ({family}) has {capacity.cpu:g} CPU, "
            f"{capacity.memory / 2**30:g}Gi and {capacity.gpu} GPU."
        )
    return needs


def _instances(parsed: spec.ServiceSpec, count: int, job_id: str, now: str, *, alone: bool) -> list[InstanceState]:
    return [fresh_instance(job_id, parsed, index, now, alone=alone) for index in range(count)]


def _document(job: Job, request: JobRequest, now: str) -> dict[str, Any]:
    return {
        "id": job.id,
        "created_on": now,
        "updated_on": now,
        "owner": job.details["owner"],
        "comment": request.comment,
        "status": str(job.status),
        "compute_pool": job.pool,
        "dns_name": job.details["dns_name"],
        "current_instances": 0,
        "target_instances": len(job.instances),
        "external_access_integrations": job.details["external_access_integrations"],
        "query_warehouse": job.details["query_warehouse"],
        "is_async_job": request.is_async,
        "spec_digest": job.details["spec_digest"],
        "is_job": request.service is None,
        **(request.service or {}),
    }
