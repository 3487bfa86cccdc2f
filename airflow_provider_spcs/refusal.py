"""A connector's error as one of ours, by errno."""

from __future__ import annotations

from airflow_provider_spcs.errors import (
    NotFound,
    NotPermitted,
    NoWarehouse,
    SpcsError,
    StatementError,
    SubmitError,
)
from airflow_provider_spcs.transient import describe, errno_of, is_snowflake

ALREADY_EXISTS = 2002
#: Both are seen for an object that is gone; which of them DESCRIBE SERVICE gives is not settled by any source.
MISSING = (2003, 2043)
NOT_PERMITTED = 3001

#: errno -> class, rule, mend
_KNOWN: dict[int, tuple[type[StatementError], str, str]] = {
    2003: (NotFound, "The object exists and the role may see it", "Check the name and the role's grants"),
    2043: (NotFound, "The object exists and the role may see it", "Check the name and the role's grants"),
    3001: (NotPermitted, "The role has the privilege that the statement needs", "Grant it to the connection's role"),
    606: (NoWarehouse, "This statement needs a running warehouse", "Set a warehouse on the connection or the operator"),
    90105: (StatementError, "The session has a current database", "Set database on the connection or the operator"),
    90106: (StatementError, "The session has a current schema", "Set schema on the connection or the operator"),
    2143: (StatementError, "The account has this function", "Ask whether the feature is on in this account"),
    395069: (StatementError, "Every variable of a template has a value or a default", "Give the missing value"),
}


def refusal(error: Exception, where: str, *, submitting: bool = False) -> StatementError:
    """What to raise for a statement that failed for good.

    Args:
        error: What was caught.
        where: Names the action.
        submitting: Whether a job was being submitted: what is not known otherwise is a SubmitError then.

    Raises:
        Exception: ``error`` itself, when it is one of ours or not Snowflake's at all.
    """
    if isinstance(error, SpcsError) or not is_snowflake(error):
        raise error
    errno = errno_of(error)
    kind, rule, mend = _KNOWN.get(errno, (StatementError, "", ""))
    if submitting and not issubclass(kind, SubmitError):
        kind = SubmitError
    refused = kind(
        where,
        _what(error),
        rule,
        mend,
        errno=errno,
        sqlstate=str(getattr(error, "sqlstate", "") or ""),
        query_id=str(getattr(error, "sfqid", "") or ""),
    )
    # A refused order stays refused. Of another statement it is not known here whether a job goes on meanwhile.
    refused.hopeless = submitting and refused.asks_for_a_person
    return refused


def _what(error: Exception) -> str:
    """Snowflake's own words, without the prefix that repeats numbers and ids."""
    text = str(getattr(error, "raw_msg", None) or "").strip()
    return f"{errno_of(error)}: {text}" if text else describe(error)
