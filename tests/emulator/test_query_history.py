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
