"""CREATE, ALTER, DROP, SHOW and DESCRIBE STAGE."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import already_exists, unsupported
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, status, text, timestamp_ltz
from airflow_provider_spcs.emulator.stages.creating import Creation, prefixes
from airflow_provider_spcs.emulator.stages.formats import FileFormat
from airflow_provider_spcs.emulator.stages.options import Options, read

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.objects import StoredObject
    from airflow_provider_spcs.emulator.statement import Statement

_OPTIONS = {"ENCRYPTION", "DIRECTORY", "FILE_FORMAT", "COPY_OPTIONS", "COMMENT", "TAG"}
_EXTERNAL = {"URL", "STORAGE_INTEGRATION", "CREDENTIALS", "ENDPOINT", "AWS_ACCESS_POINT_ARN"}
_BIND_STAGES = {"SYSTEMBIND", "SNOWPARK_TEMP_STAGE_BIND"}
"""Where the connector puts the values of a large executemany.

Source: snowflake-connector-python, ``BindUploadAgent``.
"""


@command(*prefixes("STAGE"))
def create_stage(session: Session, statement: Statement) -> Result:
    """Create an internal stage, temporary or not; external ones (URL) are refused."""
    asked = Creation.read(session, statement)
    if not session.copies_files and asked.name.name in _BIND_STAGES:
        # The client then sends its values with the statement.
        raise unsupported("a stage for bound values of a client that cannot copy files")
    document = _properties(session, statement)
    stages = session.account.stages
    if stages.objects.exists(session, "STAGE", asked.name, temporary=asked.temporary):
        if asked.if_not_exists:
            return status(f"{asked.name.name} already exists, statement succeeded.")
        if not asked.replace:
            raise already_exists(asked.name)
        stages.objects.drop(session, "STAGE", asked.name)
    document |= {
        "created_on": session.account.clock.now().isoformat(),
        "owner": session.role,
        "directory": stages.new_directory(asked.name, session if asked.temporary else None),
        "temporary": asked.temporary,
    }
    stages.objects.create(session, "STAGE", asked.name, document, temporary=asked.temporary)
    return status(f"Stage area {asked.name.name} successfully created.")


@command("ALTER STAGE")
def alter_stage(session: Session, statement: Statement) -> Result:
    """Rename a stage, change its options, or refresh its directory table."""
    if_exists = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    objects = session.account.stages.objects
    if if_exists and objects.find(session, "STAGE", name) is None:
        return status("Statement executed successfully.")
    objects.get(session, "STAGE", name)
    if statement.accept("RENAME", "TO"):
        new = session.qualify(statement.name())
        statement.end()
        objects.rename(session, "STAGE", name, new)
    elif statement.accept("SET"):
        objects.update(session, "STAGE", name, **_properties(session, statement, partial=True))
    elif statement.accept("UNSET", "COMMENT"):
        statement.end()
        objects.update(session, "STAGE", name, comment="")
    elif statement.accept("REFRESH"):
        statement.rest()
    else:
        raise statement.unexpected()
    return status("Statement executed successfully.")


@command("DROP STAGE")
def drop_stage(session: Session, statement: Statement) -> Result:
    """Drop a stage with its files."""
    if_exists = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    statement.end()
    objects = session.account.stages.objects
    if if_exists and objects.find(session, "STAGE", name) is None:
        return status("Drop statement executed successfully (object may not exist or not authorized).")
    objects.drop(session, "STAGE", name)
    return status(f"{name.name} successfully dropped.")


@command("SHOW STAGES", "SHOW TERSE STAGES")
def show_stages(session: Session, statement: Statement) -> Result:
    """List stages, with LIKE, IN, STARTS WITH and LIMIT."""
    chosen = Filter.parse(session, statement).apply(session.account.stages.objects.list(session, "STAGE"))
    names = ["name", "database_name", "schema_name", "url", "has_credentials", "has_encryption_key", "owner", "comment"]
    names += ["region", "type", "cloud", "notification_channel", "storage_integration", "endpoint", "owner_role_type"]
    columns = [timestamp_ltz("created_on"), *map(text, names), text("directory_enabled")]
    return Result(columns, [_row(stage) for stage in chosen], kind=Kind.SHOW)


def _row(stage: StoredObject) -> tuple[object, ...]:
    document = stage.document
    full = str(document["encryption"]).upper() == "SNOWFLAKE_FULL"
    kind = "INTERNAL TEMPORARY" if document["temporary"] else "INTERNAL"
    return (
        datetime.fromisoformat(document["created_on"]),
        stage.name.name,
        stage.name.database,
        stage.name.schema,
        "",
        "N",
        "N",
        document["owner"],
        document["comment"],
        None,
        kind if full else f"{kind} NO CSE",
        None,
        None,
        None,
        None,
        "ROLE",
        "Y" if document["directory_enabled"] else "N",
    )


@command("DESCRIBE STAGE", "DESC STAGE")
def describe_stage(session: Session, statement: Statement) -> Result:
    """Describe a stage: its file format, copy options and directory."""
    name = session.qualify(statement.name())
    statement.end()
    document = session.account.stages.objects.get(session, "STAGE", name)
    given = document["file_format"] or {}
    rows: list[tuple[object, ...]] = []
    if "FORMAT_NAME" in given:
        rows.append(("STAGE_FILE_FORMAT", "FORMAT_NAME", "String", given["FORMAT_NAME"], None))
    else:
        defaults = FileFormat.of({"TYPE": given.get("TYPE", "CSV")}).options
        rows += [
            (
                "STAGE_FILE_FORMAT",
                key,
                property_type(default),
                property_text(given.get(key, default)),
                property_text(default),
            )
            for key, default in defaults.items()
        ]
    copying = document.get("copy_options", {})
    for key, kind, default in (("ON_ERROR", "String", "ABORT_STATEMENT"), ("PURGE", "Boolean", False)):
        rows.append(("STAGE_COPY_OPTIONS", key, kind, property_text(copying.get(key, default)), property_text(default)))
    rows.append(("STAGE_LOCATION", "URL", "String", "", ""))
    rows.append(("DIRECTORY", "ENABLE", "Boolean", property_text(document["directory_enabled"]), "false"))
    columns = [
        text(name) for name in ("parent_property", "property", "property_type", "property_value", "property_default")
    ]
    return Result(columns, rows, kind=Kind.DESCRIBE)


def property_type(value: object) -> str:
    """How DESCRIBE names the type of an option's default."""
    if isinstance(value, list):
        return "List"
    return "Boolean" if isinstance(value, bool) else "Integer" if isinstance(value, int) else "String"


