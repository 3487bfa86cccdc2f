"""The HTTP application: which path is answered by whom."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.routing import Route

from airflow_provider_spcs.emulator.page.routes import routes as page_routes
from airflow_provider_spcs.emulator.rest.routes import routes as rest_routes
from airflow_provider_spcs.emulator.wire import chunks, login, queries, stage_files, statements_api
from airflow_provider_spcs.emulator.wire.gateway import Call, Gateway, Handler, Waiter, answered, awaited, unknown
from airflow_provider_spcs.emulator.wire.reply import Reply, success
from airflow_provider_spcs.emulator.wire.transfers import BUCKET


def telemetry(_gateway: Gateway, _call: Call) -> Reply:
    """``POST /telemetry/send``: taken and thrown away."""
    return success("Log Received")


POST, GET = ["POST"], ["GET"]
ANSWERED: list[tuple[str, Handler, list[str]]] = [
    ("/session/v1/login-request", login.login, POST),
    ("/session/token-request", login.renew, POST),
    ("/session/heartbeat", login.heartbeat, POST),
    ("/session", login.logout, POST),
    ("/telemetry/send", telemetry, POST),
    ("/queries/v1/abort-request", queries.abort_by_request, POST),
    ("/queries/{query_id}/abort-request", queries.abort, POST),
    ("/monitoring/queries/{query_id}", queries.monitor, GET),
    # snowflake-connector-python 5.2 writes this address with two slashes.
    ("/monitoring/queries//{query_id}", queries.monitor, GET),
    ("/chunks/{secret}/{part}", chunks.chunk, GET),
    ("/api/v2/statements/{handle}/cancel", statements_api.cancel, POST),
]
"""Endpoints that answer at once. The first line of a handler's docstring is its text on the coverage page."""
AWAITED: list[tuple[str, Waiter, list[str]]] = [
    ("/queries/v1/query-request", queries.run, POST),
    ("/queries/{query_id}/result", queries.result, GET),
    ("/api/v2/statements", statements_api.submit, POST),
    ("/api/v2/statements/{handle}", statements_api.fetch, GET),
]
"""Endpoints that may wait for a statement."""


def application(gateway: Gateway) -> Starlette:
    """The routes of the emulated account; any other path is a 404 that names the coverage page."""
    routes = [Route(path, answered(gateway, handler), methods=methods) for path, handler, methods in ANSWERED]
    routes += [Route(path, awaited(gateway, waiter), methods=methods) for path, waiter, methods in AWAITED]
    routes += rest_routes(gateway)
    routes += page_routes(gateway)
    files = stage_files.stage_file(gateway.transfers)
    routes.append(Route(f"/{BUCKET}/{{ticket}}/{{key:path}}", files, methods=["HEAD", "GET", "PUT"]))
    return Starlette(routes=routes, exception_handlers={404: unknown, 405: unknown})
