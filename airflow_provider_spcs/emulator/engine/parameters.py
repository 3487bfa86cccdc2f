"""Session parameters: their defaults as a new Snowflake account has them."""

from __future__ import annotations

from typing import NamedTuple


class Parameter(NamedTuple):
    """One parameter: its default, the type SHOW PARAMETERS says, what it does."""

    value: object
    type: str
    description: str


DEFAULTS: dict[str, Parameter] = {
    "ABORT_DETACHED_QUERY": Parameter(False, "BOOLEAN", "If true, statements are aborted when the client is gone"),
    "AUTOCOMMIT": Parameter(True, "BOOLEAN", "Whether each statement commits by itself"),
    "BINARY_INPUT_FORMAT": Parameter("HEX", "STRING", "Format of text that becomes binary"),
    "BINARY_OUTPUT_FORMAT": Parameter("HEX", "STRING", "Format of binary that becomes text"),
    "CLIENT_RESULT_CHUNK_SIZE": Parameter(160, "NUMBER", "Size of result chunks in megabytes"),
    "CLIENT_SESSION_KEEP_ALIVE": Parameter(False, "BOOLEAN", "Whether clients keep an idle session alive"),
    "CLIENT_TIMESTAMP_TYPE_MAPPING": Parameter("TIMESTAMP_LTZ", "STRING", "Type of timestamps that clients bind"),
    "DATE_INPUT_FORMAT": Parameter("AUTO", "STRING", "Format of text that becomes a date"),
    "DATE_OUTPUT_FORMAT": Parameter("YYYY-MM-DD", "STRING", "Format of dates as text"),
    "ERROR_ON_NONDETERMINISTIC_UPDATE": Parameter(False, "BOOLEAN", "Refuse updates that match several rows"),
    "LOCK_TIMEOUT": Parameter(43200, "NUMBER", "Seconds to wait for a lock"),
    "MULTI_STATEMENT_COUNT": Parameter(1, "NUMBER", "Statements in one request; 0 for any number"),
    "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": Parameter("ARROW", "STRING", "Format of results for the connector"),
    "QUERY_TAG": Parameter("", "STRING", "Text that marks the session's statements"),
    "QUOTED_IDENTIFIERS_IGNORE_CASE": Parameter(False, "BOOLEAN", "Whether quoted names lose their case"),
    "ROWS_PER_RESULTSET": Parameter(0, "NUMBER", "Most rows of a result; 0 for all"),
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": Parameter(0, "NUMBER", "Seconds a statement may be queued"),
    "STATEMENT_TIMEOUT_IN_SECONDS": Parameter(172800, "NUMBER", "Seconds a statement may run"),
    "TIMESTAMP_INPUT_FORMAT": Parameter("AUTO", "STRING", "Format of text that becomes a timestamp"),
    "TIMESTAMP_LTZ_OUTPUT_FORMAT": Parameter("", "STRING", "Format of TIMESTAMP_LTZ as text"),
    "TIMESTAMP_NTZ_OUTPUT_FORMAT": Parameter("YYYY-MM-DD HH24:MI:SS.FF3", "STRING", "Format of TIMESTAMP_NTZ as text"),
    "TIMESTAMP_OUTPUT_FORMAT": Parameter("YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM", "STRING", "Format of timestamps as text"),
    "TIMESTAMP_TYPE_MAPPING": Parameter("TIMESTAMP_NTZ", "STRING", "What plain TIMESTAMP means"),
    "TIMESTAMP_TZ_OUTPUT_FORMAT": Parameter("", "STRING", "Format of TIMESTAMP_TZ as text"),
    "TIMEZONE": Parameter("America/Los_Angeles", "STRING", "Time zone of the session"),
    "TIME_INPUT_FORMAT": Parameter("AUTO", "STRING", "Format of text that becomes a time"),
    "TIME_OUTPUT_FORMAT": Parameter("HH24:MI:SS", "STRING", "Format of times as text"),
    "TRANSACTION_ABORT_ON_ERROR": Parameter(False, "BOOLEAN", "Whether an error ends the transaction"),
    "TWO_DIGIT_CENTURY_START": Parameter(1970, "NUMBER", "First year of the century of two-digit years"),
    "USE_CACHED_RESULT": Parameter(True, "BOOLEAN", "Whether results may come from the cache"),
    "WEEK_OF_YEAR_POLICY": Parameter(0, "NUMBER", "How weeks of the year are counted"),
    "WEEK_START": Parameter(0, "NUMBER", "First day of the week; 0 for ISO"),
}
_NAMES = {
    *("ACTIVE_PYTHON_PROFILER", "AUTOCOMMIT_API_SUPPORTED", "CORTEX_MODELS_ALLOWLIST", "DEFAULT_DDL_COLLATION"),
    *("DEFAULT_NULL_ORDERING", "ENFORCE_NETWORK_RULES_FOR_INTERNAL_STAGES", "ERROR_ON_NONDETERMINISTIC_MERGE"),
    *("GEOGRAPHY_OUTPUT_FORMAT", "GEOMETRY_OUTPUT_FORMAT", "HYBRID_TABLE_LOCK_TIMEOUT", "JSON_INDENT"),
    *("LOG_EVENT_LEVEL", "LOG_LEVEL", "METRIC_LEVEL", "NOORDER_SEQUENCE_AS_DEFAULT", "PYTHON_PROFILER_MODULES"),
    *("PYTHON_PROFILER_TARGET_STAGE", "QUERY_RESULT_FORMAT", "READ_CONSISTENCY_MODE", "S3_STAGE_VPCE_DNS_NAME"),
    *("SEARCH_PATH", "SIMULATED_DATA_SHARING_CONSUMER", "STRICT_JSON_OUTPUT", "TIMESTAMP_DAY_IS_ALWAYS_24H"),
    *("TRACE_LEVEL", "TRANSACTION_DEFAULT_ISOLATION_LEVEL", "UNSUPPORTED_DDL_ACTION", "USE_CACHED_RESULT"),
}
_OF_CLIENTS = ("CLIENT_", "ENABLE_", "FEATURE_", "GO_", "JDBC_", "JS_", "ODBC_", "PYTHON_", "SNOWPARK_")


def known(name: str) -> bool:
    """Whether a session has a parameter of this name, or a client may set it for itself.

    Source: Snowflake's documentation, "Parameters": session parameters. Those that clients set are not all documented.
    """
    return name in DEFAULTS or name in _NAMES or name.startswith(_OF_CLIENTS)


ACCOUNT: dict[str, Parameter] = {
    "EVENT_TABLE": Parameter("snowflake.telemetry.events", "STRING", "Event table of the account"),
    "LOG_EVENT_LEVEL": Parameter("OFF", "STRING", "Severity of platform events that are recorded"),
    "LOG_LEVEL": Parameter("OFF", "STRING", "Severity of log messages that are recorded"),
    "METRIC_LEVEL": Parameter("NONE", "STRING", "Whether metrics are recorded"),
    "TRACE_LEVEL": Parameter("OFF", "STRING", "Whether trace events are recorded"),
}
