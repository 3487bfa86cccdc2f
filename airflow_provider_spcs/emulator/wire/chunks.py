"""The rest of a large result: parts by an address that nobody can guess."""

from __future__ import annotations

import json

from starlette.responses import Response, StreamingResponse

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.wire import reply, rowset
from airflow_provider_spcs.emulator.wire.file_response import WholeFile, pieces
from airflow_provider_spcs.emulator.wire.gateway import Answer, Call, Gateway
from airflow_provider_spcs.emulator.wire.results import StoredResult

_ARROW = "application/vnd.apache.arrow.stream"


def chunk(gateway: Gateway, call: Call) -> Answer:
    """``GET /chunks/{secret}/{part}.arrow`` or ``.json``: one part, in the form that the client asks for."""
    stored = gateway.results.by_secret(call.path["secret"])
    number, _, ending = call.path["part"].partition(".")
    if stored is None or not number.isdigit() or int(number) >= len(stored.parts) or ending not in {"arrow", "json"}:
        return _gone()
    try:
        if ending == "arrow":
            return _arrow(stored, int(number))
        batches = stored.batches(int(number))
    except FileNotFoundError:
        return _gone()
    rows = [row for batch in batches for row in rowset.to_rows(batch, stored.columns)]
    # Clients put the brackets around a chunk themselves.
    return Response(json.dumps(rows)[1:-1], media_type="application/json")


def _arrow(stored: StoredResult, number: int) -> Response:
    path = stored.as_sent(number)
    if path is not None:
        return WholeFile(path, _ARROW)
    return StreamingResponse(pieces(stored.encoded(number)), media_type=_ARROW)


def _gone() -> Response:
    message = "This part of a result is not kept any more, or never was. Results are kept for a day."
    body = json.dumps(reply.failure(SnowflakeError(message, 709, "02000")))
    # 404 is final to clients; 403, which a cloud store would answer, they retry.
    return Response(body, status_code=404, media_type="application/json")
