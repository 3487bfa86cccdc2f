"""The pages: what is noted in Airflow and what Snowflake says, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow.utils.session import create_session
from fastapi.responses import HTMLResponse

from airflow_provider_spcs.deployment import this_deployment
from airflow_provider_spcs.door import Door
from airflow_provider_spcs.job_view import facts, noted, rendering

if TYPE_CHECKING:
    from airflow_provider_spcs.job_view.held import HeldHooks
    from airflow_provider_spcs.job_view.noted import TaskKey

_REPORT_BYTES = 30_000_000
Readable = Callable[[set[str]], set[str]]
"""Of some DAGs, those that the user may see."""


def jobs(hooks: HeldHooks, readable: Readable, *, door: str, status: str) -> HTMLResponse:
    """The jobs of this Airflow's tasks in one place."""
    with create_session() as session:
        known = noted.doors(session, readable(noted.dag_ids(session)))
    chosen = next((each for each in known if noted.mark(each) == door), known[0] if known else Door())
    states = facts.jobs_of_deployment(hooks.get(chosen), this_deployment())
    allowed = readable({state.stamp.dag_id for state in states if state.stamp})
    mine = [state for state in states if state.stamp and state.stamp.dag_id in allowed]
    fitting = [state for state in mine if status in {"", state.status.value}]
    return rendering.html(
        "jobs.html",
        doors=[(noted.mark(each), noted.said(each)) for each in known],
        door=noted.mark(chosen),
        place=noted.said(chosen),
        status=status,
        statuses=sorted({state.status.value for state in mine}),
        jobs=fitting[: facts.MOST_JOBS],
        more=max(0, len(fitting) - facts.MOST_JOBS),
    )


def task(
    hooks: HeldHooks, key: TaskKey, *, job: str, instance: str, container: str, try_number: int | None
) -> HTMLResponse:
    """The jobs of a task instance, and one of them in full: ``job``, or that of a try, or the newest."""
    with create_session() as session:
        found = noted.noted(session, key)
    if found.door is None:
        return rendering.html("nothing.html", key=key)
    client = hooks.get(found.door)
    states = facts.jobs_of_task(client, key, this_deployment(), found.job_name)
    chosen = facts.chosen(states, job, try_number)
    return rendering.html(
        "task.html",
        key=key,
        job_name=found.job_name,
        report=found.report,
        states=states,
        look=facts.look(client, chosen, instance=instance, container=container) if chosen else None,
        exit_words=facts.exit_words,
    )


def report(hooks: HeldHooks, key: TaskKey) -> HTMLResponse:
    """The page that a task's job left on its stage; it may be looked at, and may do nothing."""
    with create_session() as session:
        found = noted.noted(session, key)
    if found.door is None or not found.report.lower().endswith(".html"):
        return rendering.problem("This task noted no report.")
    content = hooks.get(found.door).read_stage_file(found.report, max_bytes=_REPORT_BYTES)
    if content is None:
        return rendering.problem(f"{found.report} is not there any more.")
    return HTMLResponse(content, headers=rendering.SANDBOX)
