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

SPEC = ServiceSpec(containers=(Container("main", "/emulator/public/images/python:3", command=("sleep", "3600")),))


def main(dag_id: str, run_id: str, pool: str) -> int:
    """Submit the jobs and defer the tasks."""
    with create_session() as session, SpcsHook(database="EMULATOR", schema="PUBLIC") as hook:
        run = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        assert run is not None
        run.state = DagRunState.RUNNING
        tasks = session.scalars(
            select(TaskInstance).where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
        ).all()
        for ti in tasks:
            stamp = Stamp(dag_id, ti.task_id, run_id, map_index=ti.map_index, generation=ti.max_tries, detached=0)
            job = hook.submit_job(f"AF_ROW_{run.id}_{ti.map_index}", compute_pool=pool, spec=SPEC, stamp=stamp).name
            classpath, kwargs = SpcsJobTrigger(
                str(job), poll_interval=5.0, get_logs=False, generation=ti.max_tries
            ).serialize()
            trigger = Trigger(classpath, kwargs)
            session.add(trigger)
            session.flush()
            ti.try_number, ti.start_date, ti.state = 1, timezone.utcnow(), TaskInstanceState.DEFERRED
            ti.trigger_id, ti.next_method, ti.next_kwargs = trigger.id, "execute_complete", {}
        return len(tasks)


if __name__ == "__main__":
    print(main(*sys.argv[1:]))
