"""What a role needs to submit a job, as GRANT statements to paste.

Source: Snowflake documentation, EXECUTE JOB SERVICE and Service privileges.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.quoting import StagePath, identifier, qualified
from airflow_provider_spcs.spec import ServiceSpec, StageVolume


def grants(
    job: JobName,
    spec: ServiceSpec | None,
    *,
    role: str,
    compute_pool: str,
    query_warehouse: str | None = None,
    external_access_integrations: Sequence[str] = (),
) -> list[str]:
    """The statements, for a person with the right to grant; each may have been granted already.

    Args:
        job: The job's name.
        spec: Its specification; None when it lies on a stage.
        role: Who is to submit it.
        compute_pool: Its pool.
        query_warehouse: Warehouse for SQL inside the containers.
        external_access_integrations: Their names.
    """
    wanted = [
        f"USAGE ON DATABASE {job.database}",
        f"USAGE ON SCHEMA {job.database}.{job.schema}",
        f"CREATE SERVICE ON SCHEMA {job.database}.{job.schema}",
        f"USAGE ON COMPUTE POOL {identifier(compute_pool, 'compute_pool')}",
    ]
    if query_warehouse:
        wanted.append(f"USAGE ON WAREHOUSE {identifier(query_warehouse, 'query_warehouse')}")
    wanted += [
        f"USAGE ON INTEGRATION {identifier(name, 'external_access_integrations')}"
        for name in external_access_integrations
    ]
    if spec is not None:
        wanted += _of_spec(spec)
    return [f"GRANT {each} TO ROLE {role};" for each in dict.fromkeys(wanted)]


def _of_spec(spec: ServiceSpec) -> Iterator[str]:
    for container in spec.containers:
        repository = container.image.strip("/").split("/")[:3]
        if len(repository) == 3 and [part.lower() for part in repository[:2]] != ["snowflake", "images"]:
            yield f"READ ON IMAGE REPOSITORY {qualified('.'.join(repository), 'image')}"
        for secret in container.secrets:
            if not secret.reference:
                yield f"READ ON SECRET {qualified(secret.name, 'secret')}"
    for volume in spec.volumes:
        if isinstance(volume, StageVolume):
            stage = qualified(StagePath.parse(volume.stage, volume.name).stage, volume.name)
            yield f"READ ON STAGE {stage}"
            yield f"WRITE ON STAGE {stage}"
