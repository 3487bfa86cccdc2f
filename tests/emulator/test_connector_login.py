"""Who gets a session, for how long, and what a refused client is told."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount, start
from airflow_provider_spcs.emulator.clock import TickClock
from airflow_provider_spcs.emulator.wire.credentials import PAT
from tests.waiting import DEADLINE


def _refused(connect: Any, **changes: Any) -> Any:
    from snowflake.connector.errors import DatabaseError

    with pytest.raises(DatabaseError) as caught:
        connect(**changes)
    return caught.value


def _codes(account: RunningAccount, data: dict[str, Any]) -> str:
    """The code of a raw login reply; connector versions differ in whether they keep it."""
    import requests

    reply = requests.post(f"{account.url}/session/v1/login-request", json={"data": data}, timeout=DEADLINE)
    assert reply.status_code == 200
    return str(reply.json()["code"])


def test_login_with_password_has_asked_context(connect: Any) -> None:
    """The session begins in the database, schema, warehouse and role of the connection."""
    connection = connect()
    row = (
        connection.cursor()
        .execute("select current_user(), current_role(), current_database(), current_schema(), current_warehouse()")
        .fetchone()
    )
    assert row == ("ADMIN", "ACCOUNTADMIN", "EMULATOR", "PUBLIC", "COMPUTE_WH")
    assert (connection.database, connection.schema, connection.role) == ("EMULATOR", "PUBLIC", "ACCOUNTADMIN")


def test_password_that_was_right_is_wrong_after_a_change(account: RunningAccount) -> None:
    """Also when it was proven more than once before."""
    credentials = account.account.credentials
    credentials.set_password("CHANGING", "one")
    assert [credentials.has_password("CHANGING", word) for word in ("one", "one", "two")] == [True, True, False]
    credentials.set_password("CHANGING", "two")
    assert [credentials.has_password("CHANGING", word) for word in ("one", "two")] == [False, True]
    credentials.forget("CHANGING")
    assert not credentials.has_password("CHANGING", "two")


def test_login_with_wrong_password_is_refused_as_390100(account: RunningAccount, connect: Any) -> None:
    """A wrong password and an unknown user get the same answer."""
    assert "Incorrect username or password" in str(_refused(connect, password="wrong"))
    assert _codes(account, {"LOGIN_NAME": "ADMIN", "PASSWORD": "wrong"}) == "390100"
    assert _codes(account, {"LOGIN_NAME": "NOBODY", "PASSWORD": "wrong"}) == "390100"


def test_login_with_unknown_role_is_refused(connect: Any) -> None:
    """A role that does not exist ends the login, with the role in the message."""
    assert "NO_SUCH_ROLE" in str(_refused(connect, role="NO_SUCH_ROLE"))


def test_login_with_missing_database_leaves_it_empty(connect: Any) -> None:
    """As on Snowflake: the login succeeds, the session has no database."""
    assert connect(database="NO_SUCH_DATABASE").database is None


def test_login_with_oauth_token_has_its_role(account: RunningAccount, connect: Any) -> None:
    """A token gives its own user and role, without a password."""
    token = account.account.credentials.issue_token("ADMIN", "PUBLIC")
    connection = connect(user=None, password=None, role=None, authenticator="oauth", token=token)
    assert connection.cursor().execute("select current_user(), current_role()").fetchone() == ("ADMIN", "PUBLIC")


def test_login_with_token_cannot_take_another_role(account: RunningAccount, connect: Any) -> None:
    """A token of PUBLIC is no way to ACCOUNTADMIN."""
    token = account.account.credentials.issue_token("ADMIN", "PUBLIC")
    assert "ACCOUNTADMIN" in str(_refused(connect, password=None, authenticator="oauth", token=token))


@pytest.mark.parametrize(("seconds", "revoked", "code"), [(3600, True, "390303"), (-1, False, "390318")])
def test_login_with_bad_oauth_token_is_refused(account: RunningAccount, seconds: int, revoked: bool, code: str) -> None:
    """390303 for a token that is not valid, 390318 for one that has expired."""
    token = account.account.credentials.issue_token("ADMIN", "PUBLIC", seconds=seconds)
    if revoked:
        account.account.credentials.revoke(token)
    assert _codes(account, {"AUTHENTICATOR": "OAUTH", "TOKEN": token}) == code


def test_login_with_programmatic_token_works_in_both_places(account: RunningAccount, connect: Any) -> None:
    """A programmatic access token is taken as a token and in place of the password."""
    token = account.account.credentials.issue_token("ADMIN", "PUBLIC", kind=PAT)
    changes: list[dict[str, Any]] = [
        {"password": None, "authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": token},
        {"password": token},
    ]
    for change in changes:
        assert connect(role=None, **change).role == "PUBLIC"


def test_login_with_unknown_authenticator_is_refused_by_name(account: RunningAccount) -> None:
    """A way to log in that is not emulated is named in the refusal."""
    assert _codes(account, {"AUTHENTICATOR": "SNOWFLAKE_JWT", "LOGIN_NAME": "ADMIN", "TOKEN": "x"}) == "390144"


def test_session_after_close_is_gone(account: RunningAccount, connect: Any) -> None:
    """The token of a closed session opens nothing."""
    import requests

    connection = connect()
    token = connection.rest.token
    connection.close()
    reply = requests.post(
        f"{account.url}/queries/v1/query-request",
        json={"sqlText": "select 1"},
        headers={"Authorization": f'Snowflake Token="{token}"'},
        timeout=DEADLINE,
    ).json()
    assert (reply["success"], reply["code"]) == (False, "390111")


def test_session_after_an_hour_is_renewed_by_the_client(tmp_path: Any) -> None:
    """390112 makes the connector renew with its master token; after four idle hours even that has expired."""
    import snowflake.connector
    from snowflake.connector.errors import Error

    clock = TickClock()
    with (
        start(tmp_path, clock=clock) as running,
        snowflake.connector.connect(**running.connection_kwargs) as connection,
    ):
        before = connection.rest.token
        clock.tick(3601)
        assert connection.cursor().execute("select 1").fetchone() == (1,)
        assert connection.rest.token != before
        clock.tick(5 * 3600)
        with pytest.raises(Error) as caught:
            connection.cursor().execute("select 1")
        assert caught.value.errno == 390114


def test_credentials_on_disk_hold_no_secret(account: RunningAccount) -> None:
    """The file has hashes only, and only its owner may read it."""
    token = account.account.credentials.issue_token("ADMIN", "PUBLIC")
    file = account.account.home.root / "credentials.json"
    assert token not in file.read_text()
    assert account.account.credentials.admin_password not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (account.account.home.root / "admin-password").stat().st_mode & 0o777 == 0o600


def test_login_that_validates_its_context_refuses_a_missing_schema(connect: Any) -> None:
    """``validate_default_parameters`` makes of a name that is left empty an error."""
    error = _refused(connect, schema="NEVER_EXISTS", validate_default_parameters=True)
    assert "schema does not exist" in str(error)


def test_login_with_an_unrestricted_token_takes_any_role(connect: Any) -> None:
    """A programmatic token without ROLE_RESTRICTION gives what its user has."""
    cursor = connect().cursor()
    made = cursor.execute("alter user ADMIN add programmatic access token ANY_ROLE").fetchone()
    try:
        wanted = {"user": "ADMIN", "password": None, "authenticator": "PROGRAMMATIC_ACCESS_TOKEN", "token": made[1]}
        for role in ("PUBLIC", "SYSADMIN"):
            assert connect(role=role, **wanted).cursor().execute("select current_role()").fetchone() == (role,)
    finally:
        cursor.execute("alter user ADMIN remove programmatic access token ANY_ROLE")


def test_current_client_names_the_driver_and_its_version(connect: Any) -> None:
    """As Snowflake does: the name and the version that the driver logged in with."""
    import snowflake.connector

    (said,) = connect().cursor().execute("select current_client()").fetchone()
    assert said == f"PythonConnector {snowflake.connector.__version__}"
