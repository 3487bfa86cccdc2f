"""ALTER MODEL: versions, aliases, default, comment, tags, name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.models.ddl import read_source
from airflow_provider_spcs.emulator.models.tags import set_tags, unset_tags
from airflow_provider_spcs.emulator.models.versions import find_version, set_alias
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.stages.options import Options, read

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.objects import Document
    from airflow_provider_spcs.emulator.statement import Statement


@command("ALTER MODEL")
def alter_model(session: Session, statement: Statement) -> Result:
    """Add, change or drop a model's versions; set its default version, alias, comment, tags or name."""
    if_exists = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    if if_exists and session.account.objects.find("MODEL", name) is None:
        return status("Statement executed successfully.")
    session.account.models.get(name)
    if statement.accept("ADD", "VERSION"):
        version = statement.identifier()
        session.account.models.add_version(name, version, read_source(session, statement))
    elif statement.accept("DROP", "VERSION"):
        version = statement.identifier()
        statement.end()
        session.account.models.drop_version(name, version)
    elif statement.accept("RENAME", "TO"):
        new = session.qualify(statement.name())
        statement.end()
        session.account.objects.rename("MODEL", name, new)
    elif statement.accept("MODIFY", "VERSION") or statement.accept("VERSION"):
        _change_version(session, statement, name)
    else:
        _change_model(session, statement, name)
    return status("Statement executed successfully.")


def _change_model(session: Session, statement: Statement, name: Name) -> None:
    if statement.accept("SET", "TAG"):
        session.account.models.change(name, set_tags(session, statement))
    elif statement.accept("UNSET", "TAG"):
        session.account.models.change(name, unset_tags(session, statement))
    elif statement.accept("UNSET", "COMMENT"):
        statement.end()
        session.account.objects.update("MODEL", name, comment="")
    elif statement.accept("SET"):
        given = read(statement, {"DEFAULT_VERSION", "COMMENT"})
        statement.end()
        session.account.models.change(name, lambda document: _set(name, document, given))
    elif statement.looking_at("COMMIT") or statement.looking_at("ADD", "LIVE"):
        raise unsupported("live model versions")
    else:
        raise statement.unexpected()


def _set(name: Name, document: Document, given: Options) -> None:
    if "DEFAULT_VERSION" in given:
        document["default_version"] = find_version(name, document, str(given["DEFAULT_VERSION"]))
    if "COMMENT" in given:
        document["comment"] = str(given["COMMENT"])


def _change_version(session: Session, statement: Statement, name: Name) -> None:
    version = statement.identifier()
    if statement.accept("UNSET", "ALIAS"):
        statement.end()

        def unset(document: Document) -> None:
            document["versions"][find_version(name, document, version)]["alias"] = None

        session.account.models.change(name, unset)
        return
    statement.expect("SET")
    given = read(statement, {"COMMENT", "METADATA", "ALIAS"})
    statement.end()
    session.account.models.change(name, lambda document: _set_version(name, document, version, given))


def _set_version(name: Name, document: Document, version: str, given: Options) -> None:
    stored = document["versions"][find_version(name, document, version)]
    if "METADATA" in given:
        try:
            json.loads(str(given["METADATA"]))
        except ValueError as error:
            raise SnowflakeError(
                f"SQL compilation error:\nMETADATA of a model version is no JSON: {error}", 1008, "22023"
            ) from error
        stored["metadata"] = str(given["METADATA"])
    if "COMMENT" in given:
        stored["comment"] = str(given["COMMENT"])
    if "ALIAS" in given:
        set_alias(name, document, version, str(given["ALIAS"]))
