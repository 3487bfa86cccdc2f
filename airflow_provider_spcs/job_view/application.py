"""The views' web application: who may see what, and which page answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import get_user, requires_access_dag
from fastapi import Depends, FastAPI
from fastapi.responses import FileResponse, HTMLResponse, Response

from airflow_provider_spcs.job_view import pages, rendering
from airflow_provider_spcs.job_view.bounded import TooSlowError, Workers
from airflow_provider_spcs.job_view.held import HeldHooks
from airflow_provider_spcs.job_view.noted import TaskKey

_STATIC = {"view.css": "text/css", "view.js": "text/javascript"}


def application() -> FastAPI:
    """The application that is mounted in Airflow's API server.

    A mounted application is open to anybody unless it asks: every page here wants a user, and shows only jobs of DAGs
    whose task logs that user may read.
    """
    made = FastAPI(title="SPCS jobs", docs_url=None, redoc_url=None, openapi_url=None)
    workers, hooks = Workers(), HeldHooks()
    made.state.hooks = hooks
    of_task = [Depends(requires_access_dag("GET", DagAccessEntity.TASK_LOGS))]

    async def shown(work: Callable[[], HTMLResponse]) -> HTMLResponse:
        try:
            return await workers.run(work)
        except TooSlowError:
            return rendering.problem("Snowflake did not answer in time. The page tries again when it is loaded again.")
        except Exception as error:  # noqa: BLE001 a person is told, and Airflow's page stays whole
            return rendering.problem(rendering.said(error))

    @made.get("/jobs")
    async def jobs(user: Annotated[Any, Depends(get_user)], door: str = "", status: str = "") -> HTMLResponse:
        """The jobs of this Airflow's tasks, in the place that ``door`` names."""

        def work() -> HTMLResponse:
            return pages.jobs(hooks, lambda dag_ids: _readable(user, dag_ids), door=door, status=status)

        return await shown(work)

    @made.get("/task", dependencies=of_task)
    async def task(  # noqa: PLR0917 the address's arguments
        dag_id: str, run_id: str, task_id: str, map_index: str = "-1", job: str = "", instance: str = "",
        container: str = "", try_number: str = "",
    ) -> HTMLResponse:  # fmt: skip
        """The jobs of one task instance, and one of them in full."""
        key = TaskKey(dag_id, run_id, task_id, _index(map_index))
        return await shown(
            lambda: pages.task(
                hooks, key, job=job, instance=instance, container=container, try_number=_number(try_number)
            )
        )

    @made.get("/report", dependencies=of_task)
    async def report(dag_id: str, run_id: str, task_id: str, map_index: str = "-1") -> HTMLResponse:
        """The report that a task's job left on its stage."""
        key = TaskKey(dag_id, run_id, task_id, _index(map_index))
        return await shown(lambda: pages.report(hooks, key))

    @made.get("/static/{name}")
    async def static(name: str) -> Response:
        """Style and script."""
        if name not in _STATIC:
            return Response(status_code=404)
        return FileResponse(Path(__file__).parent / "static" / name, media_type=_STATIC[name])

    return made


def _readable(user: Any, dag_ids: set[str]) -> set[str]:
    """Of some DAGs, those that a user may see."""
    return set(get_auth_manager().filter_authorized_dag_ids(dag_ids=dag_ids, user=user, method="GET"))


def _number(text: str) -> int | None:
    """A try's number; None when none is asked for."""
    return int(text) if text.isdecimal() else None


def _index(text: str) -> int:
    """A map index; Airflow leaves the placeholder of a task that is not mapped as it is, or empty."""
    return int(text) if text.isdecimal() else -1