def property_text(value: object) -> str | None:
    """How DESCRIBE writes an option's value."""
    if isinstance(value, list):
        return "[" + ", ".join(str(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value).replace("\n", "\\n").replace("\t", "\\t")


def _properties(session: Session, statement: Statement, *, partial: bool = False) -> dict[str, Any]:
    """The stored form of a stage's options; only the given ones when ``partial``."""
    statement.accept("WITH")
    for index in range(len(statement.tokens) - statement.at):
        if statement.word(index) in _EXTERNAL and statement.word(index + 1) == "=":
            raise unsupported(f"external stage ({statement.word(index)})")
    given = read(statement, _OPTIONS)
    statement.end()
    encryption = given.get("ENCRYPTION", {"TYPE": "SNOWFLAKE_FULL"})
    directory = given.get("DIRECTORY", {})
    properties = {
        "COMMENT": ("comment", str(given.get("COMMENT", ""))),
        "ENCRYPTION": ("encryption", str(encryption.get("TYPE", "")).upper() if isinstance(encryption, dict) else ""),
        "DIRECTORY": (
            "directory_enabled",
            isinstance(directory, dict) and str(directory.get("ENABLE")).upper() == "TRUE",
        ),
        "FILE_FORMAT": ("file_format", _file_format(session, given.get("FILE_FORMAT"))),
        "COPY_OPTIONS": ("copy_options", given.get("COPY_OPTIONS", {})),
    }
    if properties["ENCRYPTION"][1] not in {"SNOWFLAKE_FULL", "SNOWFLAKE_SSE"}:
        raise unsupported(f"stage ENCRYPTION {encryption}")
    return dict(entry for key, entry in properties.items() if not partial or key in given)


def _file_format(session: Session, given: Any) -> Options | None:
    """A stage's file format as stored: its options, or the full name of a named one."""
    from airflow_provider_spcs.emulator.stages.naming import format_name

    if given is None:
        return None
    options = given if isinstance(given, dict) else {"FORMAT_NAME": given}
    if "FORMAT_NAME" in options:
        return {"FORMAT_NAME": str(format_name(session, str(options["FORMAT_NAME"])))}
    return FileFormat.of(options).document
