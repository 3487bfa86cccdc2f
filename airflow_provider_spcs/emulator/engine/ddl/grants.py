"""GRANT and REVOKE: recorded and shown, not enforced."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, status, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement


@command("GRANT")
def grant(session: Session, statement: Statement) -> Result:
    """GRANT of privileges and roles: recorded for SHOW GRANTS, not enforced."""
    document = _parsed(statement)
    if document["granted_to"] in {"ROLE", "USER"}:
        session.account.objects.get(str(document["granted_to"]), Name.account_level(str(document["grantee"])))
    if document["granted_on"] == "ROLE" and document["privilege"] == "USAGE":
        session.account.objects.get("ROLE", Name.account_level(str(document["name"])))
    document["created_on"] = session.account.clock.now().isoformat()
    document["granted_by"] = session.role
    name = _key(document)
    if session.account.objects.find("GRANT", name) is None:
        session.account.objects.create("GRANT", name, document)
    return status("Statement executed successfully.")


@command("REVOKE")
def revoke(session: Session, statement: Statement) -> Result:
    """REVOKE: takes a recorded grant away."""
    statement.accept("GRANT", "OPTION", "FOR")
    name = _key(_parsed(statement))
    if session.account.objects.find("GRANT", name) is not None:
        session.account.objects.drop("GRANT", name)
    return status("Statement executed successfully.")


def _parsed(statement: Statement) -> dict[str, object]:
    if statement.accept("ROLE"):
        granted, privilege, on = statement.identifier(), "USAGE", "ROLE"
    else:
        privilege = _until(statement, "ON")
        granted, on = _object(_until(statement, "TO", "FROM"))
    if not statement.accept("TO"):
        statement.expect("FROM")
    kind = "ROLE"
    for said in ("USER", "DATABASE ROLE", "SHARE", "APPLICATION ROLE", "APPLICATION", "ROLE"):
        if statement.accept(*said.split()):
            kind = said
            break
    grantee = statement.name()[-1]
    option = statement.accept("WITH", "GRANT", "OPTION")
    for words in (("COPY", "CURRENT", "GRANTS"), ("REVOKE", "CURRENT", "GRANTS"), ("CASCADE",), ("RESTRICT",)):
        statement.accept(*words)
    statement.end()
    return {"privilege": privilege, "granted_on": on, "name": granted, "granted_to": kind, "grantee": grantee,
            "grant_option": option}  # fmt: skip


def _until(statement: Statement, *stops: str) -> str:
    words = []
    while statement.word() not in stops:
        token = statement.peek()
        if token is None:
            raise statement.unexpected()
        words.append(token.text if statement.word() == "" else statement.word())
        statement.at += 1
    if stops == ("ON",):
        statement.expect("ON")
    return " ".join(words).replace(" . ", ".").replace(" , ", ", ")


def _object(words: str) -> tuple[str, str]:
    kind, _, name = words.rpartition(" ")
    return name, kind or name


def _key(document: dict[str, object]) -> Name:
    fields = [str(document[part]) for part in ("privilege", "granted_on", "name", "granted_to", "grantee")]
    return Name.account_level(hashlib.sha256("\0".join(fields).encode()).hexdigest()[:32])


@command("SHOW GRANTS", "SHOW FUTURE GRANTS")
def show_grants(session: Session, statement: Statement) -> Result:
    """SHOW GRANTS [ON object | TO ROLE r | TO USER u | OF ROLE r]: what was recorded."""
    future = statement.word(-2) == "FUTURE"
    wanted = _wanted(session, statement)
    rows = []
    for item in session.account.objects.list("GRANT"):
        said = item.document
        if wanted(said) and ("FUTURE" in str(said["granted_on"])) == future:
            rows.append(
                (datetime.fromisoformat(said["created_on"]), said["privilege"], said["granted_on"], said["name"],
                 said["granted_to"], said["grantee"], str(said["grant_option"]).lower(), said["granted_by"])
            )  # fmt: skip
    names = ["privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by"]
    return Result([timestamp_ltz("created_on"), *map(text, names)], list(rows), kind=Kind.SHOW)


def _wanted(session: Session, statement: Statement):  # type: ignore[no-untyped-def]
    if statement.accept("ON"):
        if statement.accept("ACCOUNT"):
            return lambda said: said["granted_on"] == "ACCOUNT"
        words = statement.rest().upper().split()
        return lambda said: str(said["name"]).split(".")[-1] == words[-1].split(".")[-1]
    if statement.accept("TO") or statement.accept("OF"):
        statement.accept("ROLE") or statement.accept("USER")
        grantee = statement.identifier()
        return lambda said: grantee in {said["grantee"], said["name"]}
    if statement.accept("IN"):
        return lambda _: True
    statement.end()
    return lambda said: said["grantee"] == session.user
