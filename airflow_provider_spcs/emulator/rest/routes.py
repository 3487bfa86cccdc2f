"""The REST API's addresses, and who answers them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from starlette.routing import Route

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.rest import calls, details, objects

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_spcs.emulator.wire.gateway import Call, Gateway

Handler = Callable[["Gateway", "Call"], Awaitable["Response"]]
_ROOT = "/api/v2"
_DATABASE = f"{_ROOT}/databases/{{database}}/schemas"
_SCHEMA = f"{_DATABASE}/{{schema}}"

ENDPOINTS: list[tuple[str, str, Handler]] = [
    (f"{_ROOT}/results/{{handle}}", "GET", details.result),
    (f"{_SCHEMA}/services:execute-job", "POST", details.job_executed),
    (f"{_SCHEMA}/tables:as-select", "POST", details.table_from_query),
]
"""The special ones; the first line of a handler's docstring is its text on the coverage page."""
for _collection in (f"{_ROOT}/{{resource}}", _DATABASE, f"{_SCHEMA}/{{resource}}"):
    ENDPOINTS += [
        (_collection, "GET", objects.listed),
        (_collection, "POST", objects.created),
        (f"{_collection}/{{name}}", "GET", objects.fetched),
        (f"{_collection}/{{name}}", "PUT", objects.put),
        (f"{_collection}/{{name}}", "DELETE", objects.dropped),
        (f"{_collection}/{{name}}", "POST", details.posted),
    ]
ENDPOINTS.append((f"{_SCHEMA}/{{resource}}/{{name}}/{{part}}", "GET", details.part))


def routes(gateway: Gateway) -> list[Route]:
    """Every route of the REST API but the SQL API's."""
    return [Route(path, _endpoint(gateway, handler), methods=[method]) for path, method, handler in ENDPOINTS]


def _endpoint(gateway: Gateway, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    from airflow_provider_spcs.emulator.wire.execution import internal_error
    from airflow_provider_spcs.emulator.wire.gateway import LOG, read

    async def endpoint(request: Request) -> Response:
        try:
            return await handler(gateway, await read(request))
        except SnowflakeError as error:
            return calls.failed(error)
        except Exception as error:  # noqa: BLE001 a 5xx would be retried, and the log has the traceback
            LOG.exception("%s %s failed inside the emulator", request.method, request.url.path)
            return calls.failed(internal_error(error))

    return endpoint
