"""`spcs logs`: what a job's containers wrote."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Annotated

import typer

from airflow_provider_spcs.commands.find import the_job
from airflow_provider_spcs.commands.follow import Showing, follow_job
from airflow_provider_spcs.commands.groups import command
from airflow_provider_spcs.commands.login import Login
from airflow_provider_spcs.commands.outcome import PROBLEM, note
from airflow_provider_spcs.errors import InvalidInput

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.rows import JobState

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def add(app: typer.Typer) -> None:
    """Register the family's commands."""
    app.command("logs")(logs)


@command
def logs(
    *,
    name: Annotated[str, typer.Argument(help="Job: NAME, SCHEMA.NAME or DB.SCHEMA.NAME.", show_default=False)],
    login: Login,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on until the job ends; exit code 1 when it does not end well.")
    ] = False,
    container: Annotated[list[str] | None, typer.Option(help="Only of this container; may be repeated.")] = None,
    instance: Annotated[int | None, typer.Option(min=0, help="Only of this instance, from 0.")] = None,
    tail: Annotated[int | None, typer.Option("--tail", "-n", min=0, help="Begin with the last so many lines.")] = None,
    level: Annotated[
        str,
        typer.Option(
            help="Only from this level on: debug, info, warning or error.", autocompletion=lambda: list(_LEVELS)
        ),
    ] = "debug",
    timestamps: Annotated[bool, typer.Option("--timestamps", "-t", help="When each line was written, UTC.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Each line as a JSON object with all of that.")] = False,
) -> None:
    """Show a job's log: every container and instance, in order of time; also of a job that has ended."""
    if level.lower() not in _LEVELS:
        raise InvalidInput("--level", f"{level!r}", f"It is one of {', '.join(_LEVELS)}", "Choose one")
    showing = Showing(instance, _LEVELS[level.lower()], timestamps=timestamps, tail=tail, as_json=as_json)
    with login.open() as client:
        job = the_job(client, name)
        _check_container(client, job, container)
        last = follow_job(client, job, showing, containers=container or None, until_end=follow)
    if follow:
        note(f"{job.name} is {last.status}: {last.status.meaning}.", "green" if last.status.succeeded else "red")
        if not last.status.succeeded:
            raise typer.Exit(PROBLEM)


def _check_container(client: SpcsClient, job: JobState, wanted: list[str] | None) -> None:
    there = {report.name for report in client.containers(job.name) or job.containers}
    for name in wanted or ():
        if there and name not in there:
            raise InvalidInput(
                "--container", f"{name!r} is none of {job.name}", f"It has {', '.join(sorted(there))}", "Choose one"
            )
