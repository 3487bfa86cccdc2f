"""Snowflake SQL on DuckDB: tables, sessions, and the statements on them."""

from airflow_provider_spcs.emulator.engine import (
    calls,
    context_statements,
    ddl,
    query_history,
    result_scan,
    script_file,
    transaction_statements,
)
from airflow_provider_spcs.emulator.engine.core import Engine

__all__ = [
    "Engine",
    "calls",
    "context_statements",
    "ddl",
    "query_history",
    "result_scan",
    "script_file",
    "transaction_statements",
]
