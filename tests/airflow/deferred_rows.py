"""Turns a run's task instances into deferred ones with a job each, as rows: hundreds without hundreds of workers.

Run by ``scenarios.py`` with the environment of its Airflow, as ``python deferred_rows.py DAG_ID RUN_ID POOL``; prints
how many there are. The scheduler is down meanwhile.
"""

from __future__ import annotations

import sys

from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.models.trigger import Trigger
from airflow.utils import timezone
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState, TaskInstanceState
from sqlalchemy import select

from airflow_provider_spcs import Container, ServiceSpec, SpcsHook, SpcsJobTrigger
from airflow_provider_spcs.naming import Stamp

_PLAIN = str.maketrans("-:.+", "____")
SPEC = ServiceSpec(containers=(Container("main", "/emulator/public/images/python:3", command=("sleep", "3600")),))


def main(dag_id: str, run_id: str, pool: str) -> int:
    """Submit the jobs, then defer the tasks at once: SQLite lets nobody else write meanwhile."""
    mine = (TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
    with create_session() as session:
        tasks = list(session.execute(select(TaskInstance.task_id, TaskInstance.map_index).where(*mine)))
    triggers = {}
    with SpcsHook(database="EMULATOR", schema="PUBLIC") as hook:
        for task_id, index in tasks:
            stamp = Stamp(dag_id, task_id, run_id, map_index=index, generation=0, detached=0)
            name = f"AF_ROW_{run_id.translate(_PLAIN).upper()}_{index}"
            job = hook.submit_job(name, compute_pool=pool, spec=SPEC, stamp=stamp).name
            waits = SpcsJobTrigger(str(job), poll_interval=5.0, get_logs=False, generation=0)
            triggers[index] = Trigger(*waits.serialize())
    with create_session() as session:
        session.scalars(
            select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        ).one().state = DagRunState.RUNNING
        session.add_all(triggers.values())
        session.flush()
        for ti in session.scalars(select(TaskInstance).where(*mine)):
            ti.try_number, ti.start_date, ti.state = 1, timezone.utcnow(), TaskInstanceState.DEFERRED
            ti.trigger_id, ti.next_method, ti.next_kwargs = triggers[ti.map_index].id, "execute_complete", {}
    return len(tasks)


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
