"""What a service, stage or pool has beyond its properties: logs, containers, files; and its actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from airflow_provider_spcs.emulator.errors import SnowflakeError, unsupported
from airflow_provider_spcs.emulator.rest import calls, copies, objects, shapes, statements
from airflow_provider_spcs.emulator.rest.objects import full_name, resource_of
from airflow_provider_spcs.emulator.rest.statements import literal

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.wire.gateway import Call, Gateway

_ACTIONS = {
    ("compute-pools", "suspend"): "ALTER COMPUTE POOL {} SUSPEND",
    ("compute-pools", "resume"): "ALTER COMPUTE POOL {} RESUME",
    ("compute-pools", "stop-all-services"): "ALTER COMPUTE POOL {} STOP ALL",
    ("compute-pools", "stopallservices"): "ALTER COMPUTE POOL {} STOP ALL",
    ("warehouses", "suspend"): "ALTER WAREHOUSE {} SUSPEND",
    ("warehouses", "resume"): "ALTER WAREHOUSE {} RESUME",
    ("services", "suspend"): "ALTER SERVICE {} SUSPEND",
    ("services", "resume"): "ALTER SERVICE {} RESUME",
}


async def posted(gateway: Gateway, call: Call) -> Response:
    """``POST .../{name}:action``: suspend, resume, stop-all-services, clone, create-like, swap-with, undrop, rename."""
    resource = resource_of(call)
    name, _, action = call.path["name"].rpartition(":")
    statement = _ACTIONS.get((resource, action))
    sql = statement.format(full_name(call, name)) if statement else copies.statement(resource, action, call, name)
    if sql is None:
        raise unsupported(f"REST action {action} of {resource}")
    return await calls.changed(gateway, call, sql)


async def table_from_query(gateway: Gateway, call: Call) -> Response:
    """``POST .../tables:as-select``: CREATE TABLE ... AS SELECT."""
    return await calls.changed(gateway, call, copies.from_query(call))


async def job_executed(gateway: Gateway, call: Call) -> Response:
    """``POST .../services:execute-job``: EXECUTE JOB SERVICE."""
    name = full_name(call, str(call.body.get("name") or ""))
    return await calls.changed(gateway, call, statements.job(name, call.body))


async def part(gateway: Gateway, call: Call) -> Response:
    """``GET .../{name}/{part}``: a service's logs, status, containers, instances or endpoints; a stage's files."""
    resource = resource_of(call)
    reader = _PARTS.get((resource, call.path["part"]))
    if reader is None:
        raise unsupported(f"REST resource {resource}/{call.path['part']}")

    def work() -> Response:
        with calls.session_of(gateway, call) as session:
            return JSONResponse(reader(session, call))

    return await run_in_threadpool(work)


async def result(gateway: Gateway, call: Call) -> Response:
    """``GET /api/v2/results/{handle}``: the end of a request that took long."""

    def find() -> Any:
        with calls.session_of(gateway, call) as session:
            query = gateway.queries.find(call.path["handle"])
            if query is None or query.user != session.user:
                raise SnowflakeError(f"Result {call.path['handle']} not found", 709, "02000")
            return query

    return await calls.outcome(await run_in_threadpool(find))


def _value(session: Session, sql: str) -> Any:
    return next(iter(calls.rows(session, sql)[0].values()))


def _service_text(call: Call) -> str:
    return literal(full_name(call, call.path["name"]))


def _logs(session: Session, call: Call) -> dict[str, Any]:
    instance, container = call.query.get("instanceId", "0"), call.query.get("containerName", "")
    lines = call.query.get("numLines", "")
    rest = f", {int(lines)}" if lines.isdecimal() else ""
    sql = f"SELECT SYSTEM$GET_SERVICE_LOGS({_service_text(call)}, {literal(instance)}, {literal(container)}{rest})"
    return {"system$get_service_logs": _value(session, sql)}


def _status(session: Session, call: Call) -> dict[str, Any]:
    timeout = call.query.get("timeout", "")
    rest = f", {int(timeout)}" if timeout.isdecimal() and int(timeout) else ""
    sql = f"SELECT SYSTEM$GET_SERVICE_STATUS({_service_text(call)}{rest})"
    return {"system$get_service_status": _value(session, sql)}


def _within(what: str, shape: str) -> Callable[[Session, Call], list[dict[str, Any]]]:
    def reader(session: Session, call: Call) -> list[dict[str, Any]]:
        found = calls.rows(session, f"SHOW {what} IN SERVICE {full_name(call, call.path['name'])}")
        return [shapes.shaped(shape, row) for row in found]

    return reader


def _files(session: Session, call: Call) -> list[dict[str, Any]]:
    objects.find(session, call, "stages")
    pattern = call.query.get("pattern")
    rest = f" PATTERN = {literal(pattern)}" if pattern else ""
    found = calls.rows(session, f"LIST @{full_name(call, call.path['name'])}{rest}")
    return [shapes.shaped("files", row) for row in found]


_PARTS: dict[tuple[str, str], Callable[[Session, Call], Any]] = {
    ("services", "logs"): _logs,
    ("services", "status"): _status,
    ("services", "containers"): _within("SERVICE CONTAINERS", "containers"),
    ("services", "instances"): _within("SERVICE INSTANCES", "instances"),
    ("services", "endpoints"): _within("ENDPOINTS", "endpoints"),
    ("stages", "files"): _files,
}
