"""One statement over the held connection, tried again while it may pass, refused in our own words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_provider_spcs import rows, sql
from airflow_provider_spcs.errors import NotFound, SpcsError
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.refusal import refusal
from airflow_provider_spcs.rows import JobState
from airflow_provider_spcs.session import HeldConnection, Reply
from airflow_provider_spcs.sql import Sql
from airflow_provider_spcs.transient import Patience, passes


class Calls:
    """Runs statements.

    Args:
        held: The connection.
        patience: Makes what bears errors that pass; anew for each statement.
        notice: Gets one line for each such error.
    """

    def __init__(self, held: HeldConnection, patience: Callable[[], Patience], notice: Callable[[str], None]) -> None:
        self._held = held
        self._patience = patience
        self._notice = notice

    def once(self, statement: Sql) -> Reply:
        """Run a statement, and raise what the connector raises."""
        return self._held.run(*statement)

    def run(self, statement: Sql, where: str) -> Reply:
        """Run a statement that may be run twice.

        Raises:
            StatementError: Snowflake refused it.
            TransientError: It could not be run for the whole time.
        """
        try:
            return self._patience().call(lambda: self.once(statement), where, self._notice)
        except SpcsError:
            raise
        except Exception as error:
            raise refusal(error, where) from error

    def rows_if_there(self, statement: Sql) -> list[dict[str, Any]]:
        """The rows; none when the object is missing."""
        try:
            return self.run(statement, statement.text).rows
        except NotFound:
            return []

    def describe(self, job: JobName) -> JobState | None:
        """DESCRIBE SERVICE; None when it is missing."""
        return self._patience().call(lambda: self.describe_once(job), f"DESCRIBE SERVICE {job}", self._notice)

    def describe_once(self, job: JobName) -> JobState | None:
        """As :meth:`describe`, raising errors that pass as they are."""
        try:
            found = self.once(sql.describe_job(job)).rows
        except Exception as error:
            if passes(error):
                raise
            refused = refusal(error, f"DESCRIBE SERVICE {job}")
            if isinstance(refused, NotFound):
                return None
            raise refused from error
        return rows.job_state(found[0]) if found else None
