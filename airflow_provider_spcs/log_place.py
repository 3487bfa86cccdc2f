"""How far a deferred task's log has been shown, kept in Airflow: a restarted triggerer goes on from there.

A trigger's arguments never change while it waits, so what it has shown would be shown again by the triggerer that takes
it over. An XCom of the waiting task survives; it is bound to the job, and its end removes it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)

KEY = "spcs_log_place"


class LogPlace:
    """The place of one waiting task.

    Args:
        ti: The task instance; None, as in ``dag.test()``, keeps nothing.
        job_name: Whose log it is; a place in another job's log is not used.
    """

    def __init__(self, ti: Any, job_name: str) -> None:
        self._ti = ti
        self._job_name = job_name

    async def load(self) -> dict[str, Any]:
        """The kept cursor; empty when there is none."""
        if self._ti is None:
            return {}
        try:
            kept = await asyncio.to_thread(_get, self._ti)
        except Exception:
            log.debug("The log's place is not to be had.", exc_info=True)
            return {}
        if not isinstance(kept, Mapping) or kept.get("job") != self._job_name:
            return {}
        return dict(kept.get("cursor") or {})

    async def keep(self, cursor: Mapping[str, Any]) -> None:
        """Keep a cursor; an Airflow that takes none is asked no more."""
        if self._ti is None:
            return
        try:
            await asyncio.to_thread(_set, self._ti, {"job": self._job_name, "cursor": dict(cursor)})
        except Exception:
            log.debug("The log's place could not be kept.", exc_info=True)
            self._ti = None


def forget(ti: Any) -> None:
    """Remove what was kept, at the end of the wait, in a worker."""
    from airflow.providers.common.compat.sdk import XCom

    try:
        XCom.delete(key=KEY, **_where(ti))
    except Exception:
        log.debug("The log's place could not be removed.", exc_info=True)


def _where(ti: Any) -> dict[str, Any]:
    map_index = -1 if ti.map_index is None else ti.map_index
    return {"dag_id": ti.dag_id, "task_id": ti.task_id, "run_id": ti.run_id, "map_index": map_index}


def _get(ti: Any) -> Any:
    from airflow.providers.common.compat.sdk import XCom

    return XCom.get_one(key=KEY, **_where(ti))


def _set(ti: Any, value: Mapping[str, Any]) -> None:
    from airflow.providers.common.compat.sdk import XCom

    XCom.set(key=KEY, value=value, **_where(ti))
