"""What a container is told of the task it runs for: environment variables with names that other tools know."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)


def run_facts(context: Mapping[str, Any]) -> dict[str, str]:
    """Variables for every container of a task's job; none of them replaces one that a container has.

    ``AIRFLOW_DAG_ID``, ``AIRFLOW_TASK_ID``, ``AIRFLOW_RUN_ID``, ``AIRFLOW_TRY_NUMBER``, ``AIRFLOW_MAP_INDEX``;
    ``TRACEPARENT`` and ``TRACESTATE`` when the task is traced (W3C trace context); ``OPENLINEAGE_PARENT_*`` when
    lineage is on, so that a run's events name this task as their parent.

    Args:
        context: As ``execute`` gets it.
    """
    ti = context["ti"]
    facts = {
        "AIRFLOW_DAG_ID": ti.dag_id,
        "AIRFLOW_TASK_ID": ti.task_id,
        "AIRFLOW_RUN_ID": ti.run_id,
        "AIRFLOW_TRY_NUMBER": ti.try_number,
        "AIRFLOW_MAP_INDEX": -1 if ti.map_index is None else ti.map_index,
        **_trace(ti),
        **_lineage_parent(ti),
    }
    return {name: str(value) for name, value in facts.items()}


def _trace(ti: Any) -> dict[str, str]:
    carrier = getattr(ti, "context_carrier", None) or {}
    found = {}
    for name in ("traceparent", "tracestate"):
        value = carrier.get(name) or os.environ.get(name.upper())
        if value:
            found[name.upper()] = value
    return found


def _lineage_parent(ti: Any) -> dict[str, str]:
    try:
        from importlib import import_module

        conf: Any = import_module("airflow.providers.openlineage.conf")
        macros: Any = import_module("airflow.providers.openlineage.plugins.macros")
        if conf.is_disabled():
            return {}
        return {
            "OPENLINEAGE_PARENT_ID": macros.lineage_parent_id(ti),
            "OPENLINEAGE_PARENT_JOB_NAMESPACE": macros.lineage_job_namespace(),
            "OPENLINEAGE_PARENT_JOB_NAME": macros.lineage_job_name(ti),
            "OPENLINEAGE_PARENT_RUN_ID": macros.lineage_run_id(ti),
        }
    except ImportError:
        return {}
    except Exception as error:  # noqa: BLE001 - lineage is no reason to fail a task
        log.debug("The lineage parent is not to be had: %s", error)
        return {}
