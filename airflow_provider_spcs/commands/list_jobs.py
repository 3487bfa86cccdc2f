"""`spcs ps`: jobs of a schema."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer

from airflow_provider_spcs.commands.groups import command
from airflow_provider_spcs.commands.login import Login
from airflow_provider_spcs.commands.outcome import note
from airflow_provider_spcs.commands.output import AsJson, age, job_document, line, print_json, table
from airflow_provider_spcs.status import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow_provider_spcs.rows import JobState

_COLUMNS = ("NAME", "STATUS", "POOL", "AGE", "DAG", "TASK")
_WIDE = ("RUN", "TRY", "REPLICAS", "OWNER", "COMMENT")


def add(app: typer.Typer) -> None:
    """Register the family's commands."""
    app.command("ps")(ps)


@command
def ps(
    *,
    pattern: Annotated[str, typer.Argument(help="Names like this, with * and ?, any case.")] = "*",
    login: Login,
    active: Annotated[bool, typer.Option("--active", "-a", help="Only jobs that have not ended.")] = False,
    ours: Annotated[bool, typer.Option("--ours", help="Only jobs that Airflow tasks submitted.")] = False,
    status: Annotated[
        list[str] | None,
        typer.Option(help="Only with this status; may be repeated.", autocompletion=lambda: sorted(TABLE)),
    ] = None,
    pool: Annotated[str | None, typer.Option(help="Only in this compute pool.")] = None,
    dag: Annotated[str | None, typer.Option(help="Only of this DAG.")] = None,
    task: Annotated[str | None, typer.Option(help="Only of this task.")] = None,
    run: Annotated[str | None, typer.Option(help="Only of this DAG run.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="The newest so many.")] = 1000,
    wide: Annotated[bool, typer.Option("--wide", "-w", help="More columns.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Names only, for other commands.")] = False,
    as_json: AsJson = False,
) -> None:
    """List jobs, the newest first: those of Airflow tasks, with DAG and task, and all others of the schema."""
    wanted = {word.upper() for word in status or ()}
    tests: list[Callable[[JobState], bool]] = [
        lambda job: fnmatchcase(job.name.name, pattern.upper()),
        lambda job: not (active and job.status.terminal),
        lambda job: not wanted or job.status.value in wanted,
        lambda job: pool is None or job.compute_pool.upper() == pool.upper(),
        lambda job: job.stamp is not None or not (ours or dag or task or run),
        lambda job: dag is None or (job.stamp is not None and job.stamp.dag_id == dag),
        lambda job: task is None or (job.stamp is not None and job.stamp.task_id == task),
        lambda job: run is None or (job.stamp is not None and job.stamp.run_id == run),
    ]
    with login.open() as client:
        jobs = [job for job in client.list_jobs() if all(test(job) for test in tests)]
    jobs.sort(key=lambda job: (job.created_at.timestamp() if job.created_at else 0.0, job.name), reverse=True)
    jobs = jobs[:limit]
    if as_json:
        print_json([job_document(job) for job in jobs])
    elif quiet:
        for job in jobs:
            line(str(job.name))
    elif not jobs:
        note("no such jobs in this schema", "bright_black")
    else:
        table((*_COLUMNS, *(_WIDE if wide else ())), [_row(job, wide=wide) for job in jobs])


def _row(job: JobState, *, wide: bool) -> list[str]:
    stamp = job.stamp
    task = ""
    if stamp is not None:
        task = stamp.task_id if stamp.map_index < 0 else f"{stamp.task_id}[{stamp.map_index}]"
    row = [job.name.name, job.status.value, job.compute_pool, age(job.created_at), stamp.dag_id if stamp else "", task]
    if wide:
        said = stamp.note if stamp else " ".join(job.comment.split())
        row += [stamp.run_id if stamp else "", str(stamp.try_number) if stamp else "", str(job.replicas)]
        row += [job.owner, said[:60]]
    return row
