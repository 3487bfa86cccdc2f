"""Cases: who may log in, how, and with which context."""

from __future__ import annotations

from cases import Place, case, same
from connecting import connect, cursor, fails, rows


def _new_user(place: Place, name: str) -> None:
    rows(place, f"drop user if exists {name}")
    rows(place, f"create or replace user {name} password = 'Very-secret-1' default_role = PUBLIC")


@case
def login_with_password(place: Place) -> None:
    """The session has the asked context."""
    found = rows(
        place, "select current_user(), current_role(), current_database(), current_schema(), current_warehouse()"
    )
    same(found, [("ADMIN", "ACCOUNTADMIN", "EMULATOR", "CLIENTS", "COMPUTE_WH")])


@case
def login_of_a_created_user(place: Place) -> None:
    """CREATE USER gives a password that works, and the default role."""
    _new_user(place, "CLIENT_P")
    same(
        rows(place, "select current_user(), current_role()", user="client_p", password="Very-secret-1", role=None),
        [("CLIENT_P", "PUBLIC")],
    )


@case
def login_with_wrong_password(place: Place) -> None:
    """Refused at once."""
    with fails(word="Incorrect username or password"):
        connect(place, password="wrong")


@case
def login_with_key_pair(place: Place) -> None:
    """A key set by ALTER USER; the private one as DER bytes."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    _new_user(place, "CLIENT_K")
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    body = "".join(public.decode().split("\n")[1:-2])
    rows(place, f"alter user CLIENT_K set rsa_public_key = '{body}'")
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    same(
        rows(place, "select current_user()", user="CLIENT_K", password=None, role=None, private_key=private),
        [("CLIENT_K",)],
    )


@case
def login_with_key_file_and_passphrase(place: Place) -> None:
    """``private_key_file`` with its passphrase."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    _new_user(place, "CLIENT_F")
    key = rsa.generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    rows(place, f"alter user CLIENT_F set rsa_public_key = '{public.decode()}'")
    file = place.directory / "key.p8"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"phrase"),
        )
    )
    found = rows(
        place, "select current_user()", user="CLIENT_F", password=None, role=None, authenticator="SNOWFLAKE_JWT",
        private_key_file=str(file), private_key_file_pwd="phrase",
    )  # fmt: skip
    same(found, [("CLIENT_F",)])


@case
def login_with_programmatic_token(place: Place) -> None:
    """A token from ALTER USER ... ADD PROGRAMMATIC ACCESS TOKEN, as token and as password."""
    _new_user(place, "CLIENT_T")
    made = rows(
        place, "alter user CLIENT_T add programmatic access token CI role_restriction = 'PUBLIC' days_to_expiry = 1"
    )
    secret = made[0][1]
    wanted = {"user": "CLIENT_T", "password": None, "role": None, "authenticator": "PROGRAMMATIC_ACCESS_TOKEN"}
    same(rows(place, "select current_user()", **wanted, token=secret), [("CLIENT_T",)])
    same(rows(place, "select current_role()", user="CLIENT_T", password=secret, role=None), [("PUBLIC",)])


@case
def login_with_unknown_oauth_token(place: Place) -> None:
    """Refused; the good case needs a container's token, see the emulator's own tests."""
    with fails(word="Invalid OAuth access token"):
        connect(place, user=None, password=None, role=None, authenticator="oauth", token="guess")


@case
def login_with_unknown_role(place: Place) -> None:
    """Refused with the role's name."""
    with fails(word="NO_SUCH"):
        connect(place, role="NO_SUCH")


@case
def use_changes_what_the_connection_says(place: Place) -> None:
    """USE is seen in the connection's properties."""
    with cursor(place) as opened:
        opened.execute("use schema EMULATOR.PUBLIC")
        opened.execute("use role PUBLIC")
        same((opened.connection.schema, opened.connection.role), ("PUBLIC", "PUBLIC"))


@case
def session_parameters_at_login(place: Place) -> None:
    """``session_parameters`` hold from the first statement."""
    changes = {"session_parameters": {"QUERY_TAG": "mine", "TIMEZONE": "Europe/Berlin"}}
    found = rows(place, "show parameters like 'TIMEZONE' in session", **changes)
    same(found[0][:2], ("TIMEZONE", "Europe/Berlin"))


@case
def statement_after_close(place: Place) -> None:
    """A closed connection is closed."""
    connection = connect(place)
    opened = connection.cursor()
    connection.close()
    with fails():
        opened.execute("select 1")
