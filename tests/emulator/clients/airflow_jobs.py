"""Cases of the first-party SnowparkContainerJobOperator."""

from __future__ import annotations

import json
from typing import Any

from airflow.providers.snowflake.hooks.snowflake import SnowflakeHook
from airflow.providers.snowflake.operators.snowpark_containers import SnowparkContainerJobOperator
from airflow_connecting import run
from cases import Place, case, fails_saying, same

_POOL = "FIRST_PARTY_POOL"


def _operator(script: str, **arguments: Any) -> Any:
    SnowflakeHook().run(
        f"create compute pool if not exists {_POOL} min_nodes = 1 max_nodes = 2 instance_family = CPU_X64_XS"
    )
    text = json.dumps(
        {"spec": {"containers": [{"name": "main", "image": "python:3.11", "command": ["sh", "-c", script]}]}}
    )
    given = {"task_id": "task", "compute_pool": _POOL, "container_name": "main", "poll_interval": 1}
    if "spec" not in arguments:
        given["spec_text"] = text
    return SnowparkContainerJobOperator(**given | arguments)


@case
def job_waits(place: Place) -> None:
    """Submitted, polled, logged, dropped."""
    name = run(_operator("echo hello", name="FIRST_PARTY_ONE", query_warehouse="COMPUTE_WH"))
    assert "FIRST_PARTY_ONE" in name, name
    same(SnowflakeHook().get_records("show services like 'FIRST_PARTY_ONE'"), [])


@case
def job_without_a_name(place: Place) -> None:
    """Snowflake makes the name up."""
    assert run(_operator("true"))


@case
def job_defers(place: Place) -> None:
    """Through the trigger."""
    assert "FIRST_PARTY_TWO" in run(_operator("sleep 1", name="FIRST_PARTY_TWO", deferrable=True, replicas=2))


@case
def job_fails(place: Place) -> None:
    """A failing container fails the task in both ways, and the job is kept."""
    for number, deferrable in enumerate((False, True)):
        name = f"FIRST_PARTY_FAILS_{number}"
        with fails_saying("FAILED"):
            run(_operator("echo no >&2; exit 3", name=name, deferrable=deferrable))
        hook = SnowflakeHook()
        same(len(hook.get_records(f"show services like '{name}'")), 1)
        same(hook.get_first(f"select system$get_service_logs('{name}', 0, 'main')")[0].strip(), "no")
        hook.run(f"drop service {name}")


@case
def job_from_a_stage(place: Place) -> None:
    """The specification as a file on a stage."""
    file, hook = place.directory / "spec.yaml", SnowflakeHook()
    file.write_text('spec:\n  containers:\n  - name: main\n    image: python:3.11\n    command: ["true"]\n')
    hook.run(["create or replace stage SPECS", f"put file://{file} @SPECS auto_compress = false"])
    assert run(_operator("", name="FIRST_PARTY_FILE", spec="spec.yaml", spec_stage="@SPECS"))


@case
def job_not_awaited(place: Place) -> None:
    """wait_for_completion=False leaves it running; on_kill drops it."""
    operator = _operator("sleep 60", name="FIRST_PARTY_LONG", wait_for_completion=False)
    run(operator)
    same(len(SnowflakeHook().get_records("show services like 'FIRST_PARTY_LONG'")), 1)
    operator.on_kill()
    same(SnowflakeHook().get_records("show services like 'FIRST_PARTY_LONG'"), [])


@case
def job_times_out(place: Place) -> None:
    """The operator's own limit drops the job."""
    with fails_saying("timeout"):
        run(_operator("sleep 60", name="FIRST_PARTY_LATE", timeout=2))
    same(SnowflakeHook().get_records("show services like 'FIRST_PARTY_LATE'"), [])
