"""Copies of whole schemas and databases: CLONE, and renaming, which is a copy under the new name.

Source: Snowflake's documentation, "CREATE <object> ... CLONE": internal stages are cloned, empty, where INCLUDE
INTERNAL STAGES asks for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import catalog
from airflow_provider_spcs.emulator.engine.ddl import sequences, tables, views
from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.names import Name

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.catalog import Relation
    from airflow_provider_spcs.emulator.engine.session import Session

_COPIED = ("FILE FORMAT", "FUNCTION", "PROCEDURE", "TAG")
"""What is nothing but its document."""
_WHOLE = {*_COPIED, "SEQUENCE", "SCHEMA"}
"""What a copy has of a schema, beside its tables and views."""


def check_movable(session: Session, database: str, schema: str | None = None) -> None:
    """Refuse to rename what has more than a copy would have.

    Raises:
        SnowflakeError: It holds stages, services, models or the like.
    """
    left = sorted(session.account.objects.kinds(database, schema) - _WHOLE)
    if left:
        raise unsupported(f"renaming a database or schema that holds objects of these kinds: {', '.join(left)}")


def check_clonable(session: Session, database: str, schema: str | None = None) -> None:
    """Refuse to clone what a copy would leave out without a word.

    Raises:
        SnowflakeError: It holds services, models, secrets or the like.
    """
    left = sorted(session.account.objects.kinds(database, schema) - _WHOLE - {"STAGE"})
    if left:
        raise unsupported(f"CLONE of a database or schema that holds objects of these kinds: {', '.join(left)}")


def fill_schema(session: Session, source: Name, target: Name, *, stages: bool = False) -> None:
    """Copy what a schema has into an empty one; with ``stages`` its internal stages, too, without their files."""
    objects = session.account.objects
    for item in objects.list("STAGE", source.database, source.name) if stages else []:
        objects.create("STAGE", Name(target.database, target.name, item.name.name), item.document)
    for item in objects.list("SEQUENCE", source.database, source.name):
        sequences.copy(session, item.name, Name(target.database, target.name, item.name.name))
    for kind in _COPIED:
        for item in objects.list(kind, source.database, source.name):
            objects.create(kind, Name(target.database, target.name, item.name.name), item.document)
    found = [item for item in catalog.relations(session, source.database, source.name) if not item.temporary]
    for table in [item for item in found if item.kind == "TABLE"]:
        new = Name(target.database, target.name, table.name.name)
        making = tables.Making(new, False, False, False, bool(table.document.get("transient")))
        tables.copy(session, making, table.name, with_rows=True, said={"COMMENT": table.document.get("comment", "")})
    _views(session, [item for item in found if item.kind == "VIEW"], target)


def _views(session: Session, found: list[Relation], target: Name) -> None:
    """Make views anew, names without schema meaning the new one; one may read another."""
    before = session.database, session.schema
    session.database, session.schema = target.database, target.name
    left: list[Any] = list(found)
    try:
        while left:
            failed: list[Any] = []
            problem: SnowflakeError | None = None
            for item in left:
                try:
                    views.make_again(session, item, Name(target.database, target.name, item.name.name))
                except SnowflakeError as error:
                    failed.append(item)
                    problem = error
            if problem is not None and len(failed) == len(left):
                raise problem
            left = failed
    finally:
        session.database, session.schema = before
