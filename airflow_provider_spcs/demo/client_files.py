"""Files by which a person's own clients find a running emulator: a connection, and variables to read into a shell."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator import RunningAccount


def write(account: RunningAccount, home: Path, parameters: Mapping[str, Any] | None = None) -> Path:
    """Write them, readable by their owner only.

    Args:
        account: The emulator.
        home: Directory below which they go.
        parameters: As ``snowflake.connector.connect`` takes them; the account's own by default.

    Returns:
        The file to read into a shell.
    """
    folder = home / "client"
    folder.mkdir(mode=0o700, exist_ok=True)
    wanted = dict(parameters or account.connection_kwargs)
    # A JSON text or number is one of TOML as well.
    lines = [f"{key} = {json.dumps(value)}" for key, value in wanted.items()]
    _private(folder / "connections.toml", "\n".join(["[default]", *lines, ""]))
    variables = {
        "SNOWFLAKE_HOME": str(folder),
        **account.environment,
        "AIRFLOW_CONN_SNOWFLAKE_DEFAULT": account.airflow_uri,
    }
    file = folder / "environment"
    _private(file, "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()))
    return file


def _private(file: Path, text: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(text)
