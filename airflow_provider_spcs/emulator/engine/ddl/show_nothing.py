"""SHOW of kinds of objects that cannot be created here: no rows, the documented columns.

Source: Snowflake's documentation of each SHOW command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Column, Kind, Result, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_COLUMNS = {
    "STREAMS": "created_on name database_name schema_name owner comment table_name source_type base_tables type stale "
    "mode stale_after invalid_reason owner_role_type",
    "TASKS": "created_on name id database_name schema_name owner comment warehouse schedule predecessors state "
    "definition condition allow_overlapping_execution error_integration last_committed_on last_suspended_on "
    "owner_role_type config budget task_relations last_suspended_reason",
    "PIPES": "created_on name database_name schema_name definition owner notification_channel comment integration "
    "pattern error_integration owner_role_type invalid_reason",
    "DYNAMIC TABLES": "created_on name database_name schema_name cluster_by rows bytes owner target_lag refresh_mode "
    "refresh_mode_reason warehouse comment text automatic_clustering scheduling_state last_suspended_on is_clone "
    "is_replica data_timestamp owner_role_type",
    "MATERIALIZED VIEWS": "created_on name reserved database_name schema_name cluster_by rows bytes "
    "source_database_name source_schema_name source_table_name refreshed_on compacted_on owner invalid invalid_reason "
    "behind_by comment text is_secure automatic_clustering owner_role_type",
    "EXTERNAL TABLES": "created_on name database_name schema_name invalid invalid_reason owner comment stage location "
    "file_format_name file_format_type cloud region notification_channel last_refreshed_on table_format "
    "last_refresh_details owner_role_type",
    "SHARES": "created_on kind owner_account name database_name to owner comment listing_global_name",
    "MASKING POLICIES": "created_on name database_name schema_name kind owner comment owner_role_type options",
    "ROW ACCESS POLICIES": "created_on name database_name schema_name kind owner comment owner_role_type options",
}


@command(*[f"SHOW {terse}{kind}" for kind in _COLUMNS for terse in ("", "TERSE ")])
def show_nothing(session: Session, statement: Statement) -> Result:
    """SHOW of what cannot be created here: none, under the documented columns."""
    kind = " ".join(word for word in map(statement.word, range(1 - statement.at, 0)) if word != "TERSE")
    Filter.parse(session, statement)
    return Result([_column(name) for name in _COLUMNS[kind].split()], [], kind=Kind.SHOW)


def _column(name: str) -> Column:
    return timestamp_ltz(name) if name.endswith("_on") else text(name)
