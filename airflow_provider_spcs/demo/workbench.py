"""Emulator, private repository and set-up: what a Snowflake user has before the DAG runs."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.demo import git_repository, git_server, setup_sql, sources
from airflow_provider_spcs.demo.airflow_home import last_port
from airflow_provider_spcs.demo.errors import DemoError
from airflow_provider_spcs.demo.screen import Screen

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator import RunningAccount

DAG_ID = "weekly_retrain"
# submit_job.sql trains once by hand from rows that are there already: here the DAG makes them.
_SETUP_FILES = ("compute_pool.sql", "generate_data.sql", "github_integration.sql")
_PORT_FILE = "emulator_port"
DATABASE, SCHEMA, WAREHOUSE, ROLE = "ML_DEMO_DB", "ML_DEMO_SCHEMA", "ML_DEMO_WH", "SYSADMIN"


@dataclass(frozen=True)
class Workbench:
    """The running parts and the directory they keep their state in."""

    home: Path
    account: RunningAccount
    git: git_server.GitServer
    git_url: str

    def connect_arguments(self) -> dict[str, Any]:
        """What ``snowflake.connector.connect`` takes to be in the example's schema."""
        context = {"database": DATABASE, "schema": SCHEMA, "warehouse": WAREHOUSE, "role": ROLE}
        return {**self.account.connection_kwargs, **context}

    def airflow_environment(self) -> dict[str, str]:
        """What an Airflow needs to run the example DAGs against this account."""
        return {
            **self.account.environment,
            "AIRFLOW_CONN_SNOWFLAKE_DEFAULT": self.account.airflow_uri,
            "AIRFLOW_VAR_SPCS_GIT_URL": self.git_url,
        }


@contextmanager
def open_workbench(home: Path, screen: Screen, *, emulator_port: int = 0) -> Iterator[Workbench]:
    """Start the emulator and the repository under ``home`` and apply the example's set-up files.

    Raises:
        DemoError: A part cannot start, or a set-up statement fails.
    """
    from airflow_provider_spcs.emulator import start

    check_installed()
    token = _token(home)
    with start(home / "account", port=emulator_port or last_port(home / _PORT_FILE)) as account:
        (home / _PORT_FILE).write_text(f"{account.endpoints.port}\n")
        screen.line(f"emulator: {account.url}, state in {home / 'account'}", "green")
        repository = home / "git" / "retrain.git"
        git_repository.commit(sources.payload(), repository)
        with git_server.serve(repository.parent, token) as git:
            workbench = Workbench(home, account, git, git.url(repository))
            screen.line(f"private repository: {workbench.git_url}", "green")
            _set_up(workbench, screen)
            yield workbench


def check_installed() -> None:
    """Refuse to start when a part of the demo is not installed.

    Raises:
        DemoError: Names the missing packages.
    """
    from importlib.util import find_spec

    needed = {"duckdb": "duckdb", "snowflake.ml": "snowflake-ml-python", "xgboost": "xgboost"}
    missing = [package for module, package in needed.items() if find_spec(module) is None]
    if missing:
        raise DemoError(
            f"spcs: not installed: {', '.join(missing)}. The containers run in this Python. "
            "Install them with `pip install 'airflow-provider-spcs[demo]'`."
        )


def _set_up(workbench: Workbench, screen: Screen) -> None:
    import snowflake.connector

    values = {
        "github_token": workbench.git.token,
        "github_host": f"127.0.0.1:{workbench.git.port}",
    }
    with snowflake.connector.connect(**workbench.account.connection_kwargs) as connection:
        for name in _SETUP_FILES:
            path = sources.example_dags() / "setup" / name
            count = setup_sql.apply(connection, path, values)
            screen.line(f"setup/{path.name}: {count} statements", "green")


def _token(home: Path) -> str:
    """The repository's token; a home keeps its own, so that a second start opens the same repository."""
    path = home / "git_token.json"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps("ghp_" + secrets.token_urlsafe(24)))
    return str(json.loads(path.read_text()))
