"""CREATE and DROP MODEL."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError, already_exists, unsupported
from airflow_provider_spcs.emulator.models.versions import find_version
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, status
from airflow_provider_spcs.emulator.stages.creating import Creation, prefixes
from airflow_provider_spcs.emulator.stages.location import Location
from airflow_provider_spcs.emulator.stages.moving import Places

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


@command(*prefixes("MODEL", temporary=False))
def create_model(session: Session, statement: Statement) -> Result:
    """Create a model with its first version, from a stage or from another model's version."""
    asked = Creation.read(session, statement)
    version = f"{secrets.choice('ABCDEFGHIJKLMNOPQRSTUVWXYZ')}{secrets.token_hex(8).upper()}"
    if statement.accept("WITH", "VERSION"):
        version = statement.identifier()
    elif statement.looking_at("WITH", "LIVE"):
        raise unsupported("CREATE MODEL WITH LIVE VERSION")
    source = read_source(session, statement)
    exists = session.account.objects.find("MODEL", asked.name) is not None
    if exists and asked.if_not_exists:
        return status(f"{asked.name.name} already exists, statement succeeded.")
    if exists and not asked.replace:
        raise already_exists(asked.name)
    if exists:
        session.account.objects.drop("MODEL", asked.name)
    models = session.account.models
    models.create(session, asked.name)
    try:
        models.add_version(asked.name, version, source)
    except SnowflakeError:
        session.account.objects.drop("MODEL", asked.name)
        raise
    return status(f"Model {asked.name.name} successfully created.")


def read_source(session: Session, statement: Statement) -> Location:
    """Read ``FROM @stage/path``, ``FROM 'snow://model/...'`` or ``FROM MODEL name [VERSION version]``.

    Raises:
        SnowflakeError: 1003 for anything else; 2003 when the source does not exist.
    """
    statement.expect("FROM")
    if statement.accept("MODEL"):
        name = session.qualify(statement.name())
        models = session.account.models
        document = models.get(name)
        version = statement.identifier() if statement.accept("VERSION") else "DEFAULT"
        statement.end()
        return Location(models.directory(document, find_version(name, document, version)), "")
    places = Places(statement)
    location = session.account.stages.locate(session, places.next())
    places.options().end()
    return location


@command("DROP MODEL")
def drop_model(session: Session, statement: Statement) -> Result:
    """Drop a model with its versions and their files."""
    if_exists = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    statement.end()
    if if_exists and session.account.objects.find("MODEL", name) is None:
        return status("Drop statement executed successfully (object may not exist or not authorized).")
    session.account.objects.drop("MODEL", name)
    return status(f"{name.name} successfully dropped.")
