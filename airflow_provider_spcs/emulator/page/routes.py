"""The pages' addresses, and who answers them."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.page import (
    access,
    container_log,
    events,
    job,
    jobs,
    models,
    overview,
    pools,
    queries,
    rendering,
    stages,
)

if TYPE_CHECKING:
    from starlette.requests import Request

    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.wire.gateway import Gateway

LOG = logging.getLogger(__name__)
Page = Callable[["Account", "Request"], Response]
_STATIC = Path(__file__).parent / "static"
_FILES = {"style.css": "text/css", "live.js": "text/javascript"}


def static(_account: Account, request: Request) -> Response:
    """Style and script of the pages."""
    name = request.path_params["name"]
    if name not in _FILES:
        raise access.DeniedError(404, "There is no such file.")
    headers = {**rendering.HEADERS, "Cache-Control": "no-cache"}
    return FileResponse(_STATIC / name, media_type=_FILES[name], headers=headers)


PAGES: list[tuple[str, Page]] = [
    ("/", overview.overview),
    ("/pools", pools.pools),
    ("/jobs", jobs.job_list),
    ("/services", jobs.service_list),
    ("/jobs/{name}", job.job_page),
    ("/jobs/{name}/log", container_log.lines),
    ("/jobs/{name}/log/file", container_log.whole),
    ("/stages", stages.stage_list),
    ("/stages/{name}", stages.folder),
    ("/stages/{name}/file", stages.file),
    ("/models", models.model_list),
    ("/models/{name}", models.model),
    ("/events", events.latest),
    ("/queries", queries.latest),
    ("/page/{name}", static),
]
"""Every page; the first line of a handler's docstring is its text on the coverage page."""


def routes(gateway: Gateway) -> list[Route]:
    """The routes of all pages."""
    return [Route(path, _endpoint(gateway, page), methods=["GET"]) for path, page in PAGES]


def _endpoint(gateway: Gateway, page: Page) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await run_in_threadpool(_answer, gateway, page, request)

    return endpoint


def _answer(gateway: Gateway, page: Page, request: Request) -> Response:
    account = gateway.account
    try:
        access.check(request, gateway.credentials)
        return page(account, request)
    except access.DeniedError as denied:
        answer = _error(account, denied.status, denied.reason)
        if denied.status == 401:
            answer.headers["WWW-Authenticate"] = 'Basic realm="emulated Snowflake account", charset="UTF-8"'
        return answer
    except SnowflakeError as error:
        return _error(account, 404, error.message)
    except Exception as error:
        LOG.exception("%s failed inside the emulator", request.url.path)
        return _error(account, 500, f"This page failed inside the emulator: {type(error).__name__}.")


def _error(account: Account, status: int, reason: str) -> Response:
    return rendering.html("error.html", http_status=status, account=account, here="", status=status, reason=reason)
