"""`spcs cancel` and `spcs drop`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from airflow_provider_spcs.commands.find import the_job
from airflow_provider_spcs.commands.groups import command
from airflow_provider_spcs.commands.login import Login
from airflow_provider_spcs.commands.outcome import PROBLEM, fail, note
from airflow_provider_spcs.commands.output import line
from airflow_provider_spcs.errors import SpcsError

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient

Names = Annotated[list[str], typer.Argument(help="Jobs: NAME, SCHEMA.NAME or DB.SCHEMA.NAME.", show_default=False)]


def add(app: typer.Typer) -> None:
    """Register the family's commands."""
    app.command("cancel")(cancel)
    app.command("drop")(drop)


@command
def cancel(*, names: Names, login: Login) -> None:
    """Stop jobs; their record and log stay until they are dropped."""
    with login.open() as client:

        def stop(name: str) -> str:
            job = the_job(client, name)
            if job.deleted:
                return "is gone already"
            return "is cancelled" if client.cancel_job(job.name) else f"had ended already ({job.status})"

        _each(client, names, stop)


@command
def drop(
    *,
    names: Names,
    login: Login,
    running: Annotated[bool, typer.Option("--running", help="Also a job that has not ended: it is cancelled.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also block volumes, with what is on them.")] = False,
) -> None:
    """Remove jobs with their record and log; what they wrote to stages and tables stays."""
    with login.open() as client:

        def remove(name: str) -> str:
            job = the_job(client, name)
            if job.deleted:
                return "is gone already"
            if not job.status.terminal:
                if not running:
                    raise SpcsError(
                        str(job.name),
                        f"it is {job.status}",
                        "Dropping a job that runs loses its work and its log",
                        "Cancel it first, or give --running",
                    )
                client.cancel_job(job.name)
            client.drop_job(job.name, force=force)
            return "is dropped"

        _each(client, names, remove)


def _each(client: SpcsClient, names: Iterable[str], action: Callable[[str], str]) -> None:
    """Do it for every name; one that fails does not keep the others from it."""
    errors: list[SpcsError] = []
    # Names are checked before anything happens to the first.
    for name in [str(client.qualify(each)) for each in names]:
        try:
            line(f"{name} {action(name)}")
        except SpcsError as error:
            errors.append(error)
    for each in errors[:-1]:
        note(str(each), "red")
    if errors:
        fail(errors[-1], PROBLEM)
