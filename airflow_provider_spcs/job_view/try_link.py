"""The job's link for each try: Airflow keeps what a task noted for its last try only.

Airflow's API server resolves a link that a plugin registers itself, and knows the try that is looked at.
"""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.common.compat.sdk import BaseOperatorLink

from airflow_provider_spcs.links import SpcsJobLink, view_url

log = logging.getLogger(__name__)


def _named(module: str, name: str) -> type:
    """Airflow compares an operator's module and name; loading it would cost every process that loads plugins."""
    return type(name, (), {"__module__": f"airflow_provider_spcs.{module}"})


class JobOfTryLink(BaseOperatorLink):
    """Takes the place of :class:`airflow_provider_spcs.links.SpcsJobLink` in the API server."""

    name = SpcsJobLink.name
    operators = [  # noqa: RUF012 Airflow's attribute
        _named("operators", "SpcsJobOperator"),
        _named("decorators", "SpcsFunctionOperator"),
        _named("decorators", "SpcsCommandOperator"),
    ]

    def get_link(self, operator: Any, *, ti_key: Any) -> str:  # noqa: ARG002 - Airflow's signature
        """What the last try noted; for an earlier one the view that finds its job. Never raises."""
        try:
            return _link(ti_key)
        except Exception:
            log.debug("The job's link is not to be had.", exc_info=True)
            return ""


def _link(key: Any) -> str:
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    from airflow_provider_spcs.job_view.noted import TaskKey, noted

    with create_session() as session:
        last = session.scalar(
            select(TaskInstance.try_number).where(
                TaskInstance.dag_id == key.dag_id,
                TaskInstance.run_id == key.run_id,
                TaskInstance.task_id == key.task_id,
                TaskInstance.map_index == key.map_index,
            )
        )
        if last is not None and key.try_number < last:
            return view_url("task", key, try_number=key.try_number)
        return noted(session, TaskKey(key.dag_id, key.run_id, key.task_id, key.map_index)).job_url
