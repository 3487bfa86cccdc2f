"""The documented login from inside a container, against a running account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from airflow_provider_spcs.emulator import RunningAccount, start
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.runner import ContainerRequest, Runner, TokenSettings
from tests.waiting import DEADLINE

# As in Snowflake's tutorials: no port, no protocol, no user.
PROGRAM = """
import os, pathlib, snowflake.connector
connection = snowflake.connector.connect(
    host=os.environ["SNOWFLAKE_HOST"], account=os.environ["SNOWFLAKE_ACCOUNT"],
    token=open("/snowflake/session/token").read(), authenticator="oauth",
    database="EMULATOR", schema="PUBLIC")
cursor = connection.cursor()
print(cursor.execute("SELECT CURRENT_ROLE()").fetchone()[0])
cursor.execute("CREATE STAGE s")
pathlib.Path("/tmp/f.txt").write_text("hello")
cursor.execute("PUT file:///tmp/f.txt @s AUTO_COMPRESS = FALSE")
pathlib.Path("/tmp/got").mkdir()
cursor.execute("GET @s/f.txt file:///tmp/got")
print(pathlib.Path("/tmp/got/f.txt").read_text())
"""


@pytest.fixture
def running(tmp_path: Path) -> Iterator[RunningAccount]:
    """An account that listens."""
    with start(tmp_path / "home") as running:
        yield running


@pytest.mark.parametrize("plan", ["pid", "rewrite"])
def test_connector_logs_in_and_moves_files_with_the_documented_code(
    running: RunningAccount, possible: Callable[[Runner], Runner], plan: str
) -> None:
    """Environment, TLS, token and stage transfer fit together without a change to the code inside."""
    account = running.account
    runner = possible(Runner(account, plans=[plan]))
    program = PROGRAM if plan == "pid" else PROGRAM.replace("/tmp/", "/home/job/")
    container = runner.start(
        ContainerRequest(
            Name("EMULATOR", "PUBLIC", "JOB"), 0, "main", "python:3.11", command=("python", "-c", program),
            token=TokenSettings(account.credentials.issue_token("ADMIN", "ACCOUNTADMIN")),
        )
    )  # fmt: skip
    code, log = container.wait(DEADLINE), container.log_path.read_text()
    runner.close()
    assert code == 0, log
    assert [line.split()[-1] for line in log.splitlines() if " stdout " in line] == ["ACCOUNTADMIN", "hello"]
