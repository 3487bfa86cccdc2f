"""Which account a command talks to: its options, and the client they open."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from airflow_provider_spcs.commands import config_files
from airflow_provider_spcs.commands.outcome import CannotConnect
from airflow_provider_spcs.errors import InvalidInput, StatementError
from airflow_provider_spcs.transient import describe, is_snowflake, passes

if TYPE_CHECKING:
    from airflow_provider_spcs.client import SpcsClient

_PANEL = "Connection"
_LOGIN_SECONDS, _REQUEST_SECONDS = 15, 120
_PATIENCE = 60.0
_TOKEN_FILE = Path("/snowflake/session/token")
#: Words of the Snowflake CLI and of SnowSQL for what the connector calls otherwise.
_OTHER_WORDS = {
    "private_key_path": "private_key_file",
    "private_key_passphrase": "private_key_file_pwd",
    "accountname": "account",
    "username": "user",
    "dbname": "database",
    "databasename": "database",
    "schemaname": "schema",
    "rolename": "role",
    "warehousename": "warehouse",
}
_VARIABLES = (
    *("account", "user", "password", "host", "port", "protocol", "database", "schema", "role", "warehouse"),
    *("authenticator", "private_key_path", "private_key_file", "private_key_file_pwd", "token", "token_file_path"),
    *("region", "passcode", "workload_identity_provider"),
)


def _names(incomplete: str) -> list[str]:
    """Completions of --connection."""
    try:
        return [name for name in config_files.configured().connections if name.startswith(incomplete)]
    except CannotConnect:
        return []


@dataclass(frozen=True)
class Login:
    """Options that every command with a connection has."""

    connection: Annotated[
        str | None,
        typer.Option(
            "--connection",
            "-c",
            metavar="NAME",
            help="Connection of ~/.snowflake/config.toml or connections.toml. Default: SNOWFLAKE_ACCOUNT and its "
            "fellows in the environment, else the file's default connection.",
            rich_help_panel=_PANEL,
            autocompletion=_names,
        ),
    ] = None
    airflow_conn_id: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Airflow connection instead; loads Airflow.", rich_help_panel=_PANEL),
    ] = None
    database: Annotated[str | None, typer.Option(help="Instead of the connection's.", rich_help_panel=_PANEL)] = None
    schema: Annotated[
        str | None, typer.Option(help="Instead of the connection's; SCHEMA or DB.SCHEMA.", rich_help_panel=_PANEL)
    ] = None
    role: Annotated[str | None, typer.Option(help="Instead of the connection's.", rich_help_panel=_PANEL)] = None
    warehouse: Annotated[
        str | None, typer.Option(help="For our own SQL; few commands need one.", rich_help_panel=_PANEL)
    ] = None

    def open(self) -> SpcsClient:
        """A client that is logged in; close it, or use it in ``with``.

        Raises:
            CannotConnect: Nothing says where to, nobody answers there, or the login is refused.
            InvalidInput: Options contradict each other.
        """
        if self.connection and self.airflow_conn_id:
            raise InvalidInput(
                "--connection",
                "given beside --airflow-conn-id",
                "Both say where Snowflake is",
                "Keep one of them",
            )
        client = self._from_airflow() if self.airflow_conn_id else self._from_settings()
        try:
            client.open()
        except Exception as error:
            client.close()
            if isinstance(error, StatementError):
                raise self._refused(error.what, "Check account, user and credentials") from error
            if not (is_snowflake(error) or passes(error)):
                raise
            raise self._refused(
                describe(error), "Check host and account, and whether the network leads there"
            ) from error
        return client

    def _refused(self, what: str, mend: str) -> CannotConnect:
        return CannotConnect("connection", f"{self.describe()} does not open: {what}", "", mend)

    def describe(self) -> str:
        """Where the connection comes from, for a person."""
        if self.airflow_conn_id:
            return f"Airflow's {self.airflow_conn_id!r}"
        if self.connection is None and _from_environment():
            return "SNOWFLAKE_ACCOUNT of the environment"
        files = config_files.configured()
        return f"{self.connection or files.default!r} of {files.folder}"

    def parameters(self) -> dict[str, Any]:
        """What ``snowflake.connector.connect`` takes.

        Raises:
            CannotConnect: Nothing says where to.
        """
        if self.connection is None and _from_environment():
            found = _environment()
        else:
            files = config_files.configured()
            if self.connection is None and files.default not in files.connections:
                raise CannotConnect(
                    "connection",
                    f"there is no connection {files.default!r} in {files.folder}, and SNOWFLAKE_ACCOUNT is not set",
                    "A connection says which account, user and credentials to use",
                    "Add one with `snow connection add --default`, set SNOWFLAKE_ACCOUNT and its fellows, or start "
                    "`spcs emulator`, which prints one",
                    "Snowflake CLI: configure connections",
                )
            found = files.get(self.connection or files.default)
        return _usable({**found, **self._changes()})

    def _changes(self) -> dict[str, str]:
        database, schema = self.database, self.schema
        if schema and "." in schema:
            first, _, schema = schema.partition(".")
            if database and database.upper() != first.upper():
                raise InvalidInput(
                    "--schema", f"{self.schema!r} beside --database {database!r}", "They name two databases", "Keep one"
                )
            database = first
        given = {"database": database, "schema": schema, "role": self.role, "warehouse": self.warehouse}
        return {key: value for key, value in given.items() if value}

    def _from_settings(self) -> SpcsClient:
        from airflow_provider_spcs.client import SpcsClient

        parameters = self.parameters()

        def connect() -> Any:
            from snowflake.connector import connect

            return connect(**parameters)

        return SpcsClient(connect, transient_timeout=_PATIENCE, notices=logging.getLogger("spcs"))

    def _from_airflow(self) -> SpcsClient:
        from airflow_provider_spcs.commands.outcome import airflow_on_stderr

        airflow_on_stderr()
        from airflow.providers.common.compat.sdk import AirflowException

        from airflow_provider_spcs.hooks import SpcsHook

        changes: dict[str, Any] = dict(self._changes())
        hook = SpcsHook(str(self.airflow_conn_id), transient_timeout=_PATIENCE, **changes)
        try:
            hook.get_connection(hook.get_conn_id())
        except AirflowException as error:
            raise CannotConnect(
                "connection",
                f"Airflow has no connection {self.airflow_conn_id!r} ({error})",
                "It is in AIRFLOW_CONN_<ID>, a secrets backend or Airflow's database",
                "Look at `airflow connections list`",
            ) from error
        return hook


def _from_environment() -> bool:
    return bool(os.environ.get("SNOWFLAKE_ACCOUNT")) and not os.environ.get("SNOWFLAKE_DEFAULT_CONNECTION_NAME")


def _environment() -> dict[str, Any]:
    """The ``SNOWFLAKE_*`` variables; a token, or a token's file as a job's container has it, goes before a password."""
    found: dict[str, Any] = {}
    for word in _VARIABLES:
        if value := os.environ.get(f"SNOWFLAKE_{word.upper()}"):
            found[word] = value
    if os.environ.get("SNOWFLAKE_SSL", "").lower() == "off":
        found["protocol"] = "http"
    file = Path(os.environ.get("SNOWFLAKE_TOKEN_FILE") or _TOKEN_FILE)
    if not {"token", "password", "private_key_path", "private_key_file"} & set(found) and file.is_file():
        found["token"] = file.read_text().strip()
    if "token" in found:
        found.setdefault("authenticator", "oauth")
        if found["authenticator"].lower() == "oauth":
            # The token says who it is; another user beside it makes the login fail.
            found.pop("user", None)
            found.pop("password", None)
    return found


def _usable(found: dict[str, Any]) -> dict[str, Any]:
    parameters = {_OTHER_WORDS.get(key, key): value for key, value in found.items()}
    passphrase = os.environ.get("PRIVATE_KEY_PASSPHRASE")
    if passphrase and "private_key_file" in parameters:
        parameters.setdefault("private_key_file_pwd", passphrase)
    if "private_key_file" in parameters:
        parameters["private_key_file"] = str(Path(str(parameters["private_key_file"])).expanduser())
        parameters.setdefault("authenticator", "SNOWFLAKE_JWT")
    # A person waits: a server that does not answer is told soon.
    parameters.setdefault("login_timeout", _LOGIN_SECONDS)
    parameters.setdefault("network_timeout", _REQUEST_SECONDS)
    parameters.setdefault("application", "spcs_cli")
    parameters["paramstyle"] = "qmark"
    return parameters
