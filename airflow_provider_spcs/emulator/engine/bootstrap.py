"""What a new account has: databases, a warehouse, roles, a user, the event table, our SQL macros."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import physical, temporary
from airflow_provider_spcs.emulator.engine.macros import MACROS
from airflow_provider_spcs.emulator.engine.types import ZONED
from airflow_provider_spcs.emulator.names import Name, quoted

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.core import Engine

_ROLES = {
    "ACCOUNTADMIN": "Account administrator can manage all aspects of the account.",
    "ORGADMIN": "Organization administrator can manage organization and accounts.",
    "PUBLIC": "Public role is automatically available to every user in the account.",
    "SECURITYADMIN": "Security administrator can manage security aspects of the account.",
    "SYSADMIN": "System administrator can create and manage databases and warehouses.",
    "USERADMIN": "User administrator can create and manage users and roles",
}
UNFINISHED = "unfinished"
"""Says of a schema or database that it is being copied, or dropped after that: after a kill it is swept away."""
_SCHEMAS = [("EMULATOR", "PUBLIC"), ("SNOWFLAKE", "TELEMETRY"), ("SNOWFLAKE", "CORE"), ("SNOWFLAKE", "ML")]

EVENTS = """CREATE TABLE IF NOT EXISTS "SNOWFLAKE.TELEMETRY"."EVENTS" (
    "TIMESTAMP" TIMESTAMP, "START_TIMESTAMP" TIMESTAMP, "OBSERVED_TIMESTAMP" TIMESTAMP, "TRACE" JSON, "RESOURCE" JSON,
    "RESOURCE_ATTRIBUTES" JSON, "SCOPE" JSON, "SCOPE_ATTRIBUTES" JSON, "RECORD_TYPE" VARCHAR, "RECORD" JSON,
    "RECORD_ATTRIBUTES" JSON, "VALUE" JSON, "EXEMPLARS" JSON)"""
_OBJECTS = ["TRACE", "RESOURCE", "RESOURCE_ATTRIBUTES", "SCOPE", "SCOPE_ATTRIBUTES", "RECORD", "RECORD_ATTRIBUTES"]


def bootstrap(engine: Engine) -> None:
    """Make what is missing; safe to repeat."""
    cursor = engine.cursor()
    temporary.sweep(cursor)
    cursor.execute("BEGIN")
    for macro in MACROS:
        cursor.execute(f"CREATE OR REPLACE MACRO {macro}")
    cursor.execute("COMMIT")
    _migrate(cursor)
    _sweep(engine, cursor)
    for database in ("EMULATOR", "SNOWFLAKE"):
        _make(engine, "DATABASE", Name.account_level(database), "")
    for database, schema in _SCHEMAS:
        _make(engine, "SCHEMA", Name(database, "", schema), "")
        engine.make_schema(database, schema)
    cursor.execute(EVENTS)
    for column in _OBJECTS:
        cursor.execute(f"""COMMENT ON COLUMN "SNOWFLAKE.TELEMETRY"."EVENTS"."{column}" IS '{{"type":"OBJECT"}}'""")
    cursor.execute(
        'CREATE VIEW IF NOT EXISTS "SNOWFLAKE.TELEMETRY"."EVENTS_VIEW" AS SELECT * FROM "SNOWFLAKE.TELEMETRY"."EVENTS"'
    )
    for role, comment in _ROLES.items():
        _make(engine, "ROLE", Name.account_level(role), comment)
    _make(engine, "USER", Name.account_level("ADMIN"), "")
    _make(engine, "WAREHOUSE", Name.account_level("COMPUTE_WH"), "", size="X-Small", state="STARTED", auto_suspend=600)
    cursor.close()


def _sweep(engine: Engine, cursor: Any) -> None:
    """Drop what a killed CLONE or RENAME left half made."""
    objects = engine.account.objects
    for kind in ("DATABASE", "SCHEMA"):
        for item in [found for found in objects.list(kind) if found.document.get(UNFINISHED)]:
            database, schema = (item.name.name, None) if kind == "DATABASE" else (item.name.database, item.name.name)
            for inner in objects.list("SCHEMA", database) if schema is None else [item]:
                stored = quoted(physical.schema_of(database, inner.name.name))
                cursor.execute(f"DROP SCHEMA IF EXISTS {stored} CASCADE")
            objects.drop_within(database, schema)
            objects.drop(kind, item.name)


def _migrate(cursor: Any) -> None:
    """Bring the tables of an older home up to date: names of columns carry their case, TIMESTAMP_TZ its offset."""
    _zone_columns(cursor)
    found = cursor.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() SEMI JOIN duckdb_tables() USING (table_oid) "
        "WHERE contains(schema_name, '.') AND column_name <> upper(column_name) AND NOT contains(column_name, '%~')"
    ).fetchall()
    for schema, table, column in found:
        stored = quoted(physical.column(column))
        cursor.execute(f"ALTER TABLE {quoted(schema)}.{quoted(table)} RENAME COLUMN {quoted(column)} TO {stored}")


def _zone_columns(cursor: Any) -> None:
    found = cursor.execute(
        "SELECT schema_name, table_name, column_name FROM duckdb_columns() SEMI JOIN duckdb_tables() USING (table_oid) "
        "WHERE data_type = 'TIMESTAMP WITH TIME ZONE' AND contains(comment, '\"type\": \"TIMESTAMP_TZ')"
    ).fetchall()
    for schema, table, column in found:
        place = f"ALTER TABLE {quoted(schema)}.{quoted(table)} ALTER COLUMN {quoted(column)}"
        cursor.execute(f"{place} DROP DEFAULT")
        cursor.execute(f"{place} TYPE {ZONED} USING sf_moment_at({quoted(column)}, 0)")


def _make(engine: Engine, kind: str, name: Name, comment: str, **more: object) -> None:
    objects = engine.account.objects
    if objects.find(kind, name) is None:
        now = engine.account.clock.now().isoformat()
        objects.create(kind, name, {"created_on": now, "owner": "ACCOUNTADMIN", "comment": comment, **more})
