"""A job by the name a person typed."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from airflow_provider_spcs.errors import NotFound, SpcsError

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.rows import JobState


def the_job(client: SpcsClient, name: str) -> JobState:
    """The job as Snowflake knows it now, or as job history remembers it.

    Args:
        client: Asks.
        name: ``NAME``, ``SCHEMA.NAME`` or ``DB.SCHEMA.NAME``.

    Raises:
        NotFound: Neither knows it; the message names the nearest jobs.
        InvalidName: It is no job's name.
    """
    job = client.qualify(name)
    found = client.find_job(job)
    if found is not None:
        return found
    raise NotFound(
        str(job),
        "there is no such job, and job history does not know it",
        "",
        f"{_near(client, job.name, f'{job.database}.{job.schema}')}`spcs ps` lists the jobs of a schema",
    )


def _near(client: SpcsClient, name: str, schema: str) -> str:
    try:
        names = [job.name.name for job in client.list_jobs(schema)]
    except SpcsError:
        return ""
    near = [other for other in names if other.startswith(name)][:3] or difflib.get_close_matches(name, names)
    return f"Did you mean {' or '.join(near)}? " if near else ""
