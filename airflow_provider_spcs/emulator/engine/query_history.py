"""QUERY_HISTORY: the statements that ran since the server started, the last 10,000 of them.

Source: Snowflake's documentation, "QUERY_HISTORY, QUERY_HISTORY_BY_*".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_spcs.emulator.registry import table
from airflow_provider_spcs.emulator.result import Result, boolean, number, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.wire.running import Query

_MOST = 10_000
_COLUMNS = [
    *map(text, ["QUERY_ID", "QUERY_TEXT", "DATABASE_NAME", "SCHEMA_NAME", "QUERY_TYPE"]),
    number("SESSION_ID"),
    *map(text, ["USER_NAME", "ROLE_NAME", "WAREHOUSE_NAME", "WAREHOUSE_SIZE", "WAREHOUSE_TYPE"]),
    number("CLUSTER_NUMBER"),
    *map(text, ["QUERY_TAG", "EXECUTION_STATUS"]),
    number("ERROR_CODE"),
    text("ERROR_MESSAGE"),
    timestamp_ltz("START_TIME"),
    timestamp_ltz("END_TIME"),
    *map(number, ["TOTAL_ELAPSED_TIME", "BYTES_SCANNED", "ROWS_PRODUCED", "COMPILATION_TIME", "EXECUTION_TIME",
                  "QUEUED_PROVISIONING_TIME", "QUEUED_REPAIR_TIME", "QUEUED_OVERLOAD_TIME",
                  "TRANSACTION_BLOCKED_TIME"]),
    boolean("IS_CLIENT_GENERATED_STATEMENT"),
]  # fmt: skip
_TWO_WORDS = {"CREATE", "ALTER", "DROP", "TRUNCATE", "RENAME"}
_BETWEEN = {"OR", "REPLACE", "TEMPORARY", "TEMP", "SCOPED", "TRANSIENT", "SECURE"}


@table("INFORMATION_SCHEMA.QUERY_HISTORY")
def query_history(session: Session, **asked: Any) -> Result:
    """Statements since the server started, newest first; by END_TIME_RANGE_START and _END, RESULT_LIMIT."""
    return _history(session, asked)


@table("INFORMATION_SCHEMA.QUERY_HISTORY_BY_SESSION")
def query_history_by_session(session: Session, session_id: int | str | None = None, **asked: Any) -> Result:
    """The same of one session; of the current one by default."""
    return _history(session, asked, session_id=int(session_id) if session_id is not None else session.id)


@table("INFORMATION_SCHEMA.QUERY_HISTORY_BY_USER")
def query_history_by_user(session: Session, user_name: str | None = None, **asked: Any) -> Result:
    """The same of one user; of the current one by default."""
    return _history(session, asked, user=str(user_name or session.user).upper())


@table("INFORMATION_SCHEMA.QUERY_HISTORY_BY_WAREHOUSE")
def query_history_by_warehouse(session: Session, warehouse_name: str | None = None, **asked: Any) -> Result:
    """The same of one warehouse; of the current one by default."""
    return _history(session, asked, warehouse=str(warehouse_name or session.warehouse or "").upper())


def everything(session: Session) -> Result:
    """All that is remembered, as ACCOUNT_USAGE has it."""
    return _history(session, {"result_limit": _MOST})


def _history(session: Session, asked: dict[str, Any], **only: object) -> Result:
    limit = int(asked.get("result_limit") or 100)
    first, last = _moment(asked.get("end_time_range_start")), _moment(asked.get("end_time_range_end"))
    rows: list[tuple[object, ...]] = []
    for query in session.account.queries.latest(_MOST):
        ended = datetime.fromtimestamp(query.ended, UTC) if query.ended else None
        known = {"session_id": query.session_id, "user": query.user, "warehouse": query.context.get("warehouse")}
        if any(known[name] != wanted for name, wanted in only.items()):
            continue
        if (first is not None and ended is not None and ended < first) or (
            last is not None and (ended is None or ended > last)
        ):
            continue
        rows.append(_row(query, ended))
        if len(rows) == limit:
            break
    return Result(_COLUMNS, rows)


def _moment(value: Any) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value
    found = datetime.fromisoformat(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _row(query: Query, ended: datetime | None) -> tuple[object, ...]:
    context = query.context
    parameters = cast("dict[str, object]", context.get("parameters") or {})
    elapsed = int((query.ended - query.started) * 1000) if query.ended else None
    size = "X-Small" if context.get("warehouse") else None
    return (
        query.id, query.request.sql, context.get("database"), context.get("schema"), _kind(query.request.sql),
        query.session_id, query.user, context.get("role"), context.get("warehouse"), size,
        "STANDARD" if size else None, 1 if size else None, str(parameters.get("QUERY_TAG") or ""), query.status,
        query.error.errno if query.error else None, query.error.message if query.error else None,
        datetime.fromtimestamp(query.started, UTC), ended, elapsed, 0,
        query.stored.rows if query.stored else None, 0, elapsed, 0, 0, 0, 0, False,
    )  # fmt: skip


def _kind(sql: str) -> str:
    words = [word.strip("(;").upper() for word in sql.split()[:6]]
    if not words:
        return "UNKNOWN"
    if words[0] in _TWO_WORDS:
        rest = [word for word in words[1:] if word not in _BETWEEN]
        return f"{words[0]}_{rest[0]}" if rest else words[0]
    return "SELECT" if words[0] == "WITH" else words[0]
