"""The two functions by which snowflake-ml-python submits jobs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_provider_spcs.emulator.errors import SnowflakeError

if TYPE_CHECKING:
    from conftest import Local
else:
    Local = Any

LAUNCHER = """
import os, sys, pathlib
print('args', sys.argv[1:], os.getcwd())
result = pathlib.Path(os.environ['MLRS_STAGE_RESULT_PATH']) / os.environ['MLRS_RESULT_PATH']
result.write_text('42')
"""
OPTIONS = {
    "STAGE_PATH": "@payload/main_1",
    "ARGS": ["bash", "/mnt/job_stage/system/startup.sh", "/mnt/job_stage/app/main.py", "x"],
    "ENV_VARS": {"MLRS_STAGE_MOUNT_PATH": "/mnt/job_stage", "MLRS_PAYLOAD_DIR": "app"}, "ENABLE_METRICS": True,
    "SPEC_OVERRIDES": None, "ENABLE_STAGE_MOUNT_V2": True, "ARTIFACT_REPOSITORIES": None,
}  # fmt: skip
JOB = {
    "EXTERNAL_ACCESS_INTEGRATIONS": None, "QUERY_WAREHOUSE": '"COMPUTE_WH"', "TARGET_INSTANCES": 1, "MIN_INSTANCES": 1,
    "GENERATE_SUFFIX": True, "COMMENT": "SnowparkML", "ASYNC": True,
}  # fmt: skip


def _submit(local: Local, options: dict[str, Any], job: dict[str, Any]) -> str:
    return str(
        local.value(
            "CALL SYSTEM$EXECUTE_ML_JOB(?, ?, ?, ?)",
            "EMULATOR.PUBLIC.main_1_",
            "POOL",
            json.dumps(options),
            json.dumps(job),
        )
    )


@pytest.fixture
def runtime(local: Local) -> str:
    """The image that the account offers."""
    return str(local.value("CALL SYSTEM$GET_ML_JOB_RUNTIME('POOL', '{\"pythonVersion\": \"3.11\"}')"))


def test_runtime_is_an_image_with_a_tag(runtime: str) -> None:
    """The client refuses an image without a colon."""
    assert ":" in runtime


def test_job_runs_the_clients_launcher_and_keeps_its_result(
    local: Local, runtime: str, make_spec: Callable[..., str]
) -> None:
    """The payload's stage is mounted, the launcher gets the arguments, the result lies beside the job's name."""
    local.sql("CREATE STAGE payload")
    stage = local.account.stages.path(local.session, "@payload")
    for part in ("app", "system"):
        (stage / "main_1" / part).mkdir(parents=True)
    (stage / "main_1" / "system" / "mljob_launcher.py").write_text(LAUNCHER)
    name = _submit(local, {**OPTIONS, "RUNTIME": runtime}, JOB)
    assert name.startswith("EMULATOR.PUBLIC.MAIN_1_")
    assert local.ended(name) == "DONE", local.logs(name)
    if local.account.runner.plan != "rewrite":  # which gives a command the paths of the host
        assert local.logs(name) == "args ['/mnt/job_stage/app/main.py', 'x'] /mnt/job_stage/app"
    described = local.sql(f"DESCRIBE SERVICE {name}")[0]
    spec = yaml.safe_load(described["spec"])["spec"]
    volume = next(item for item in spec["volumes"] if item["name"] == "result-volume")
    assert volume["stageConfig"]["name"].endswith(name.rpartition(".")[2])
    assert (stage / "main_1" / name.rpartition(".")[2] / "mljob_result").read_text() == "42"
    assert described["comment"] == "SnowparkML"


@pytest.mark.parametrize("counts", [{"TARGET_INSTANCES": 2, "MIN_INSTANCES": 3}, {"TARGET_INSTANCES": "two"}])
def test_instance_counts_that_make_no_sense_are_refused(local: Local, runtime: str, counts: dict[str, object]) -> None:
    """At least as many are wanted as must be there, and both are whole numbers."""
    with pytest.raises(SnowflakeError) as caught:
        _submit(local, {**OPTIONS, "RUNTIME": runtime}, {**JOB, **counts})
    assert caught.value.errno == 1008
