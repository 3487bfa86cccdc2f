"""QUERY_HISTORY: what ran, how it ended, and whose it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Connect = Callable[..., Any]


def test_history_of_a_session_has_its_statements_newest_first(connect: Connect) -> None:
    """Text, kind, status and number of rows; a failure with its errno."""
    from snowflake.connector.errors import ProgrammingError

    cursor = connect().cursor()
    cursor.execute("select column1 from values (1), (2)")
    with pytest.raises(ProgrammingError):
        cursor.execute("select * from no_such_table_at_all")
    found = cursor.execute(
        "select query_text, query_type, execution_status, error_code, rows_produced "
        "from table(information_schema.query_history_by_session()) order by start_time desc"
    ).fetchall()
    assert found[1:3] == [
        ("select * from no_such_table_at_all", "SELECT", "FAILED_WITH_ERROR", 2003, None),
        ("select column1 from values (1), (2)", "SELECT", "SUCCESS", None, 2),
    ]


def test_history_is_limited_and_in_account_usage_too(connect: Connect) -> None:
    """RESULT_LIMIT by name; the view of ACCOUNT_USAGE has the same statements."""
    cursor = connect().cursor()
    cursor.execute("select 1")
    query = "select count(*) from table(information_schema.query_history(result_limit => 1))"
    assert cursor.execute(query).fetchone() == (1,)
    mine = "select count(*) > 0 from snowflake.account_usage.query_history where user_name = current_user()"
    assert cursor.execute(mine).fetchone() == (True,)


def test_history_says_under_which_tag_a_statement_ran(connect: Connect) -> None:
    """QUERY_TAG of the session at the time."""
    cursor = connect(session_parameters={"QUERY_TAG": "nightly"}).cursor()
    cursor.execute("select 42")
    query = "select query_text from table(information_schema.query_history_by_session()) where query_tag = 'nightly'"
    assert ("select 42",) in cursor.execute(query).fetchall()


def test_session_begins_in_information_schema_when_asked(connect: Connect) -> None:
    """It is a schema of every database."""
    cursor = connect(schema="INFORMATION_SCHEMA").cursor()
    assert cursor.execute("select current_schema()").fetchone() == ("INFORMATION_SCHEMA",)


def test_show_objects_calls_a_transient_table_a_table(connect: Connect, schema: str) -> None:
    """dbt-snowflake takes any other kind for an external table, and needs to hear that it is not dynamic."""
    cursor = connect().cursor()
    cursor.execute(f"create transient table {schema}.T (i int)")
    found = cursor.execute(f"show objects in {schema}").fetchall()[0]
    shown = dict(zip([column[0] for column in cursor.description], found, strict=True))
    assert (shown["kind"], shown["is_dynamic"], shown["is_iceberg"]) == ("TABLE", "N", "N")
