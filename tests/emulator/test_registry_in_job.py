"""The model registry as a job's own code uses it: log, load, export and run inside the container."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest

from airflow_provider_spcs.emulator import RunningAccount, start
from airflow_provider_spcs.emulator.errors import SnowflakeError

PROGRAM = """
import os, pathlib, numpy, pandas
from sklearn.linear_model import LogisticRegression
from snowflake.ml.model import ExportMode
from snowflake.ml.registry import Registry
from snowflake.snowpark import Session

session = Session.builder.configs({
    "host": os.environ["SNOWFLAKE_HOST"], "account": os.environ["SNOWFLAKE_ACCOUNT"], "authenticator": "oauth",
    "token": open("/snowflake/session/token").read(), "database": os.environ["SNOWFLAKE_DATABASE"],
    "schema": os.environ["SNOWFLAKE_SCHEMA"], "warehouse": "COMPUTE_WH"}).create()
frame = pandas.DataFrame(numpy.random.default_rng(0).normal(size=(60, 2)), columns=["A", "B"])
model = LogisticRegression().fit(frame, (frame.A > 0).astype(int))
registry = Registry(session)
registry.log_model(model, model_name="IN_JOB", version_name="V1", sample_input_data=frame.head(5))
version = registry.get_model("IN_JOB").version("V1")
print("loaded", (version.load().predict(frame) == model.predict(frame)).all())
pathlib.Path("/tmp/exported").mkdir()
version.export("/tmp/exported", export_mode=ExportMode.FULL)
print("exported", pathlib.Path("/tmp/exported/MANIFEST.yml").is_file())
print("run", (version.run(frame, function_name="predict").iloc[:, 0] == model.predict(frame)).all())
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAccount]:
    """An account that listens, with a pool."""
    with start(tmp_path_factory.mktemp("registry") / "home") as running:
        session = running.account.session()
        session.execute("CREATE COMPUTE POOL POOL MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S")
        yield running


def test_job_loads_exports_and_runs_the_model_that_it_registered(running: RunningAccount) -> None:
    """Inside a container the registry's client reads a model's files as it does outside."""
    session = running.account.session(database="EMULATOR", schema="PUBLIC")
    container = {
        "name": "main",
        "image": "/snowflake/images/snowflake_images/python",
        "command": ["python", "-u", "-c", PROGRAM],
    }
    spec = json.dumps({"spec": {"containers": [container]}})
    session.execute(
        "EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME = REGISTERS ASYNC = TRUE FROM SPECIFICATION ?", [spec]
    )
    with contextlib.suppress(SnowflakeError):  # its log says more
        session.execute("CALL REGISTERS!SPCS_WAIT_FOR('DONE', 600)")
    log = str(session.rows("SELECT SYSTEM$GET_SERVICE_LOGS('REGISTERS', 0, 'main', 1000)")[0][0])
    assert [line for line in log.splitlines() if line.endswith(" True")] == [
        "loaded True",
        "exported True",
        "run True",
    ], log
