"""``/stage-files/...``: one file of a PUT or GET, streamed in or out."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, PlainTextResponse, Response

from airflow_provider_spcs.emulator.wire.transfers import Transfers


def stage_file(transfers: Transfers) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of one file: HEAD, GET and PUT, as an object store answers them."""

    async def endpoint(request: Request) -> Response:
        """``HEAD, GET, PUT /stage-files/{ticket}/{key}``: a staged file, by the ticket of one PUT or GET."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        ticket = transfers.find(request.path_params["ticket"], token.strip())
        if scheme.lower() != "bearer" or ticket is None:
            # 401 is what makes the client ask for a new ticket.
            return PlainTextResponse("This token opens no stage, or not any more.\n", status_code=401)
        path = ticket.path(request.path_params["key"])
        if path is None:
            return PlainTextResponse("This file is not part of the transfer.\n", status_code=403)
        if request.method == "PUT":
            if not ticket.upload:
                return PlainTextResponse("This token reads only.\n", status_code=403)
            return await _take(request, path, transfers.uploads)
        if not path.is_file():
            return PlainTextResponse("No such file.\n", status_code=404)
        return FileResponse(path, media_type="application/octet-stream")

    return endpoint


async def _take(request: Request, path: Path, uploads: Path) -> Response:
    """Write the body beside the stage, then move it there in one step: nobody sees half a file."""
    draft = uploads / secrets.token_hex(16)
    try:
        with draft.open("xb") as stream:
            async for block in request.stream():
                await run_in_threadpool(stream.write, block)
        await run_in_threadpool(_move, draft, path)
    except ClientDisconnect:
        return PlainTextResponse("The upload was cut off.\n", status_code=400)
    except OSError as error:
        # A name that is both a file and a directory: possible in an object store, not in directories.
        return PlainTextResponse(f"Cannot keep this file: {error.strerror}.\n", status_code=403)
    finally:
        draft.unlink(missing_ok=True)
    return Response(status_code=200)


def _move(draft: Path, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft.replace(path)
