"""What Airflow loads in each of its processes: where the views are, and an application that is made when it is asked.

Source: https://airflow.apache.org/docs/apache-airflow/stable/howto/custom-view-plugin.html
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from airflow.plugins_manager import AirflowPlugin

from airflow_provider_spcs.job_view.try_link import JobOfTryLink
from airflow_provider_spcs.links import PREFIX, views_root

if TYPE_CHECKING:
    from fastapi import FastAPI

_SEEN = views_root()


class LateApplication:
    """The ASGI application, made at its first request: other processes load plugins too, and need none of it."""

    @cached_property
    def made(self) -> FastAPI:
        """The application itself."""
        from airflow_provider_spcs.job_view.application import application

        return application()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        await self.made(scope, receive, send)


class SpcsPlugin(AirflowPlugin):
    """Container jobs in Airflow's UI."""

    name = "spcs"
    operator_extra_links = [JobOfTryLink()]  # noqa: RUF012 Airflow's attribute
    fastapi_apps = [  # noqa: RUF012 Airflow's attribute
        {"app": LateApplication(), "url_prefix": PREFIX, "name": "SPCS jobs"},
    ]
    external_views = [  # noqa: RUF012 Airflow's attribute
        {
            "name": "SPCS jobs",
            "href": f"{_SEEN}/jobs",
            "destination": "nav",
            "category": "browse",
            "url_route": "spcs-jobs",
        },
        {
            "name": "SPCS job",
            "href": f"{_SEEN}/task?dag_id={{DAG_ID}}&run_id={{RUN_ID}}&task_id={{TASK_ID}}&map_index={{MAP_INDEX}}",
            "destination": "task_instance",
            "url_route": "spcs-job",
        },
    ]
