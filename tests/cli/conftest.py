"""One running account for all commands, and `spcs` as a user types it, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from airflow_provider_spcs.emulator import RunningAccount, start

POOL, IMAGE = "ML_DEMO_POOL", "/emulator/public/images/python:3"
Spcs = Callable[..., Result]


@pytest.fixture(scope="package")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAccount]:
    """An account with the example's pool."""
    import snowflake.connector

    with start(tmp_path_factory.mktemp("account")) as running:
        with snowflake.connector.connect(**running.connection_kwargs) as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE COMPUTE POOL {POOL} MIN_NODES = 2 MAX_NODES = 2 INSTANCE_FAMILY = HIGHMEM_X64_S")
            cursor.execute("CREATE IMAGE REPOSITORY EMULATOR.PUBLIC.IMAGES")
        yield running


@pytest.fixture(scope="package")
def snowflake_home(account: RunningAccount, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with connections.toml, as `spcs emulator` writes it."""
    from airflow_provider_spcs.demo import client_files

    return client_files.write(account, tmp_path_factory.mktemp("home")).parent


@pytest.fixture(scope="package")
def spcs(snowflake_home: Path) -> Spcs:
    """``spcs("ps", "--json", NAME="value")``: run a command, with more environment variables."""
    from airflow_provider_spcs.cli import app

    def run(*arguments: str, input: str | None = None, **environment: str | None) -> Result:  # noqa: A002 - click's word
        # The last is set for the tests of Airflow, which may have run in this process.
        others = ("AIRFLOW_API_URL", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
        away = dict.fromkeys(("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_DEFAULT_CONNECTION_NAME", *others))
        here = {"SNOWFLAKE_HOME": str(snowflake_home), "AIRFLOW_HOME": str(snowflake_home / "no-airflow")}
        return CliRunner().invoke(app, list(arguments), input=input, env={**away, **here, **environment})

    return run


@pytest.fixture(scope="package")
def submit(spcs: Spcs) -> Callable[..., dict[str, Any]]:
    """``submit(code, *options)``: run Python code as a job; what `spcs submit --json` prints."""

    def run(code: str, *options: str) -> dict[str, Any]:
        done = spcs(
            *("submit", "--json", "--image", IMAGE, "--command", "python -u -c", *options, "--", code),
        )
        assert done.stdout.startswith("{"), done.output
        document: dict[str, Any] = json.loads(done.stdout)
        return document

    return run


@pytest.fixture(scope="package")
def finished(submit: Callable[..., dict[str, Any]]) -> str:
    """A job that printed three lines and is done; its qualified name."""
    done = submit("for line in ('one', 'ERROR two', 'three'): print(line)", "--wait", "--env", "API_TOKEN=hush-hush")
    assert done["status"] == "DONE"
    return str(done["name"])
