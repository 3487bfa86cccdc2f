"""A compute pool that runs only while this DAG's jobs do, and a clean-up of what nobody waits for any longer.

`start` resumes the pool, `stop` suspends it, also when a job fails: a setup and teardown pair. `clean_up` cancels jobs
whose task is gone and drops old ended ones; what it did is its return value.
"""

from __future__ import annotations

from airflow.sdk import DAG, task

from airflow_provider_spcs import SpcsComputePoolOperator, SpcsJobOperator
from airflow_provider_spcs.orphans import collect_orphans

POOL = "ML_DEMO_POOL"
PLACE = {"database": "ML_DEMO_DB", "schema": "ML_DEMO_SCHEMA", "role": "SYSADMIN"}

with DAG("pool_for_a_night", schedule=None, doc_md=__doc__, tags=["snowflake", "spcs"], default_args=PLACE):
    start = SpcsComputePoolOperator(task_id="start", compute_pool=POOL, action="resume").as_setup()
    stop = SpcsComputePoolOperator(task_id="stop", compute_pool=POOL, action="suspend").as_teardown(setups=start)
    jobs = SpcsJobOperator.partial(
        task_id="job",
        compute_pool=POOL,
        image="/snowflake/images/snowflake_images/st_plat/runtime/x86/runtime_image/snowbooks:2.3.0",
        command=["python", "-c", "import sys; print('part', sys.argv[1])"],
    ).expand(args=[["1"], ["2"], ["3"]])
    clean_up = task(task_id="clean_up")(collect_orphans)(**PLACE)
    start >> jobs >> stop
    jobs >> clean_up
