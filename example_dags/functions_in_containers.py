"""Plain functions run in containers: nothing to build, nothing to upload by hand.

`@task.spcs` ships a function's source; what it returns is the task's value. The numbers flow from one to the next as in
any other DAG, over as many containers as there are months.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Param, task

with DAG(
    "functions_in_containers",
    schedule=None,
    doc_md=__doc__,
    tags=["snowflake", "spcs"],
    default_args={
        "compute_pool": "ML_DEMO_POOL",
        "image": "/snowflake/images/snowflake_images/st_plat/runtime/x86/runtime_image/snowbooks:2.3.0",
        "stage": "@ML_DEMO_DB.ML_DEMO_SCHEMA.ML_DEMO_STAGE",
        "database": "ML_DEMO_DB",
        "schema": "ML_DEMO_SCHEMA",
        "role": "SYSADMIN",
        "deferrable": True,
    },
    params={
        "months": Param(3, type="integer", minimum=1, maximum=120, title="Months", description="Containers to run."),
        "rate": Param(0.05, type="number", minimum=0, maximum=1, title="Rate", description="Yearly interest."),
    },
):

    @task
    def months(params: Any = None) -> list[int]:
        """Runs in the Airflow worker."""
        return list(range(1, params["months"] + 1))

    @task.spcs(requirements=["numpy>=1.24"])
    def simulate(month: int, rate: str) -> dict[str, Any]:
        """Runs in a container; it imports what it needs inside itself."""
        import numpy

        print(f"INFO simulating month {month}")
        losses = numpy.random.default_rng(month).exponential(scale=float(rate), size=100_000)
        return {"month": month, "mean_loss": losses.mean(), "worst": numpy.quantile(losses, [0.95, 0.99])}

    @task.spcs
    def summarise(results: list[dict[str, Any]]) -> dict[str, Any]:
        """Gets what all of the containers returned."""
        worst = max(results, key=lambda result: result["worst"][-1])
        return {"months": len(results), "worst_month": worst["month"]}

    @task.spcs_cmd
    def report(summary: dict[str, Any]) -> list[str]:
        """Runs in the worker, and returns the command that the container runs."""
        return ["python", "-c", "import sys; print('worst month:', sys.argv[1])", str(summary["worst_month"])]

    report(summarise(simulate.partial(rate="{{ params.rate }}").expand(month=months())))
