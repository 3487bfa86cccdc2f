"""``snow`` against the emulator, in an environment of its own; by hand: ``tests/emulator/clients/snow_cli.py``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_spcs.emulator import RunningAccount

CLIENTS = Path(__file__).parent / "clients"


def test_snow_passes_its_cases(account: RunningAccount) -> None:
    """Every command of the case list; needs the Python of an environment that has ``snowflake-cli``."""
    python = os.environ.get("SPCS_SNOW_CLI")
    if not python:
        pytest.skip("SPCS_SNOW_CLI does not name a Python with snowflake-cli beside it")
    home, port = str(account.account.home.root), str(account.endpoints.port)
    command = [python, str(CLIENTS / "snow_cli.py"), "--home", home, "--port", port]
    ran = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=sys.stderr, text=True)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize(
    "sql",
    [
        "show user functions like '%%'",
        "call system$get_compute_pool_status('no_such_pool')",
        "describe service IDENTIFIER('no_such_service')",
    ],
)
def test_statement_of_the_command_line_is_understood(connect: object, sql: str) -> None:
    """Its statements are answered or fail for what they name, never as unknown text (1003)."""
    from snowflake.connector.errors import ProgrammingError

    cursor = connect().cursor()  # type: ignore[operator]
    try:
        errno = 0 if cursor.execute(sql).fetchall() is not None else 1003
    except ProgrammingError as error:
        errno = error.errno
    assert errno != 1003


def test_execute_immediate_from_a_stage_runs_every_statement(connect: object, schema: str, tmp_path: Path) -> None:
    """``snow stage execute``: the last statement's rows; a failing statement is named."""
    from snowflake.connector.errors import ProgrammingError

    file = tmp_path / "make it.sql"
    file.write_text("-- makes a table; with a comment\ncreate table MADE (a int);\ninsert into MADE values (1), (2);\n")
    cursor = connect(schema=schema.split(".")[1]).cursor()  # type: ignore[operator]
    cursor.execute("create stage SCRIPTS")
    cursor.execute(f"put 'file://{file}' @SCRIPTS auto_compress=false")
    assert cursor.execute("execute immediate from '@SCRIPTS/make it.sql'").fetchall() == [(2,)]
    with pytest.raises(ProgrammingError, match="statement 1") as caught:
        cursor.execute("execute immediate from '@SCRIPTS/make it.sql'")
    assert caught.value.errno == 2002
    with pytest.raises(ProgrammingError, match="does not exist"):
        cursor.execute("execute immediate from @SCRIPTS/none.sql")
