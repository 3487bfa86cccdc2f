"""Which models carry which tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import invalid_value, unsupported
from airflow_provider_spcs.emulator.registry import scalar, table
from airflow_provider_spcs.emulator.result import Result, text
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.objects import Document

Edit = Callable[["Document"], None]


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
        allowed = session.account.objects.get("TAG", name)["allowed"]
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
