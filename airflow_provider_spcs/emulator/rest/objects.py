"""Objects of any kind over REST: list, fetch, create, create or alter, drop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from airflow_provider_spcs.emulator.errors import SnowflakeError, does_not_exist, unsupported
from airflow_provider_spcs.emulator.rest import calls, shapes, statements
from airflow_provider_spcs.emulator.rest.statements import KINDS, identifier, literal

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.wire.gateway import Call, Gateway

_IN_SCHEMAS = {"stages", "image-repositories", "tables", "services", "views"}
_PLURALS = {"image-repositories": "IMAGE REPOSITORIES"}


def resource_of(call: Call) -> str:
    """The kind of object that the path names.

    Raises:
        SnowflakeError: 0A000 for one that the emulator does not have.
    """
    resource = call.path.get("resource") or ("schemas" if "database" in call.path else "databases")
    placed = "schema" in call.path
    if resource not in KINDS or (resource in _IN_SCHEMAS) != placed:
        raise unsupported(f"REST resource {resource}")
    return resource


def place(call: Call) -> str:
    """SQL text of the database and schema that the path names; empty for account-level objects."""
    return ".".join(identifier(call.path[part]) for part in ("database", "schema") if part in call.path)


def full_name(call: Call, name: str) -> str:
    """SQL text of an object's full name."""
    return ".".join(filter(None, (place(call), identifier(name))))


async def listed(gateway: Gateway, call: Call) -> Response:
    """``GET`` of a collection: SHOW, with like, startsWith, showLimit and fromName."""

    def work() -> Response:
        with calls.session_of(gateway, call) as session:
            resource = resource_of(call)
            found = show(session, resource, place(call), call.query)
            return JSONResponse([_document(session, resource, row) for row in found])

    return await run_in_threadpool(work)


async def fetched(gateway: Gateway, call: Call) -> Response:
    """``GET`` of one object."""

    def work() -> Response:
        with calls.session_of(gateway, call) as session:
            resource = resource_of(call)
            row = find(session, call, resource)
            return JSONResponse(_document(session, resource, row, whole=True))

    return await run_in_threadpool(work)


async def created(gateway: Gateway, call: Call) -> Response:
    """``POST`` to a collection: CREATE, by ``createMode``."""
    resource = resource_of(call)
    name = full_name(call, _name(call.body))
    mode = call.query.get("createMode", "errorIfExists")
    if resource == "services":
        return await calls.changed(gateway, call, statements.service(name, call.body, mode))
    return await calls.changed(gateway, call, statements.create(resource, name, call.body, mode, call.query))


async def put(gateway: Gateway, call: Call) -> Response:
    """``PUT`` of one object: create it, or change its properties to those in the body."""
    resource = resource_of(call)
    name = full_name(call, call.path["name"])

    def exists() -> bool:
        with calls.session_of(gateway, call) as session:
            try:
                find(session, call, resource)
            except SnowflakeError:
                return False
            return True

    if not await run_in_threadpool(exists):
        sql = statements.create(resource, name, call.body, "errorIfExists", call.query)
    elif resource in {"tables", "services", "views"}:
        raise unsupported(f"REST create-or-alter of existing {resource}")
    else:
        altered = statements.alter(resource, name, call.body)
        if altered is None:
            return JSONResponse({"status": "Request successfully completed"})
        sql = altered
    return await calls.changed(gateway, call, sql)


async def dropped(gateway: Gateway, call: Call) -> Response:
    """``DELETE`` of one object: DROP, by ``ifExists``."""
    resource = resource_of(call)
    unless = "IF EXISTS " if call.query.get("ifExists", "").lower() == "true" else ""
    return await calls.changed(gateway, call, f"DROP {KINDS[resource]} {unless}{full_name(call, call.path['name'])}")


def show(session: Session, resource: str, where: str, query: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows of SHOW for a collection."""
    words = [f"SHOW {_PLURALS.get(resource, KINDS[resource] + 'S')}"]
    if query.get("like"):
        words.append(f"LIKE {literal(query['like'])}")
    if where:
        words.append(f"IN {'SCHEMA' if resource in _IN_SCHEMAS else 'DATABASE'} {where}")
    if query.get("startsWith"):
        words.append(f"STARTS WITH {literal(query['startsWith'])}")
    if query.get("showLimit"):
        words.append(f"LIMIT {int(query['showLimit']) if query['showLimit'].isdecimal() else 1}")
        words.append(f"FROM {literal(query['fromName'])}" if query.get("fromName") else "")
    return calls.rows(session, " ".join(words))


def find(session: Session, call: Call, resource: str) -> dict[str, Any]:
    """The row of SHOW for one object.

    Raises:
        SnowflakeError: 2003 when it does not exist.
    """
    wanted = identifier(call.path["name"])
    for row in show(session, resource, place(call), {}):
        if identifier('"' + str(row["name"]).replace('"', '""') + '"') == wanted:
            return row
    raise does_not_exist(KINDS[resource], full_name(call, call.path["name"]))


def _name(body: Mapping[str, Any]) -> str:
    if not isinstance(body.get("name"), str) or not body["name"]:
        raise SnowflakeError("request body: no 'name'. It is required.", 1008, "22023")
    return str(body["name"])


def _document(session: Session, resource: str, row: dict[str, Any], *, whole: bool = False) -> dict[str, Any]:
    document = shapes.shaped(resource, row)
    if resource in {"services", "tables", "views"}:
        name = ".".join(literal_name(row[part]) for part in ("database_name", "schema_name", "name"))
        if resource == "services":
            text = calls.rows(session, f"DESCRIBE SERVICE {name}")[0].get("spec") or ""
            document["spec"] = {"spec_type": "from_inline", "spec_text": text}
        elif whole:
            document["columns"] = [shapes.column(each) for each in calls.rows(session, f"DESCRIBE TABLE {name}")]
        if resource == "views":
            document |= {"query": row["text"], "secure": row["is_secure"] == "true"}
            document.setdefault("columns", [])
    if resource == "databases" and whole:
        document["data_retention_time_in_days"] = document.get("retention_time")
    return document


def literal_name(name: object) -> str:
    """A stored name as SQL text."""
    return '"' + str(name).replace('"', '""') + '"'
