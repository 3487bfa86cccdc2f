"""`spcs gc`: stop jobs whose task is no longer waiting, drop old ended ones."""

from __future__ import annotations

import os
import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from airflow_provider_spcs.commands.groups import command
from airflow_provider_spcs.commands.login import Login
from airflow_provider_spcs.commands.outcome import PROBLEM, airflow_on_stderr, note
from airflow_provider_spcs.commands.output import AsJson, age, job_document, print_json, table
from airflow_provider_spcs.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.orphans import Policy, StateLookup, Verdict
    from airflow_provider_spcs.rows import JobState

_SPAN = re.compile(r"(\d+)([smhd])\Z")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def add(app: typer.Typer) -> None:
    """Register the family's commands."""
    app.command("gc")(gc)


@command
def gc(
    *,
    login: Login,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    older_than: Annotated[
        str | None,
        typer.Option(
            metavar="AGE",
            help="Drop ended jobs of this age (30m, 12h, 7d; default 7d). Without Airflow's word, cancel running jobs "
            "of this age too, if it is given.",
        ),
    ] = None,
    drop: Annotated[
        Literal["ended", "succeeded", "none"], typer.Option(help="Which ended jobs are dropped; others are kept.")
    ] = "ended",
    airflow_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="AIRFLOW_API_URL",
            help="Airflow to ask, with AIRFLOW_API_TOKEN, or AIRFLOW_API_USER and AIRFLOW_API_PASSWORD, in the "
            "environment. Default: this machine's Airflow, if there is one.",
        ),
    ] = None,
    deployment: Annotated[
        str | None, typer.Option(help="That Airflow's option deployment in its section spcs. Default: its host.")
    ] = None,
    also_succeeded: Annotated[
        bool,
        typer.Option(
            "--also-succeeded", help="Also cancel a running job whose task succeeded without saying that it waits."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Find jobs of Airflow tasks that are no longer waiting for them: cancel those that run, drop old ended ones.

    A job belongs to a task by the stamp in its comment; jobs without one are left alone.
    """
    from airflow_provider_spcs.orphans import Policy, carry_out

    span = _span(older_than) if older_than else None
    policy = Policy(cancel_after=span, drop=drop, also_succeeded=also_succeeded)
    if span is not None:
        policy = Policy(keep_ended=span, cancel_after=span, drop=drop, also_succeeded=also_succeeded)
    with login.open() as client:
        verdicts = _verdicts(client, airflow_url, deployment, policy)
        done = {} if dry_run else carry_out(client, verdicts)
    said = [(verdict, done.get(verdict, verdict.action)) for verdict in verdicts]
    if as_json:
        print_json([{**job_document(each.job), "action": did, "reason": each.reason} for each, did in said])
    else:
        _show(said, dry_run=dry_run)
    if any(did.startswith("failed") for did in done.values()):
        raise typer.Exit(PROBLEM)


def _verdicts(client: SpcsClient, url: str | None, deployment: str | None, policy: Policy) -> list[Verdict]:
    from airflow_provider_spcs.orphans import judge
    from airflow_provider_spcs.task_states import StatesNotToBeHad

    # Listed first: a task that begins in between is then never taken for gone.
    jobs = client.list_jobs()
    lookup, name = _source(url)
    if lookup is not None:
        try:
            return judge(jobs, lookup, deployment=name if deployment is None else deployment, policy=policy)
        except StatesNotToBeHad as error:
            if url:
                raise
            note(str(error), "yellow")
    if any(job.stamp is not None for job in jobs):
        running = "left" if policy.cancel_after is None else "judged by it as well"
        note(
            f"Airflow is not asked (--airflow-url): ended jobs are judged by age, running ones are {running}.", "yellow"
        )
    return _without_airflow(jobs, policy)


def _without_airflow(jobs: Sequence[JobState], policy: Policy) -> list[Verdict]:
    from airflow_provider_spcs.orphans import judge

    return judge(jobs, None, policy=policy)


def _source(url: str | None) -> tuple[StateLookup | None, str]:
    """Who is asked, and the name of that Airflow."""
    from airflow_provider_spcs import deployment, task_states

    if url:
        token, user, password = (os.environ.get(f"AIRFLOW_API_{word}", "") for word in ("TOKEN", "USER", "PASSWORD"))
        api = task_states.RestApi(url, token=token, user=user, password=password)
        return api, deployment.deployment_of(url)
    if not _airflow_here():
        return None, ""
    airflow_on_stderr()
    return task_states.of_database, deployment.this_deployment()


def _airflow_here() -> bool:
    """Whether this machine has an Airflow; asking Airflow itself would make one."""
    if os.environ.get("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
        return True
    home = Path(os.environ.get("AIRFLOW_HOME") or "~/airflow").expanduser()
    return (home / "airflow.cfg").is_file() or (home / "airflow.db").is_file()


def _show(said: Sequence[tuple[Verdict, str]], *, dry_run: bool) -> None:
    rows = [
        (
            ("would " if dry_run and each.action != "keep" else "") + did,
            each.job.name.name,
            each.job.status.value,
            age(each.job.created_at),
            each.reason,
        )
        for each, did in said
    ]
    if rows:
        table(("ACTION", "NAME", "STATUS", "AGE", "REASON"), rows)
    touched = sum(each.action != "keep" for each, _ in said)
    note(f"{len(said)} jobs of Airflow tasks, {touched} to be touched" + (" (dry run)" if dry_run else ""))


def _span(text: str) -> timedelta:
    match = _SPAN.match(text)
    if not match:
        raise InvalidInput(
            "--older-than", f"{text!r}", "It is a number with s, m, h or d, for example 12h", "Correct it"
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
