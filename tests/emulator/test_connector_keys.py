"""Key pairs and programmatic tokens: made in SQL, used by the real connector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from airflow_provider_spcs.emulator import RunningAccount
from tests.waiting import DEADLINE

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@pytest.fixture
def user(connect: Any) -> Iterator[str]:
    """A user without password, dropped afterwards."""
    cursor = connect().cursor()
    cursor.execute("create or replace user KEYED default_role = PUBLIC")
    yield "KEYED"
    cursor.execute("drop user KEYED")


def _public(key: Key) -> str:
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "".join(pem.decode().split("\n")[1:-2])


def _private(key: Key) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


@pytest.mark.parametrize(
    "made", [lambda: rsa.generate_private_key(65537, 2048), lambda: ec.generate_private_key(ec.SECP384R1())]
)
def test_login_with_key_pair_is_the_user_of_the_key(connect: Any, user: str, made: Any) -> None:
    """RSA and elliptic-curve keys, in either of a user's two places."""
    key = made()
    connect().cursor().execute(f"alter user {user} set rsa_public_key_2 = '{_public(key)}'")
    connection = connect(user=user, password=None, role=None, private_key=_private(key))
    assert connection.cursor().execute("select current_user(), current_role()").fetchone() == (user, "PUBLIC")


def test_login_with_another_key_is_refused(connect: Any, user: str) -> None:
    """A key that the user does not have opens nothing; nor does one that was taken away."""
    from snowflake.connector.errors import DatabaseError

    key, other = (rsa.generate_private_key(65537, 2048) for _ in range(2))
    cursor = connect().cursor()
    cursor.execute(f"alter user {user} set rsa_public_key = '{_public(key)}'")
    with pytest.raises(DatabaseError, match="JWT token is invalid"):
        connect(user=user, password=None, role=None, private_key=_private(other))
    cursor.execute(f"alter user {user} unset rsa_public_key")
    with pytest.raises(DatabaseError, match="JWT token is invalid"):
        connect(user=user, password=None, role=None, private_key=_private(key))


def test_alter_user_with_a_weak_key_is_refused(connect: Any, user: str) -> None:
    """Nonsense and keys below 2048 bits are refused when they are set, not at login."""
    from snowflake.connector.errors import ProgrammingError

    for content in ("nonsense", _public(rsa.generate_private_key(65537, 1024))):  # noqa: S505 the point
        with pytest.raises(ProgrammingError) as caught:
            connect().cursor().execute(f"alter user {user} set rsa_public_key = '{content}'")
        assert caught.value.errno == 390428


def test_describe_user_names_the_key_by_its_fingerprint(connect: Any, user: str) -> None:
    """RSA_PUBLIC_KEY_FP is the hash that the client puts into its token."""
    key = rsa.generate_private_key(65537, 2048)
    cursor = connect().cursor()
    cursor.execute(f"alter user {user} set rsa_public_key = '{_public(key)}'")
    shown = {row[0]: row[1] for row in cursor.execute(f"describe user {user}").fetchall()}
    assert shown["RSA_PUBLIC_KEY_FP"].startswith("SHA256:")
    assert shown["RSA_PUBLIC_KEY_2_FP"] == "null"


@pytest.mark.parametrize("damage", ["", "a.b.c", "e30.e30.e30", "e30.bnVsbA.e30"])
def test_login_with_a_damaged_token_is_refused_as_390144(account: RunningAccount, damage: str) -> None:
    """Whatever is sent as a token, the answer is a refusal, not a defect."""
    import requests

    data = {"AUTHENTICATOR": "SNOWFLAKE_JWT", "LOGIN_NAME": "ADMIN", "TOKEN": damage}
    reply = requests.post(f"{account.url}/session/v1/login-request", json={"data": data}, timeout=DEADLINE).json()
    assert reply["code"] == "390144"


def test_programmatic_token_from_sql_logs_in_until_it_is_removed(connect: Any, user: str) -> None:
    """ADD gives the secret once; SHOW does not; after REMOVE the token is worthless."""
    from snowflake.connector.errors import DatabaseError

    cursor = connect().cursor()
    name, secret = cursor.execute(
        f"alter user {user} add programmatic access token CI role_restriction = 'PUBLIC' days_to_expiry = 7"
    ).fetchone()
    wanted = {"user": user, "password": None, "role": None, "authenticator": "PROGRAMMATIC_ACCESS_TOKEN"}
    assert connect(**wanted, token=secret).cursor().execute("select current_user()").fetchone() == (user,)
    shown = cursor.execute(f"show user programmatic access tokens for user {user}").fetchall()
    assert [row[:3] for row in shown] == [(name, user, "PUBLIC")]
    assert secret not in str(shown)
    cursor.execute(f"alter user {user} remove programmatic access token {name}")
    with pytest.raises(DatabaseError):
        connect(**wanted, token=secret)


def test_dropped_user_cannot_log_in(account: RunningAccount, connect: Any) -> None:
    """Password and tokens go with the user; a new user of that name starts without them."""
    from snowflake.connector.errors import DatabaseError

    cursor = connect().cursor()
    cursor.execute("create user LEAVER password = 'Very-secret-1' default_role = PUBLIC")
    secret = cursor.execute("alter user LEAVER add pat CI role_restriction = 'PUBLIC'").fetchone()[1]
    cursor.execute("drop user LEAVER")
    cursor.execute("create user LEAVER default_role = PUBLIC")
    for password in ("Very-secret-1", secret):
        with pytest.raises(DatabaseError):
            connect(user="LEAVER", password=password, role=None)
    cursor.execute("drop user LEAVER")
