"""Sessions over HTTP: login, renewal, heartbeat, logout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.names import Name, quoted
from airflow_provider_spcs.emulator.statement import Statement
from airflow_provider_spcs.emulator.wire import key_pair, reply
from airflow_provider_spcs.emulator.wire.credentials import ADMIN, OAUTH, PAT
from airflow_provider_spcs.emulator.wire.gateway import Call, Gateway
from airflow_provider_spcs.emulator.wire.parameters import listed
from airflow_provider_spcs.emulator.wire.reply import Reply

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

SERVER_VERSION = "9.30.0"
KEY_PAIR = "SNOWFLAKE_JWT"
_VALIDATE = "CLIENT_VALIDATE_DEFAULT_PARAMETERS"
_BY_PASSWORD = {"", "SNOWFLAKE", "SNOWFLAKE_PASSWORD", "USERNAME_PASSWORD_MFA"}


def login(gateway: Gateway, call: Call) -> Reply:
    """``POST /session/v1/login-request``: credentials against a session."""
    data = call.body.get("data")
    if not isinstance(data, dict):
        raise SnowflakeError("login-request: the body has no 'data' object.", 390_400, "08001")
    client, version = (str(data.get(f"CLIENT_APP_{part}", "")) for part in ("ID", "VERSION"))
    attached = gateway.account.routines.attached.get(str(data.get("TOKEN") or ""))
    if attached is not None:
        user, session = attached.user, attached
    else:
        user, token_role = identify(gateway, data)
        parameters = data.get("SESSION_PARAMETERS")
        asked = with_default_warehouse(gateway, call.query, str(data.get("TOKEN") or ""))
        session = open_session(gateway, user, token_role, asked, parameters if isinstance(parameters, dict) else {})
        if str(session.parameters.get(_VALIDATE, "")).upper() == "TRUE":
            _validate(session, asked)
        session.client = f"{client} {version}".strip()
        # Source: snowflake-connector-python 4.8, aio/_file_transfer_agent.py: it awaits what is not to be awaited.
        session.copies_files = _environment(data).get("APPLICATION") != "AsyncioPythonConnector"
    tokens = gateway.sessions.add(session, arrow=_python(data), object_store=_universal(data), owned=attached is None)
    return reply.success(
        {
            "token": tokens.session,
            "masterToken": tokens.master,
            "validityInSeconds": int(gateway.sessions.session_seconds),
            "masterValidityInSeconds": int(gateway.sessions.master_seconds),
            "displayUserName": user,
            "serverVersion": SERVER_VERSION,
            "firstLogin": False,
            "remMeToken": None,
            "remMeValidityInSeconds": 0,
            "healthCheckInterval": 45,
            "newClientForUpgrade": None,
            "sessionId": session.id,
            "parameters": listed(session.parameters),
            "sessionInfo": {
                "databaseName": session.database,
                "schemaName": session.schema,
                "warehouseName": session.warehouse,
                "roleName": session.role,
            },
            "idToken": None,
            "idTokenValidityInSeconds": 0,
            "mfaToken": None,
            "mfaTokenValidityInSeconds": 0,
            "responseData": None,
        }
    )


def _validate(session: Session, asked: Mapping[str, str]) -> None:
    """Check that the session got what was asked for.

    Raises:
        SnowflakeError: 390201 for a database, schema or warehouse that does not exist.

    Source: gosnowflake, ``errors.go``, ``ErrObjectNotExistOrAuthorized``.
    """
    got = {"databaseName": session.database, "schemaName": session.schema, "warehouse": session.warehouse}
    missing = next((key for key, name in got.items() if asked.get(key) and not name), None)
    if missing is None:
        return
    session.close()
    kind = missing.removesuffix("Name")
    raise SnowflakeError(f"The requested {kind} does not exist or not authorized.", 390_201, "08004")


def _environment(data: dict[str, Any]) -> dict[str, Any]:
    found = data.get("CLIENT_ENVIRONMENT")
    return found if isinstance(found, dict) else {}


def _python(data: dict[str, Any]) -> bool:
    """Whether the client is the Python connector, under whichever name (SnowflakeSQLAlchemy, for one)."""
    runtime = _environment(data).get("PYTHON_RUNTIME") or _environment(data).get("RUNTIME_NAME")
    return str(data.get("CLIENT_APP_ID", "")).startswith("Python") or runtime == "CPython"


def _universal(data: dict[str, Any]) -> bool:
    """Whether the client is the Python connector on the drivers' common core, which copies no files by itself.

    Source: the login requests of snowflake-connector-python 3.17, 4.8 and 5.2, by themselves and below SQLAlchemy.
    """
    major = str(data.get("CLIENT_APP_VERSION", "")).partition(".")[0]
    if data.get("CLIENT_APP_ID") == "PythonConnector" and major.isdecimal():
        return int(major) >= 5
    return _environment(data).get("RUNTIME_NAME") == "CPython" and "CLIENT_CAPABILITIES" in data


def renew(gateway: Gateway, call: Call) -> Reply:
    """``POST /session/token-request``: new tokens for the master token."""
    tokens, found = gateway.sessions.renew(call.token)
    return reply.success(
        {
            "sessionToken": tokens.session,
            "masterToken": tokens.master,
            "validityInSecondsST": int(gateway.sessions.session_seconds),
            "validityInSecondsMT": int(gateway.sessions.master_seconds),
            "masterValidityInSeconds": int(gateway.sessions.master_seconds),
            "sessionId": found.session.id,
        }
    )


def heartbeat(gateway: Gateway, call: Call) -> Reply:
    """``POST /session/heartbeat``: the client is still there."""
    gateway.sessions.keep_alive(call.token)
    return reply.success()


def logout(gateway: Gateway, call: Call) -> Reply:
    """``POST /session?delete=true``: the client is done."""
    if call.query.get("delete") == "true":
        gateway.sessions.close(call.token)
    return reply.success()


def identify(gateway: Gateway, data: dict[str, Any]) -> tuple[str, str | None]:
    """The user that the credentials prove, and the only role they give (None: any role of the user's).

    Raises:
        SnowflakeError: 390100 for a wrong password; 390303, 390318 or 394400 for a token; 390144 for a method
            that is not emulated, or a key pair's token that is not valid.
    """
    method = str(data.get("AUTHENTICATOR") or "").upper()
    user = str(data.get("LOGIN_NAME") or "").upper()
    if method == OAUTH or (data.get("TOKEN") and method in {"", PAT}):
        return by_token(gateway, str(data.get("TOKEN") or ""), user, method)
    password = str(data.get("PASSWORD") or "")
    if method == PAT:
        return by_token(gateway, password, user, method)
    if method == KEY_PAIR:
        return by_key_pair(gateway, str(data.get("TOKEN") or ""), user), None
    if method not in _BY_PASSWORD:
        raise SnowflakeError(
            f"Authenticator {method} is not emulated. Use a password, a key pair, authenticator 'oauth' or "
            "'programmatic_access_token'.",
            390_144,
            "08001",
        )
    if gateway.credentials.has_password(user, password):
        return user, None
    # Where a password is expected, Snowflake takes a programmatic access token as well.
    grant = gateway.credentials.grant(password)
    if grant is not None and grant.kind == PAT:
        return by_token(gateway, password, user, PAT)
    raise SnowflakeError("Incorrect username or password was specified.", 390_100, "08001")


def by_token(gateway: Gateway, token: str, user: str, method: str) -> tuple[str, str]:
    """The user and role of a token; ``user`` is empty or must be the token's.

    Raises:
        SnowflakeError: 390303 (OAuth) or 394400 (programmatic) for an unknown token, 390318 for an expired one.
    """
    grant = gateway.credentials.grant(token)
    programmatic = method == PAT
    if grant is None or (user and grant.user != user):
        if programmatic:
            raise SnowflakeError("Programmatic access token is invalid.", 394_400, "08001")
        raise SnowflakeError("Invalid OAuth access token.", 390_303, "08001")
    if grant.expires <= gateway.account.clock.now():
        if programmatic:
            raise SnowflakeError("Programmatic access token has expired.", 394_401, "08001")
        raise SnowflakeError("OAuth access token expired.", 390_318, "08001")
    return grant.user, grant.role


def by_key_pair(gateway: Gateway, token: str, user: str = "") -> str:
    """The user whose private key has signed the token; ``user`` is empty or must be it.

    Raises:
        SnowflakeError: 390144 for a token that is not valid, or a user without that key.
    """
    user = user or key_pair.claimed_user(token)
    known = gateway.account.objects.find("USER", Name.account_level(user)) or {}
    key_pair.verify(token, user, known, gateway.account.clock.now())
    return user


def with_default_warehouse(gateway: Gateway, asked: Mapping[str, str], token: str) -> Mapping[str, str]:
    """What a client asked of its session and, where it names no warehouse, the one that its token carries."""
    grant = gateway.credentials.grant(token) if token and not asked.get("warehouse") else None
    return {**asked, "warehouse": quoted(grant.warehouse)} if grant and grant.warehouse else asked


def open_session(
    gateway: Gateway, user: str, token_role: str | None, asked: Mapping[str, str], parameters: Mapping[str, object]
) -> Session:
    """A session with the context that was asked for, else the user's defaults.

    Args:
        gateway: The account.
        user: Who was identified.
        token_role: The only role the credentials give, if they are a token.
        asked: ``databaseName``, ``schemaName``, ``warehouse``, ``roleName``, as far as given. What does not exist is
            left out, as Snowflake does.
        parameters: Session parameters.

    Raises:
        SnowflakeError: 390189 for a role that does not exist or that the token does not give.
    """
    known = gateway.account.objects.find("USER", Name.account_level(user)) or {}
    namespace = [*str(known.get("default_namespace") or "").split("."), ""]
    return gateway.account.session(
        user=user,
        role=_role(gateway, user, asked.get("roleName"), token_role),
        database=identifier(asked.get("databaseName") or namespace[0]) or None,
        schema=identifier(asked.get("schemaName") or namespace[1]) or None,
        warehouse=identifier(asked.get("warehouse") or str(known.get("default_warehouse") or "")) or None,
        parameters={str(name).upper(): value for name, value in parameters.items()},
    )


def _role(gateway: Gateway, user: str, wanted: str | None, token_role: str | None) -> str:
    known = gateway.account.objects.find("USER", Name.account_level(user)) or {}
    default = token_role or known.get("default_role") or ("ACCOUNTADMIN" if user == ADMIN else "PUBLIC")
    role = identifier(wanted) if wanted else str(default)
    exists = gateway.account.objects.find("ROLE", Name.account_level(role)) is not None
    if not exists or (token_role and role != token_role):
        raise SnowflakeError(
            f"Role '{role}' specified in the connect string does not exist or not authorized. Contact your local "
            "system administrator, or attempt to login with another role, e.g. PUBLIC.",
            390_189,
            "08001",
        )
    return role


def identifier(text: str) -> str:
    """A name as connection settings give it: upper case unless quoted."""
    if not text:
        return ""
    try:
        statement = Statement.parse(text)
        name = statement.identifier()
        statement.end()
    except SnowflakeError:
        return text.upper()
    return name
