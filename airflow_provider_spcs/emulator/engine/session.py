"""One session: its context, its transaction, its temporary objects."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator import disk, registry
from airflow_provider_spcs.emulator.deviations import refuses
from airflow_provider_spcs.emulator.engine import dml, physical, pipes, query
from airflow_provider_spcs.emulator.engine.literals import sql_text
from airflow_provider_spcs.emulator.engine.parameters import DEFAULTS
from airflow_provider_spcs.emulator.engine.preview import preview
from airflow_provider_spcs.emulator.engine.running import Running
from airflow_provider_spcs.emulator.engine.show import terse
from airflow_provider_spcs.emulator.engine.transaction import Transaction
from airflow_provider_spcs.emulator.errors import (
    COVERAGE_PAGE,
    SnowflakeError,
    does_not_exist,
    no_current,
    syntax_error,
    unsupported,
)
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.result import Result
from airflow_provider_spcs.emulator.routines import anonymous
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account

_QUERIES = {"SELECT", "WITH", "(", "VALUES"}
_GROWING = {"CREATE", "INSERT", "UPDATE", "MERGE", "COPY", "PUT", "UNDROP"}
"""Statements that need room on the disk."""
_KNOWN_BUT_REFUSED = {"CREATE", "ALTER", "DROP", "SHOW", "DESC", "DESCRIBE", "EXECUTE", "UNDROP", "COPY", "PUT", "GET"}


class Session:
    """A client's connection as the engine sees it.

    Args:
        session_id: Unique in the account, as ``CURRENT_SESSION()`` says it.
        account: The account.
        user: Who logged in.
        role: Current role.
        parameters: Session parameters that the client set at login; any case.
    """

    def __init__(
        self, session_id: int, account: Account, *, user: str, role: str, parameters: dict[str, object]
    ) -> None:
        self.id = session_id
        self.account = account
        self.user = user
        self.role = role
        self.database: str | None = None
        self.schema: str | None = None
        self.warehouse: str | None = None
        self.parameters: dict[str, object] = {name: default.value for name, default in DEFAULTS.items()}
        self.parameters.update({name.upper(): value for name, value in parameters.items()})
        self.client = ""
        """Name and version of the driver that logged in; CURRENT_CLIENT() says it."""
        self.copies_files = True
        """Whether its client can copy files to and from a stage."""
        self.variables: dict[str, object] = {}
        self.temporary: dict[Name, str] = {}
        """Temporary tables and views: their name and the hidden physical one."""
        self.routines: dict[tuple[str, Name], dict[str, Any]] = {}
        """Temporary functions and procedures, by kind and name with signature."""
        self.query_ids: list[str] = []
        self.query_id = ""
        """Of the statement that runs now; empty when nobody numbered it."""
        self.statement_text = ""
        """What the client wrote as that statement."""
        self.last_query_id = ""
        """Set by whoever numbers the statements; LAST_QUERY_ID() says it."""
        self.piped: list[Result] = []
        """The results of a chain's statements so far."""
        self.running = Running()
        self.transaction = Transaction(self)

    @property
    def cancelled(self) -> threading.Event:
        """Set when the statement of this thread is to stop."""
        return self.running.event

    def current_database(self) -> str:
        """The current database.

        Raises:
            SnowflakeError: 90105 when there is none.
        """
        if self.database is None:
            raise no_current("database")
        return self.database

    def current_schema(self) -> str:
        """The current schema.

        Raises:
            SnowflakeError: 90106 when there is none.
        """
        if self.schema is None:
            raise no_current("schema")
        return self.schema

    def qualify(self, parts: Sequence[str]) -> Name:
        """The full name of an object of a schema, the current database and schema filled in.

        Raises:
            SnowflakeError: 90105 or 90106 without a current database or schema; 1003 for more than three parts.
        """
        if not 1 <= len(parts) <= 3:
            raise syntax_error(".".join(parts))
        *outer, name = parts
        if len(outer) == 2:
            return Name(outer[0], outer[1] or "PUBLIC", name)
        database = self.current_database()
        return Name(database, outer[0] if outer else self.current_schema(), name)

    def execute(self, sql: str, binds: Sequence[object] = (), *, query_id: str = "") -> Result:
        """Run exactly one statement; afterwards ``LAST_QUERY_ID()`` says ``query_id``.

        Raises:
            SnowflakeError: The statement failed, in the way that Snowflake says it.
        """
        self.query_id, self.statement_text = query_id, sql
        with self.running.statement(query_id):
            result = self._dispatch(_parsed(sql, binds))
        if query_id:
            self.last_query_id = query_id
            self.query_ids.append(query_id)
        return result

    def execute_many(self, sql: str, rows: Sequence[Sequence[object]], *, query_id: str = "") -> Result:
        """Run one DML statement once for each row of values, all in one transaction (array binding)."""
        disk.check(self.account.home.root)
        with self.running.statement(query_id):
            result = dml.run_many(self, _parsed(sql, ()), rows)
        if query_id:
            self.last_query_id = query_id
            self.query_ids.append(query_id)
        return result

    def describe(self, sql: str, binds: Sequence[object] = ()) -> Result:
        """The columns a statement would return; nothing is run."""
        return preview(self, _parsed(sql, binds))

    def _dispatch(self, statement: Statement) -> Result:
        if statement.word() in _GROWING:
            disk.check(self.account.home.root)
        if pipes.piped(statement):
            return pipes.run(self, statement)
        handler = registry.find_command(statement)
        if handler is not None:
            result = handler(self, statement)
            words = [token.text.upper() for token in statement.tokens[:3]]
            return terse(result, words[2].removesuffix("S")) if words[:2] == ["SHOW", "TERSE"] else result
        if anonymous.called(statement):
            return anonymous.run(self, statement)
        word = statement.word() or statement.tokens[0].text
        if word in _QUERIES:
            return query.run(self, statement)
        if word in {"INSERT", "UPDATE", "DELETE", "MERGE"}:
            return dml.run(self, statement)
        if word in _KNOWN_BUT_REFUSED:
            raise unsupported(" ".join(filter(None, (statement.word(index) for index in range(4)))))
        raise _unknown(statement)

    def rows(self, sql: str, binds: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and read all its rows as Python values."""
        return query.all_rows(self.execute(sql, binds))

    def relation(self, name: Name) -> str:
        """SQL text of a table or view of DuckDB; a temporary one hides a permanent one of the same name."""
        return physical.relation(name, self.temporary.get(name))

    def check_schema(self, name: Name) -> None:
        """Check that the database and schema of a name exist.

        Raises:
            SnowflakeError: 2003 when one does not.
        """
        objects = self.account.objects
        if objects.find("DATABASE", Name.account_level(name.database)) is None:
            raise does_not_exist("Database", Name.account_level(name.database))
        if name.schema != "INFORMATION_SCHEMA" and objects.find("SCHEMA", Name(name.database, "", name.schema)) is None:
            raise does_not_exist("Schema", Name(name.database, name.schema, ""))

    def cursor(self) -> Any:
        """A DuckDB cursor of its own, in the session's time zone."""
        cursor = self.account.engine.cursor()
        zone = str(self.parameters["TIMEZONE"])
        if zone != DEFAULTS["TIMEZONE"].value:
            cursor.execute(f"SET TimeZone = {sql_text(zone)}")
        return cursor

    def cancel(self, query_id: str | None = None) -> None:
        """Stop one statement by its id, or all that run now; callable from any thread."""
        self.running.cancel(query_id)

    def close(self) -> None:
        """Roll back, drop the temporary objects, forget the session."""
        from airflow_provider_spcs.emulator.engine.temporary import drop_all

        self.account.engine.sessions.pop(self.id, None)
        self.transaction.close()
        drop_all(self)
        self.account.stages.end_session(self)


def _unknown(statement: Statement) -> SnowflakeError:
    error = statement.unexpected()
    message = f"{error.message} The statements known here: {COVERAGE_PAGE}."
    return SnowflakeError(message, error.errno, error.sqlstate, line=error.line, position=error.position)


def _parsed(sql: str, binds: Sequence[object]) -> Statement:
    statement = Statement.parse(sql, binds)
    while statement.tokens and statement.tokens[-1].text == ";":
        statement.tokens.pop()
    if not statement.tokens:
        raise SnowflakeError("Empty SQL statement.", 900, "42601")
    return statement


refuses(
    "statements",
    "tasks, streams, pipes, dynamic tables, policies, materialized views (CREATE, ALTER, DROP)",
    "functions and procedures in JAVASCRIPT, JAVA and SCALA; their SECRETS and EXTERNAL_ACCESS_INTEGRATIONS",
    "UNDROP of schemas and databases",
)
