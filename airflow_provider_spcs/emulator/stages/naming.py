"""From what a statement says of a file format to the format itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine import catalog
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.stages.formats import FileFormat
from airflow_provider_spcs.emulator.stages.options import read
from airflow_provider_spcs.emulator.stages.reference import parse
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session


def format_name(session: Session, written: str) -> Name:
    """The full name of a file format.

    Raises:
        SnowflakeError: 1003 when it is no name.
    """
    statement = Statement.parse(written)
    parts = statement.name()
    statement.end()
    return session.qualify(parts)


def named_format(session: Session, written: str) -> FileFormat:
    """A file format by name.

    Raises:
        SnowflakeError: 2003 when it is missing.
    """
    name = format_name(session, written)
    return FileFormat.of(session.account.stages.objects.get(session, "FILE FORMAT", name)["options"])


def resolve(session: Session, given: Any, reference: str | None = None) -> FileFormat:
    """The format that a FILE_FORMAT option means; without one the stage's own, else CSV with its defaults.

    Args:
        session: Whose current schema completes a name.
        given: The option's value: a name, or ``{"TYPE": ...}``, or ``{"FORMAT_NAME": ...}``, or None.
        reference: The stage that is read or written.

    Raises:
        SnowflakeError: 2003 when a named format is missing; others for bad options.
    """
    if given is None:
        given = _of_stage(session, reference)
    if not isinstance(given, dict):
        return named_format(session, str(given))
    if "FORMAT_NAME" in given:
        base = named_format(session, str(given["FORMAT_NAME"])).document
        return FileFormat.of(base | {key: value for key, value in given.items() if key != "FORMAT_NAME"})
    return FileFormat.of(given)


def _of_stage(session: Session, reference: str | None) -> Any:
    parsed = parse(reference) if reference else None
    if parsed is not None and parsed.kind == "table":
        return _of_table(session, session.qualify(parsed.parts))
    if parsed is None or parsed.kind != "stage":
        return {}
    return session.account.stages.stage(session, session.qualify(parsed.parts)).get("file_format") or {}


def _of_table(session: Session, name: Name) -> Any:
    """The STAGE_FILE_FORMAT of a table, as its CREATE TABLE said it."""
    found = catalog.find(session, name)
    said = found.document.get("stage_file_format") if found is not None else None
    return read(Statement.parse(f"FILE_FORMAT = {said}"), {"FILE_FORMAT"})["FILE_FORMAT"] if said else {}
