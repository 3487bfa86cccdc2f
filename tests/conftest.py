"""What holds for every test process, and the order of the tests."""

from __future__ import annotations

import os
import sys

import hypothesis
import pytest

# Before anything heavy is imported, and for every process that a test starts:
# threads of numerical libraries spin while they wait for each other, so that tests side by side on few cores crawl;
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
# a hundred interpreters are started, and each would compile all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A slow machine is no failure, and the same examples each time: what a change breaks is what its own run shows.
hypothesis.settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tests")

# Files that take the longest come first: one that is begun last keeps the others waiting.
_LONG = (
    "payload/test_end_to_end.py",
    "emulator/test_ml_jobs_instances.py",
    "emulator/test_faults_durability.py",
    "emulator/test_registry.py",
    "payload/test_train.py",
    "emulator/test_model_inference.py",
    "payload/test_long_runs.py",
    "payload/test_instances.py",
    "airflow/test_example_dags.py",
    "airflow/test_decorators.py",
    "airflow/test_job_view.py",
    "airflow/test_retry_policy.py",
    "emulator/test_snowpark_routines.py",
    "emulator/test_server.py",
    "emulator/test_pytest_plugin.py",
    "emulator/test_snowpark_cases.py",
    "airflow/test_trigger.py",
    "airflow/test_adoption.py",
    "airflow/test_operator_run.py",
    "airflow/test_transient.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, the rest as it was."""

    def rank(item: pytest.Item) -> int:
        path = item.path.as_posix()
        return next((number for number, name in enumerate(_LONG) if path.endswith(name)), len(_LONG))

    items.sort(key=rank)
