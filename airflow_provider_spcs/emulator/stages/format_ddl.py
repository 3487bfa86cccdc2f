"""CREATE, ALTER, DROP, SHOW and DESCRIBE FILE FORMAT."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import already_exists
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, status, text, timestamp_ltz
from airflow_provider_spcs.emulator.stages.creating import Creation, prefixes
from airflow_provider_spcs.emulator.stages.ddl import property_text, property_type
from airflow_provider_spcs.emulator.stages.formats import OPTION_NAMES, FileFormat
from airflow_provider_spcs.emulator.stages.options import read

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


@command(*prefixes("FILE FORMAT"))
def create_file_format(session: Session, statement: Statement) -> Result:
    """Create a file format of TYPE CSV, JSON or PARQUET, temporary or not."""
    asked = Creation.read(session, statement)
    given = read(statement, OPTION_NAMES | {"COMMENT"})
    statement.end()
    comment = str(given.pop("COMMENT", ""))
    options = FileFormat.of(given).document
    objects = session.account.stages.objects
    if objects.exists(session, "FILE FORMAT", asked.name, temporary=asked.temporary):
        if asked.if_not_exists:
            return status(f"{asked.name.name} already exists, statement succeeded.")
        if not asked.replace:
            raise already_exists(asked.name)
        objects.drop(session, "FILE FORMAT", asked.name)
    document = {
        "created_on": session.account.clock.now().isoformat(),
        "owner": session.role,
        "comment": comment,
        "options": options,
    }
    objects.create(session, "FILE FORMAT", asked.name, document, temporary=asked.temporary)
    return status(f"File format {asked.name.name} successfully created.")


@command("ALTER FILE FORMAT")
def alter_file_format(session: Session, statement: Statement) -> Result:
    """Rename a file format, or change its options or comment."""
    if_exists = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    objects = session.account.stages.objects
    if if_exists and objects.find(session, "FILE FORMAT", name) is None:
        return status("Statement executed successfully.")
    document = objects.get(session, "FILE FORMAT", name)
    if statement.accept("RENAME", "TO"):
        new = session.qualify(statement.name())
        statement.end()
        objects.rename(session, "FILE FORMAT", name, new)
        return status("Statement executed successfully.")
    statement.expect("SET")
    given = read(statement, (OPTION_NAMES | {"COMMENT"}) - {"TYPE"})
    statement.end()
    comment = str(given.pop("COMMENT", document["comment"]))
    options = FileFormat.of(document["options"] | given).document
    objects.update(session, "FILE FORMAT", name, comment=comment, options=options)
    return status("Statement executed successfully.")


@command("DROP FILE FORMAT")
def drop_file_format(session: Session, statement: Statement) -> Result:
    """Drop a file format."""
    if_exists = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    statement.end()
    objects = session.account.stages.objects
    if if_exists and objects.find(session, "FILE FORMAT", name) is None:
        return status("Drop statement executed successfully (object may not exist or not authorized).")
    objects.drop(session, "FILE FORMAT", name)
    return status(f"{name.name} successfully dropped.")


@command("SHOW FILE FORMATS")
def show_file_formats(session: Session, statement: Statement) -> Result:
    """List file formats, with LIKE, IN, STARTS WITH and LIMIT."""
    chosen = Filter.parse(session, statement).apply(session.account.stages.objects.list(session, "FILE FORMAT"))
    columns = [timestamp_ltz("created_on")]
    columns += map(text, ["name", "database_name", "schema_name", "type", "owner", "comment", "format_options"])
    columns.append(text("owner_role_type"))
    rows: list[tuple[object, ...]] = []
    for stored in chosen:
        shape = FileFormat.of(stored.document["options"])
        rows.append(
            (
                datetime.fromisoformat(stored.document["created_on"]),
                stored.name.name,
                stored.name.database,
                stored.name.schema,
                shape.type,
                stored.document["owner"],
                stored.document["comment"],
                json.dumps(shape.options),
                "ROLE",
            )
        )
    return Result(columns, rows, kind=Kind.SHOW)


@command("DESCRIBE FILE FORMAT", "DESC FILE FORMAT")
def describe_file_format(session: Session, statement: Statement) -> Result:
    """Describe a file format: each option, its value and its default."""
    name = session.qualify(statement.name())
    statement.end()
    shape = FileFormat.of(session.account.stages.objects.get(session, "FILE FORMAT", name)["options"])
    defaults = FileFormat(shape.type).options
    rows: list[tuple[object, ...]] = [
        (key, property_type(defaults[key]), property_text(value), property_text(defaults[key]))
        for key, value in shape.options.items()
    ]
    columns = [text(name) for name in ("property", "property_type", "property_value", "property_default")]
    return Result(columns, rows, kind=Kind.DESCRIBE)
