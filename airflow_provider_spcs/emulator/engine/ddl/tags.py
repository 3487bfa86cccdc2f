"""Tags: names with allowed values; which object carries which is recorded by the object's own statements."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.engine.ddl.options import modifiers
from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import already_exists
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, status, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


@command("CREATE TAG", "CREATE OR REPLACE TAG")
def create_tag(session: Session, statement: Statement) -> Result:
    """CREATE [OR REPLACE] TAG [ALLOWED_VALUES 'a', 'b'] [COMMENT = 'c']."""
    replace = statement.at == 4
    missing_only = modifiers(statement)
    name = session.qualify(statement.name())
    session.check_schema(name)
    allowed: list[str] = []
    comment = ""
    while not statement.done:
        if statement.accept("ALLOWED_VALUES"):
            allowed.append(statement.string())
            while statement.accept(","):
                allowed.append(statement.string())
        else:
            statement.expect("COMMENT")
            statement.accept("=")
            comment = statement.string()
    objects = session.account.objects
    if objects.find("TAG", name) is not None:
        if missing_only:
            return status(f"{name.name} already exists, statement succeeded.")
        if not replace:
            raise already_exists(name)
        objects.drop("TAG", name)
    now = session.account.clock.now().isoformat()
    objects.create("TAG", name, {"created_on": now, "owner": session.role, "comment": comment, "allowed": allowed})
    return status(f"Tag {name.name} successfully created.")


@command("DROP TAG")
def drop_tag(session: Session, statement: Statement) -> Result:
    """DROP TAG [IF EXISTS]."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = session.qualify(statement.name())
    statement.end()
    if missing_ok and session.account.objects.find("TAG", name) is None:
        return status(f"Drop statement executed successfully ({name.name} already dropped).")
    session.account.objects.drop("TAG", name)
    return status(f"{name.name} successfully dropped.")


@command("SHOW TAGS")
def show_tags(session: Session, statement: Statement) -> Result:
    """SHOW TAGS."""
    import json

    rows = [
        (datetime.fromisoformat(item.document["created_on"]), item.name.name, item.name.database, item.name.schema,
         item.document["owner"], item.document["comment"],
         json.dumps(item.document["allowed"]) if item.document["allowed"] else None, "ROLE")
        for item in Filter.parse(session, statement).apply(session.account.objects.list("TAG"))
    ]  # fmt: skip
    names = ["name", "database_name", "schema_name", "owner", "comment", "allowed_values", "owner_role_type"]
    return Result([timestamp_ltz("created_on"), *map(text, names)], list(rows), kind=Kind.SHOW)
