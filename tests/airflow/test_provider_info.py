"""What Airflow reads about the provider."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

import airflow_provider_spcs
from airflow_provider_spcs.provider_info import get_provider_info
from airflow_provider_spcs.retrying import airflow_has_policies


def dotted_names(info: dict[str, Any]) -> Iterator[str]:
    """Every dotted name in a provider's metadata."""
    for kind in ("operators", "sensors", "hooks", "triggers"):
        for entry in info.get(kind, []):
            yield from entry["python-modules"]
    yield from info.get("extra-links", [])
    yield from (entry["class-name"] for entry in info.get("task-decorators", []))


def test_provider_info_against_airflows_schema_is_valid() -> None:
    """A wrong entry breaks the discovery of every provider, so Airflow's own schema judges."""
    schema = json.loads((files("airflow") / "provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


@pytest.mark.parametrize("name", list(dotted_names(get_provider_info())))
def test_provider_info_each_dotted_name_imports(name: str) -> None:
    """Airflow imports these names when it needs them, long after a typo would have been made."""
    try:
        import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(import_module(module), attribute)


def test_public_names_all_is_sorted_and_resolves() -> None:
    """``__all__`` is what users may import; each name has to be there."""
    assert airflow_provider_spcs.__all__ == sorted(airflow_provider_spcs.__all__)
    absent = set() if airflow_has_policies() else {"SpcsRetryPolicy"}
    for name in set(airflow_provider_spcs.__all__) - absent:
        assert getattr(airflow_provider_spcs, name) is not None


@pytest.mark.skipif(airflow_has_policies(), reason="this Airflow has retry policies")
def test_retry_policy_before_3_3_says_what_it_needs() -> None:
    """A name that is public but cannot be had says why."""
    with pytest.raises(ImportError, match=r"before 3\.3 has no retry policies"):
        _ = airflow_provider_spcs.SpcsRetryPolicy


@pytest.fixture(scope="module")
def imports() -> dict[str, Any]:
    """What a fresh process loads for our operator, and then still for the first-party one."""
    program = (
        "import airflow.sdk, json, sys; from airflow.sdk import BaseOperator, DAG; base = set(sys.modules);"
        "from airflow_provider_spcs import SpcsJobOperator, SpcsJobSensor; ours = set(sys.modules) - base;"
        "import airflow.providers.snowflake.operators.snowpark_containers;"
        "print(json.dumps({'ours': sorted(ours), 'more': len(sys.modules) - len(base) - len(ours)}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_importing_the_operator_loads_nothing_heavy(imports: dict[str, Any]) -> None:
    """A DAG file is parsed every few seconds: the connector alone would make that ten times slower."""
    heavy = {"snowflake.connector", "snowflake.snowpark", "pandas", "duckdb", "sqlglot", "yaml"}
    heavy |= {"airflow_provider_spcs.emulator", "airflow_provider_spcs.hooks"}
    assert heavy & set(imports["ours"]) == set()


def test_importing_the_operator_loads_fewer_modules_than_the_first_party_one(imports: dict[str, Any]) -> None:
    """Counted in modules, which does not depend on the machine; what both need is on our side of the scales."""
    assert len(imports["ours"]) < imports["more"] / 2
