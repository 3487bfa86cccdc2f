"""The session that code inside a container opens with its token: user, role, warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from airflow_provider_spcs.emulator import RunningAccount, start

Spec = Callable[..., str]
# As in Snowflake's documentation: no port, no protocol, no user, no warehouse.
PROGRAM = """
import os, snowflake.connector
connection = snowflake.connector.connect(
    host=os.environ["SNOWFLAKE_HOST"], account=os.environ["SNOWFLAKE_ACCOUNT"],
    token=open("/snowflake/session/token").read(), authenticator="oauth"{more})
print(*connection.cursor().execute("SELECT CURRENT_USER(), CURRENT_ROLE(), CURRENT_WAREHOUSE()").fetchone())
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningAccount]:
    """An account that listens, with a pool and a second warehouse."""
    with start(tmp_path_factory.mktemp("session") / "home") as running:
        session = running.account.session()
        session.execute("CREATE COMPUTE POOL POOL MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S")
        session.execute("CREATE WAREHOUSE OTHER")
        yield running


@pytest.mark.parametrize(
    ("name", "clauses", "more", "said"),
    [
        ("W1", "QUERY_WAREHOUSE = OTHER", "", "W1 ACCOUNTADMIN OTHER"),
        ("W2", "QUERY_WAREHOUSE = OTHER", ", warehouse='COMPUTE_WH'", "W2 ACCOUNTADMIN COMPUTE_WH"),
        ("W3", "", "", "W3 ACCOUNTADMIN None"),
    ],
)
def test_session_inside_has_the_services_name_and_warehouse(  # noqa: PLR0917
    running: RunningAccount, make_spec: Spec, name: str, clauses: str, more: str, said: str
) -> None:
    """The user is the service; the warehouse QUERY_WAREHOUSE, unless the login names another; without either, none."""
    session = running.account.session(database="EMULATOR", schema="PUBLIC")
    text = make_spec(PROGRAM.replace("{more}", more))
    session.execute(f"EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME = {name} {clauses} FROM SPECIFICATION ?", [text])
    assert session.rows(f"SELECT SYSTEM$GET_SERVICE_LOGS('{name}', 0, 'main')") == [(said,)]
