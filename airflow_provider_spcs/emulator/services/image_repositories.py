"""CREATE, DROP and SHOW IMAGE REPOSITORY: names only; images are local environments (see ``runner/images.py``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.objects import StoredObject
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Result, text, timestamp_ltz
from airflow_provider_spcs.emulator.services import clauses, ddl

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

KIND = "IMAGE REPOSITORY"
_READERS: dict[str, clauses.Reader] = {"COMMENT": clauses.string}
_COLUMNS = [
    timestamp_ltz("created_on"), text("name"), text("database_name"), text("schema_name"), text("repository_url"),
    text("owner"), text("owner_role_type"), text("comment"), text("encryption"), text("privatelink_repository_url"),
]  # fmt: skip


@command(*ddl.starts(KIND))
def create_repository(session: Session, statement: Statement) -> Result:
    """A name for images; no registry listens behind it."""
    unless_exists = clauses.if_not_exists(statement)
    name = ddl.schema_name(session, clauses.name(statement))
    given = clauses.read(statement, _READERS)
    document = ddl.created(session, comment=given.get("COMMENT"))
    return ddl.create(session, KIND, name, document, replace=ddl.replaces(statement), unless_exists=unless_exists)


@command("DROP IMAGE REPOSITORY")
def drop_repository(session: Session, statement: Statement) -> Result:
    """Removes the name."""
    if_exists = clauses.if_exists(statement)
    name = session.qualify(clauses.name(statement))
    statement.end()
    return ddl.drop(session, KIND, name, if_exists=if_exists)


@command("SHOW IMAGE REPOSITORIES")
def show_repositories(session: Session, statement: Statement) -> Result:
    """Columns and filters as documented."""
    account = session.account.name.lower().replace("_", "-")
    return ddl.show(session, statement, KIND, _COLUMNS, lambda item: _row(item, account))


def _row(repository: StoredObject, account: str) -> tuple[Any, ...]:
    name, values = repository.name, repository.document
    path = "/".join(part.lower() for part in name)
    return (
        ddl.moment(values["created_on"]), name.name, name.database, name.schema,
        f"{account}.registry.snowflakecomputing.com/{path}", values["owner"], "ROLE", values["comment"],
        "SNOWFLAKE_SSE", None,
    )  # fmt: skip
