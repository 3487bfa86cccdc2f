"""Which test files share a process, and which are begun first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest

# Each unit is run by one process, files together that need the same costly thing; the longest come first, for one that
# is begun last keeps the others waiting. Files that are not named are units of their own.
_UNITS = (
    ("emulator/test_ml_jobs_instances.py",),
    # These share the process that trains, and what it took to import the libraries.
    (
        "payload/test_end_to_end.py",
        "payload/test_generate_data.py",
        "payload/test_train.py",
        "payload/test_long_runs.py",
        "payload/test_instances.py",
        "payload/test_engine.py",
        "payload/test_scores.py",
    ),
    # The first DAG that runs in a process makes it build Airflow's API, in seconds.
    (
        "airflow/test_example_dags.py",
        "airflow/test_decorators.py",
        "airflow/test_job_view.py",
        "airflow/test_retry_policy.py",
        "airflow/test_compute_pools.py",
    ),
    # Snowpark, and the registry's client.
    (
        "emulator/test_registry.py",
        "emulator/test_model_inference.py",
        "emulator/test_stages_clients.py",
        "emulator/test_snowpark.py",
        "emulator/test_snowpark_routines.py",
    ),
    ("airflow/test_trigger.py",),
    ("emulator/test_faults_durability.py",),
    ("airflow/test_failure_cards.py",),
    ("emulator/test_faults_requests.py",),
    ("airflow/test_transient.py",),
    ("emulator/test_registry_in_job.py",),
    ("airflow/test_trigger_log.py",),
    ("emulator/services/test_services_long.py",),
    ("emulator/test_server.py",),
    ("emulator/test_connector_statements.py",),
    ("emulator/test_pytest_plugin.py",),
    ("emulator/test_hook.py",),
    ("airflow/test_adoption.py",),
    ("airflow/test_operator_run.py",),
    ("emulator/runner/test_runner_network.py",),
    ("contract/test_documented_sql.py",),
    ("airflow/test_promises.py",),
    ("emulator/test_snowpark_cases.py",),
    ("payload/test_commands.py",),
    ("unit/test_layers.py",),
    ("emulator/test_copy_into_table.py",),
    ("cli/test_submit.py",),
    ("emulator/runner/test_runner.py",),
)
_UNIT = {f"tests/{name}": number for number, unit in enumerate(_UNITS) for name in unit}


def rank(item: pytest.Item) -> int:
    """Where a test's unit comes; all that are not named come last."""
    return _UNIT.get(_file(item.nodeid), len(_UNITS))


class Distribution(LoadScopeScheduling):
    """Hands whole units to the processes of pytest-xdist."""

    def _split_scope(self, nodeid: str) -> str:
        file = _file(nodeid)
        return f"unit {_UNIT[file]}" if file in _UNIT else file


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
