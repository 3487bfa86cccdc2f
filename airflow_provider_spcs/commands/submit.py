"""`spcs submit` and `spcs check`: run a job from the command line, or tell all that would keep it from running."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from airflow_provider_spcs.commands.end import wait_for
from airflow_provider_spcs.commands.follow import Showing
from airflow_provider_spcs.commands.groups import command
from airflow_provider_spcs.commands.job_options import JobOptions
from airflow_provider_spcs.commands.login import Login
from airflow_provider_spcs.commands.outcome import PROBLEM, note
from airflow_provider_spcs.commands.output import AsJson, line, print_json
from airflow_provider_spcs.errors import InvalidInput, PreflightError, SpecError

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient
    from airflow_provider_spcs.commands.prepare import Prepared
    from airflow_provider_spcs.submission import Submission

_EXAMPLE_NEEDS = "What the example needs is made by example_dags/setup/*.sql, or all of it by `spcs up`."
Args = Annotated[
    list[str] | None,
    typer.Argument(metavar="[-- ARGS]...", help="Arguments of what runs, after --.", show_default=False),
]


def add(app: typer.Typer) -> None:
    """Register the family's commands."""
    app.command("submit")(submit)
    app.command("check")(check)


@command
def submit(
    *,
    job: JobOptions,
    login: Login,
    args: Args = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end; exit code 1 unless it is DONE.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait, and show the log.")] = False,
    timeout: Annotated[
        float | None, typer.Option(min=1, help="Seconds to wait at most; the job goes on after that.")
    ] = None,
    check: Annotated[bool, typer.Option(help="Look first whether all is there that the job needs.")] = True,  # noqa: A002, RUF100
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the statement and the specification only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run a job: alone, the example, which trains a model from the code in payload/ on LOAN_APPLICATIONS.

    The code is uploaded to a stage and mounted into the container.

    Run your own: spcs submit --payload-dir src --entrypoint main.py -- --rows 1000
    """
    from airflow_provider_spcs.commands.prepare import prepare

    if timeout is not None and not (wait or follow):
        raise InvalidInput("--timeout", "given without --wait", "It limits the wait", "Add --wait, or leave it out")
    with login.open() as client:
        prepared = prepare(client, job, args or (), default_place=login.schema is None and login.database is None)
        if dry_run:
            line(prepared.order.shown(prepared.name, prepared.comment))
            return
        if check and (problems := prepared.problems(client)):
            error = PreflightError(str(prepared.name), problems)
            error.add_note("Nothing was sent. --no-check submits all the same.")
            if job.is_example:
                error.add_note(_EXAMPLE_NEEDS)
            raise error
        submission = _send(client, prepared)
        document: dict[str, Any] = {
            "service_name": submission.name.name,
            "name": str(submission.name),
            "query_id": submission.query_id,
        }
        if not as_json:
            line(f"{'Generated service' if prepared.generated else 'Service'} name: {submission.name.name}")
            line(f"Submitted job id: {submission.query_id or 'unknown, the reply was lost'}")
        if not (wait or follow):
            if as_json:
                print_json(document)
            else:
                note(f"Follow it: spcs logs -f {submission.name}", "bright_black")
            return
        showing = Showing() if follow and not as_json else None
        end = wait_for(client, prepared, submission, showing, timeout)
    end.tell(document, as_json=as_json, shown=showing is not None)


@command
def check(*, job: JobOptions, login: Login, args: Args = None, as_json: AsJson = False) -> None:
    """Tell every problem that would keep a job from running: pool, families, stages, images, secrets, EAIs, warehouse.

    Takes the options of submit; nothing is sent or changed.
    """
    from airflow_provider_spcs.commands.prepare import prepare

    with login.open() as client:
        try:
            prepared = prepare(client, job, args or (), default_place=login.schema is None and login.database is None)
            problems = prepared.problems(client)
        except SpecError as error:
            problems = [str(each) for each in (error, *error.others)]
    if as_json:
        print_json({"problems": problems})
    for number, problem in enumerate(() if as_json else problems, 1):
        line(f"{number}. {problem}")
    if problems:
        note(f"{len(problems)} problem{'s' if len(problems) != 1 else ''}", "red")
        if job.is_example:
            note(_EXAMPLE_NEEDS)
        raise typer.Exit(PROBLEM)
    if not as_json:
        line("No problem found.")


def _send(client: SpcsClient, prepared: Prepared) -> Submission:
    from airflow_provider_spcs.payload_tree import gather

    order = prepared.order
    if order.payload is not None:
        gather(order.payload)  # refuses a bad payload before anything is made
    if prepared.missing_stage:
        # A stage that a container mounts must be encrypted on Snowflake's side.
        client.query(
            f"CREATE STAGE IF NOT EXISTS {prepared.missing_stage.lstrip('@')} ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')"
        )
        note(f"{prepared.missing_stage} is made.", "bright_black")
    payload = None
    if order.payload is not None:
        payload = client.upload_payload(order.payload, f"{order.root}/payloads")
        note(f"{order.payload} is at {payload}", "bright_black")
    return client.submit_job(
        prepared.name,
        compute_pool=order.compute_pool,
        spec=order.specification(prepared.name, payload),
        comment=prepared.comment,
        replicas=order.replicas,
        query_warehouse=order.query_warehouse,
        external_access_integrations=order.external_access_integrations,
        tags=order.tags,
    )
