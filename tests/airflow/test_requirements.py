"""What a function in a container requires, installed there by the real pip, from wheels on a mounted stage."""

from __future__ import annotations

import zipfile
from typing import Any

import pytest

from airflow_provider_spcs import spcs_task
from airflow_provider_spcs.emulator import RunningAccount
from tests.airflow.fakes import TaskInstance, context

WHEEL = "spcs_tests_greeting-1.2-py3-none-any.whl"


@pytest.fixture
def wheels(account: RunningAccount) -> str:
    """A directory of a stage with one wheel that no index has."""
    stage = "@EMULATOR.PUBLIC.JOBS/wheels"
    directory = account.account.stages.path(account.account.session(), stage)
    directory.mkdir(parents=True, exist_ok=True)
    about = "spcs_tests_greeting-1.2.dist-info"
    with zipfile.ZipFile(directory / WHEEL, "w") as wheel:
        wheel.writestr("spcs_tests_greeting.py", "WORD = 'hello'\n")
        wheel.writestr(f"{about}/METADATA", "Metadata-Version: 2.1\nName: spcs-tests-greeting\nVersion: 1.2\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", "spcs_tests_greeting.py,,\n")
    return stage


def greeting(whom: str) -> dict[str, str]:
    """Runs in the container, which has the module only after pip; so has what it starts."""
    import subprocess
    import sys
    from importlib.metadata import version

    import spcs_tests_greeting  # type: ignore[import-not-found]

    child = subprocess.run(
        [sys.executable, "-c", "import spcs_tests_greeting as g; print(g.WORD)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        "said": f"{spcs_tests_greeting.WORD} {whom}",
        "version": version("spcs-tests-greeting"),
        "child": child.stdout,
    }


@pytest.mark.parametrize(
    ("requirement", "variables"),
    [
        ("spcs-tests-greeting>=1,<2", {"PIP_FIND_LINKS": "/wheels"}),
        (f"/wheels/{WHEEL}", {}),
    ],
    ids=["by name", "by path"],
)
def test_spcs_function_requirements_are_installed_before_the_call(
    job: dict[str, Any], wheels: str, requirement: str, variables: dict[str, str]
) -> None:
    """No network: the wheel comes from a stage, by its name or by its path; nothing is left in the image."""
    options = {**job, "volumes": {"/wheels": wheels}, "env_vars": {"PIP_NO_INDEX": "1", **variables}}
    operator = spcs_task(**options, requirements=[requirement])(greeting)("you").operator
    assert operator.execute(context(TaskInstance(run_id=f"pip-{requirement}"))) == {
        "said": "hello you",
        "version": "1.2",
        "child": "hello\n",
    }
    with pytest.raises(ModuleNotFoundError):
        __import__("spcs_tests_greeting")
