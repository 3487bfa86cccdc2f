"""An Airflow of its own for these tests, and an emulated account that its connection leads to."""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.gate import Gate

# Before any import of Airflow: it reads its home once.
_HOME = Path(tempfile.mkdtemp(prefix="airflow-tests-"))
atexit.register(shutil.rmtree, _HOME, ignore_errors=True)
(_HOME / "dags").mkdir()
os.environ.update(
    {
        "AIRFLOW_HOME": str(_HOME),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(_HOME / "dags"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{_HOME}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(_HOME / "logs"),
    }
)

if TYPE_CHECKING:
    from airflow.sdk import DAG

    from airflow_provider_spcs.emulator import RunningAccount

POOL, IMAGE = "TEST_POOL", "/emulator/public/images/python:3"


@pytest.fixture(scope="package")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAccount]:
    """A running account with a pool and a stage; ``snowflake_default`` leads to it."""
    import snowflake.connector

    from airflow_provider_spcs.emulator import start

    with start(tmp_path_factory.mktemp("account")) as running:
        with snowflake.connector.connect(**running.connection_kwargs) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE COMPUTE POOL {POOL} MIN_NODES = 1 MAX_NODES = 4 INSTANCE_FAMILY = CPU_X64_S")
            cursor.execute("CREATE STAGE JOBS ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')")
        os.environ["AIRFLOW_CONN_SNOWFLAKE_DEFAULT"] = running.airflow_uri
        yield running
        del os.environ["AIRFLOW_CONN_SNOWFLAKE_DEFAULT"]


@pytest.fixture
def job(account: RunningAccount) -> Iterator[dict[str, Any]]:
    """Parameters of an operator whose container runs quickly on the emulator; no job of the test outlives it."""
    yield {
        "task_id": "job",
        "compute_pool": POOL,
        "image": IMAGE,
        "database": "EMULATOR",
        "schema": "PUBLIC",
        "stage": "@EMULATOR.PUBLIC.JOBS",
        "poll_interval": 1,
    }
    account.account.session().execute(f"ALTER COMPUTE POOL {POOL} STOP ALL")


@pytest.fixture
def gate(account: RunningAccount, request: pytest.FixtureRequest) -> Gate:
    """Holds jobs whose command is made by `held` until the test opens it."""
    name = "".join(character if character.isalnum() else "_" for character in request.node.name)
    stage = f"@EMULATOR.PUBLIC.JOBS/gates/{name}"
    return Gate(account.account.stages.path(account.account.session(), stage), stage)


@pytest.fixture(autouse=True)
def errors_as_they_are(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no Airflow runs the task: before 3.3 it is told of some errors in its own words, which hide their class."""
    if "run_dag" not in request.fixturenames:
        monkeypatch.setattr("airflow_provider_spcs.retrying.airflow_has_policies", lambda: True)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Airflow's own tables; of the test processes that run side by side one makes them, and the others copy them."""
    from airflow.utils.db import initdb

    if "PYTEST_XDIST_WORKER" not in os.environ:
        initdb()
        return
    shared = tmp_path_factory.getbasetemp().parent / "airflow.db"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = shared.exists()
        if not made:
            initdb()
        source, target = (shared, _HOME / "airflow.db") if made else (_HOME / "airflow.db", shared)
        with closing(sqlite3.connect(source)) as tables, closing(sqlite3.connect(target)) as copy:
            tables.backup(copy)


@pytest.fixture
def run_dag(database: None) -> Callable[[DAG], Any]:
    """Run a DAG as ``dag.test()`` does, which since Airflow 3 wants it in a bundle; returns the DagRun."""

    def run(dag: DAG, **conf: Any) -> Any:
        from airflow.dag_processing.bundles.manager import DagBundlesManager

        from tests.airflow.airflow_names import DagBag, sync_bag_to_db

        DagBundlesManager().sync_bundles_to_db()
        bag = DagBag(dag_folder=os.devnull)
        bag.bag_dag(dag)
        sync_bag_to_db(bag, "dags-folder", None)
        return dag.test(**conf)

    return run


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Minutes-long tests run on request only."""
    if "slow" in config.getoption("markexpr", ""):
        return
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.skip(reason="runs a whole Airflow for minutes: -m slow"))
