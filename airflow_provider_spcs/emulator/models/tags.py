"""Tags, and which models carry them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import already_exists, invalid_value, unsupported
from airflow_provider_spcs.emulator.registry import command, scalar, table
from airflow_provider_spcs.emulator.result import Kind, Result, status, text, timestamp_ltz
from airflow_provider_spcs.emulator.stages.creating import Creation, prefixes
from airflow_provider_spcs.emulator.stages.options import read
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.objects import Document

Edit = Callable[["Document"], None]


@command(*prefixes("TAG", temporary=False))
def create_tag(session: Session, statement: Statement) -> Result:
    """Create a tag, with ALLOWED_VALUES and COMMENT."""
    asked = Creation.read(session, statement)
    allowed: list[str] = []
    if statement.accept("ALLOWED_VALUES"):
        allowed.append(statement.string())
        while statement.accept(","):
            allowed.append(statement.string())
    given = read(statement, {"COMMENT"})
    statement.end()
    objects = session.account.objects
    if objects.find("TAG", asked.name) is not None:
        if asked.if_not_exists:
            return status(f"{asked.name.name} already exists, statement succeeded.")
        if not asked.replace:
            raise already_exists(asked.name)
        objects.drop("TAG", asked.name)
    document: Document = {"created_on": session.account.clock.now().isoformat(), "owner": session.role}
    objects.create("TAG", asked.name, document | {"comment": str(given.get("COMMENT", "")), "allowed_values": allowed})
    return status(f"Tag {asked.name.name} successfully created.")


@command("DROP TAG")
def drop_tag(session: Session, statement: Statement) -> Result:
    """Drop a tag."""
    if_exists = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    statement.end()
    if if_exists and session.account.objects.find("TAG", name) is None:
        return status("Drop statement executed successfully (object may not exist or not authorized).")
    session.account.objects.drop("TAG", name)
    return status(f"{name.name} successfully dropped.")


@command("SHOW TAGS")
def show_tags(session: Session, statement: Statement) -> Result:
    """List tags, with LIKE, IN, STARTS WITH and LIMIT."""
    chosen = Filter.parse(session, statement).apply(session.account.objects.list("TAG"))
    names = ["name", "database_name", "schema_name", "owner", "comment", "allowed_values", "owner_role_type"]
    rows: list[tuple[object, ...]] = [
        (
            datetime.fromisoformat(item.document["created_on"]),
            item.name.name,
            item.name.database,
            item.name.schema,
            item.document["owner"],
            item.document["comment"],
            str(item.document["allowed_values"]) if item.document["allowed_values"] else None,
            "ROLE",
        )
        for item in chosen
    ]
    return Result([timestamp_ltz("created_on"), *map(text, names)], rows, kind=Kind.SHOW)


def set_tags(session: Session, statement: Statement) -> Edit:
    """Read ``tag = 'value' [, ...]``; the change to make to the tagged object's document.

    Raises:
        SnowflakeError: 2003 when a tag is missing, 1008 for a value it does not allow.
    """
    values: dict[str, str] = {}
    while True:
        name = session.qualify(statement.name())
        statement.expect("=")
        value = statement.string()
        allowed = session.account.objects.get("TAG", name)["allowed_values"]
        if allowed and value not in allowed:
            raise invalid_value(value, str(name), f"The tag allows {', '.join(allowed)}.")
        values[str(name)] = value
        if not statement.accept(","):
            break
    statement.end()
    return lambda document: document["tags"].update(values)


def unset_tags(session: Session, statement: Statement) -> Edit:
    """Read ``tag [, ...]``; the change to make to the tagged object's document.

    Raises:
        SnowflakeError: 2003 when a tag is missing.
    """
    names = []
    while True:
        name = session.qualify(statement.name())
        session.account.objects.get("TAG", name)
        names.append(str(name))
        if not statement.accept(","):
            break
    statement.end()

    def unset(document: Document) -> None:
        for name in names:
            document["tags"].pop(name, None)

    return unset


def _named(session: Session, written: object) -> Name:
    statement = Statement.parse(str(written))
    parts = statement.name()
    statement.end()
    return session.qualify(parts)


def _model_tags(session: Session, name: Name, domain: object) -> dict[str, str]:
    if str(domain).upper() not in {"MODULE", "MODEL"}:
        raise unsupported(f"tags on {domain}")
    tags: dict[str, str] = session.account.models.get(name)["tags"]
    return {tag: value for tag, value in tags.items() if session.account.objects.find("TAG", _named(session, tag))}


@scalar("SYSTEM$GET_TAG")
def get_tag(session: Session, tag: object, obj: object, domain: object) -> str | None:
    """The value of a tag on a model, or NULL."""
    name = _named(session, tag)
    session.account.objects.get("TAG", name)
    return _model_tags(session, _named(session, obj), domain).get(str(name))


@table("INFORMATION_SCHEMA.TAG_REFERENCES")
def tag_references(session: Session, obj: object, domain: object) -> Result:
    """The tags of a model."""
    name = _named(session, obj)
    rows: list[tuple[object, ...]] = []
    for tag, value in sorted(_model_tags(session, name, domain).items()):
        of = _named(session, tag)
        rows.append((*of, value, "OBJECT", name.database, name.schema, name.name, str(domain).upper(), None))
    names = ["TAG_DATABASE", "TAG_SCHEMA", "TAG_NAME", "TAG_VALUE", "LEVEL", "OBJECT_DATABASE", "OBJECT_SCHEMA"]
    return Result([text(column) for column in [*names, "OBJECT_NAME", "DOMAIN", "COLUMN_NAME"]], rows)
