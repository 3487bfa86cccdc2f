"""Where a command finds its account, and what it says when it finds none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from airflow_provider_spcs.commands import config_files
from airflow_provider_spcs.emulator import RunningAccount

Spcs = Callable[..., Result]


def test_without_any_connection_is_exit_code_three(spcs: Spcs, tmp_path: Path) -> None:
    """The message says how to get one."""
    done = spcs("ps", SNOWFLAKE_HOME=str(tmp_path))
    assert done.exit_code == 3
    assert "snow connection add" in done.stderr


def test_an_unknown_connection_is_exit_code_three_and_names_the_known(spcs: Spcs) -> None:
    """A typo is seen at once."""
    done = spcs("ps", "-c", "nosuch")
    assert done.exit_code == 3
    assert "(default)" in done.stderr


def test_a_wrong_password_is_exit_code_three_and_is_not_shown(spcs: Spcs, account: RunningAccount) -> None:
    """SNOWFLAKE_* variables are used before the file's default; the login's refusal is told."""
    facts = account.connection_kwargs
    variables = {f"SNOWFLAKE_{key.upper()}": str(facts[key]) for key in ("account", "user", "host", "port", "protocol")}
    done = spcs("ps", **variables, SNOWFLAKE_PASSWORD="not-the-password")
    assert done.exit_code == 3
    assert "SNOWFLAKE_ACCOUNT of the environment" in done.stderr
    assert "not-the-password" not in done.output


def test_the_environment_alone_opens_a_session(spcs: Spcs, account: RunningAccount, tmp_path: Path) -> None:
    """A CI job has no files."""
    facts = {f"SNOWFLAKE_{key.upper()}": str(value) for key, value in account.connection_kwargs.items()}
    assert spcs("ps", SNOWFLAKE_HOME=str(tmp_path), **facts).exit_code == 0


def test_config_toml_with_a_default_name_and_overrides_is_read(
    spcs: Spcs, account: RunningAccount, tmp_path: Path
) -> None:
    """default_connection_name, [connections.NAME], and SNOWFLAKE_CONNECTIONS_NAME_KEY from the environment."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in account.connection_kwargs.items() if key != "password"]
    file = tmp_path / "config.toml"
    file.write_text("\n".join(['default_connection_name = "dev"', "[connections.dev]", *lines]))
    file.chmod(0o600)
    password = str(account.connection_kwargs["password"])
    assert spcs("ps", SNOWFLAKE_HOME=str(tmp_path)).exit_code == 3
    assert spcs("ps", SNOWFLAKE_HOME=str(tmp_path), SNOWFLAKE_CONNECTIONS_DEV_PASSWORD=password).exit_code == 0


def test_a_file_that_others_may_write_is_refused(spcs: Spcs, tmp_path: Path) -> None:
    """As the connector does: who may write there decides where the password goes."""
    file = tmp_path / "connections.toml"
    file.write_text('[default]\naccount = "x"\n')
    file.chmod(0o666)
    done = spcs("ps", SNOWFLAKE_HOME=str(tmp_path))
    assert done.exit_code == 3
    assert "chmod 0600" in done.stderr


@pytest.mark.parametrize("variables", [{}, {"SNOWFLAKE_DEFAULT_CONNECTION_NAME": "b"}])
def test_files_are_read_as_the_connector_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]
) -> None:
    """connections.toml replaces config.toml's section; the default's name comes from variable, file, or is default."""
    (tmp_path / "config.toml").write_text('default_connection_name = "a"\n[connections.a]\naccount = "one"\n')
    (tmp_path / "connections.toml").write_text('[a]\naccount = "two"\n[b]\naccount = "three"\n')
    for file in tmp_path.iterdir():
        file.chmod(0o600)
    for name, value in {**variables, "SNOWFLAKE_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    code = (
        "import json; from snowflake.connector.config_manager import CONFIG_MANAGER as C\n"
        "print(json.dumps([C['default_connection_name'], C['connections']]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ)
    )
    ours = config_files.configured()
    assert [ours.default, dict(ours.connections)] == json.loads(done.stdout)
