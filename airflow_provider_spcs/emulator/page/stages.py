"""Stages: which there are, their folders, their files."""

from __future__ import annotations

import contextlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from starlette.responses import FileResponse

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.page import names, rendering, stage_folder
from airflow_provider_spcs.emulator.page.paging import Paging

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.names import Name
    from airflow_provider_spcs.emulator.stages.location import Location

_PER_PAGE = 200
_SHOWN = {
    ".html": "text/html; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".svg": "image/svg+xml",
    **dict.fromkeys(
        (".txt", ".log", ".json", ".jsonl", ".csv", ".md", ".yaml", ".yml", ".py", ".sql", ".toml"),
        "text/plain; charset=utf-8",
    ),
}
_SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
"""A file comes from a job: it may be looked at, and may do nothing."""


def stage_list(account: Account, _request: Request) -> Response:
    """The stages."""
    found = account.objects.list("STAGE")
    return rendering.html("stages.html", account=account, here="/stages", now=account.clock.now(), stages=found)


def folder(account: Account, request: Request) -> Response:
    """One folder of a stage; links are left out."""
    name, path = names.of(request), request.query_params.get("path", "")
    entries = stage_folder.entries(_locate(account, name, path).directory)
    paging = Paging.of(request.query_params.get("page", ""), len(entries), _PER_PAGE)
    above = PurePosixPath(path.strip("/"))
    return rendering.html(
        "stage.html",
        account=account,
        here="/stages",
        now=account.clock.now(),
        name=name,
        path=path.strip("/"),
        parents=[(part.name, str(part)) for part in reversed([above, *above.parents]) if part.name],
        entries=entries[paging.offset : paging.offset + paging.per_page],
        paging=paging,
        can_show=can_show,
    )


def file(account: Account, request: Request) -> Response:
    """One file of a stage, to look at or to keep."""
    name, path = names.of(request), request.query_params.get("path", "")
    found = _locate(account, name, path).directory
    if not path.strip("/") or not found.is_file():
        raise SnowflakeError(f"Remote file '@{name}/{path}' was not found.", 253006, "22000")
    if request.query_params.get("show") and can_show(found.name):
        headers = {**rendering.HEADERS, "Content-Security-Policy": _SANDBOX}
        return FileResponse(found, media_type=_SHOWN[found.suffix.lower()], headers=headers)
    return FileResponse(found, media_type="application/octet-stream", filename=found.name, headers=rendering.HEADERS)


def can_show(filename: str) -> bool:
    """Whether a browser can show a file of that name."""
    return PurePosixPath(filename).suffix.lower() in _SHOWN


def _locate(account: Account, name: Name, path: str) -> Location:
    with contextlib.closing(account.session()) as session:
        return account.stages.locate(session, f"@{name}/{path}")
