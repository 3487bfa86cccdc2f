"""The account's tables and the sessions on them."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import memory
from airflow_provider_spcs.emulator.engine.parameters import DEFAULTS
from airflow_provider_spcs.emulator.engine.physical import schema_of
from airflow_provider_spcs.emulator.names import Name, quoted

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.engine.session import Session

_MEMORY_SHARE = 0.6


class Engine:
    """One DuckDB file, and whoever runs SQL on it.

    Args:
        account: Whose tables these are.
    """

    def __init__(self, account: Account) -> None:
        from airflow_provider_spcs.emulator.engine.locks import Locks
        from airflow_provider_spcs.emulator.engine.type_cache import TypeCache

        self.account = account
        self.locks = Locks()
        self.types = TypeCache(self)
        self.sessions: dict[int, Session] = {}
        self._numbers = itertools.count(int(account.clock.now().timestamp() * 1000) * 1000)
        self._connection: Any = None
        self._guard = threading.Lock()

    def open(self) -> None:
        """Open the file, drop what sessions of an earlier process left, make what a new account has."""
        from airflow_provider_spcs.emulator.engine.bootstrap import bootstrap

        self._connect()
        bootstrap(self)

    def _connect(self) -> Any:
        import duckdb

        from airflow_provider_spcs.emulator.engine.python_functions import register

        with self._guard:
            if self._connection is None:
                spill = self.account.home.directory("spill")
                self._connection = duckdb.connect(
                    str(self.account.home.tables),
                    config={
                        "memory_limit": f"{int(memory.limit() * _MEMORY_SHARE / 2**20)}MiB",
                        "temp_directory": str(spill),
                        "python_enable_replacements": "false",
                        # Extensions would be fetched from the network.
                        "autoinstall_known_extensions": "false",
                        "autoload_known_extensions": "false",
                    },
                )
                # New cursors start in the zone of a new session; SET on each would cost more than a small query.
                register(self._connection)
                self._connection.execute(f"SET GLOBAL TimeZone = '{DEFAULTS['TIMEZONE'].value}'")
            return self._connection

    def cursor(self) -> Any:
        """A DuckDB cursor on the account's tables, with its own transaction; for system code."""
        return self._connect().cursor()

    def session(
        self,
        *,
        user: str = "ADMIN",
        role: str = "ACCOUNTADMIN",
        database: str | None = None,
        schema: str | None = None,
        warehouse: str | None = None,
        parameters: dict[str, object] | None = None,
    ) -> Session:
        """A new session; a current database or schema that does not exist is left empty, as Snowflake does at login."""
        from airflow_provider_spcs.emulator.engine.session import Session

        session = Session(next(self._numbers), self.account, user=user, role=role, parameters=parameters or {})
        objects = self.account.objects
        if database and objects.find("DATABASE", Name.account_level(database)) is not None:
            session.database = database
            wanted = schema or "PUBLIC"
            if wanted == "INFORMATION_SCHEMA" or objects.find("SCHEMA", Name(database, "", wanted)) is not None:
                session.schema = wanted
        if warehouse and objects.find("WAREHOUSE", Name.account_level(warehouse)) is not None:
            session.warehouse = warehouse
        self.sessions[session.id] = session
        return session

    def make_schema(self, database: str, schema: str) -> None:
        """The DuckDB schema of a Snowflake schema, made when missing."""
        with self.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(schema_of(database, schema))}")

    def close(self) -> None:
        """End the sessions and close the file."""
        for session in list(self.sessions.values()):
            session.close()
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
