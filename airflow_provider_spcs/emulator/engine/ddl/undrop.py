"""UNDROP TABLE: what DROP TABLE leaves for a day, under a hidden name.

Source: Snowflake's documentation, "UNDROP TABLE" and "Understanding & using Time Travel" (one day by default).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.deviations import deviates
from airflow_provider_spcs.emulator.engine import catalog, physical
from airflow_provider_spcs.emulator.errors import already_exists, does_not_exist, unsupported
from airflow_provider_spcs.emulator.names import Name, quoted
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.catalog import Relation
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_LIST = f"SELECT schema_name, table_name FROM duckdb_tables() WHERE contains(table_name, '{physical.DROPPED}')"


def keep(session: Session, cursor: Any, table: Relation) -> None:
    """Hide a table in place of dropping it, and drop for good what was hidden longer than it is kept."""
    now = session.account.clock.now()
    days = float(str(table.document.get("data_retention_time_in_days", 1)))
    for schema, stored in cursor.execute(_LIST).fetchall():
        if _until(stored) <= now.timestamp():
            cursor.execute(f"DROP TABLE {quoted(schema)}.{quoted(stored)}")
    relation = physical.relation(table.name, table.physical)
    if not days:
        cursor.execute(f"DROP TABLE {relation}")
        return
    until = int((now + timedelta(days=days)).timestamp() * 1_000_000)
    cursor.execute(f"ALTER TABLE {relation} RENAME TO {quoted(physical.dropped(table.name.name, until))}")


def _until(stored: str) -> float:
    """Until when a hidden table is kept, in seconds since 1970; its name says so."""
    return int(stored.rpartition(physical.DROPPED)[2]) / 1_000_000


@command("UNDROP TABLE")
def undrop_table(session: Session, statement: Statement) -> Result:
    """UNDROP TABLE: the newest of its name that DROP TABLE dropped within its retention time."""
    name = session.qualify(statement.name())
    statement.end()
    session.check_schema(name)
    if catalog.find(session, name) is not None:
        raise already_exists(name)
    stored = _newest(session, name)
    if stored is None:
        raise does_not_exist("Table", name, "42S02")
    relation = physical.relation(name, stored)
    session.transaction.ddl(
        [name], lambda cursor: cursor.execute(f"ALTER TABLE {relation} RENAME TO {quoted(physical.encode(name.name))}")
    )
    return status(f"Table {name.name} successfully restored.")


def _newest(session: Session, name: Name) -> str | None:
    now: datetime = session.account.clock.now()
    prefix = f"{physical.encode(name.name)}{physical.DROPPED}"
    schema = physical.schema_of(name.database, name.schema)
    with session.account.engine.cursor() as cursor:
        rows = cursor.execute(_LIST).fetchall()
    found = [stored for its, stored in rows if its == schema and stored.startswith(prefix)]
    return max((stored for stored in found if _until(stored) > now.timestamp()), key=_until, default=None)


@command("UNDROP", "UNDROP SCHEMA", "UNDROP DATABASE")
def undrop(session: Session, statement: Statement) -> Result:
    """Refused for all but tables: the emulator keeps nothing else of what is dropped."""
    del session
    kind = statement.word(-1)
    raise unsupported(f"{'' if kind == 'UNDROP' else 'UNDROP '}{kind} {statement.rest()}")


deviates("tables", "UNDROP TABLE brings back what DROP TABLE dropped, not what CREATE OR REPLACE replaced.")
