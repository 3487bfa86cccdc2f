"""The rest of a large result: parts by an address that nobody can guess."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.wire import arrow, reply, rowset
from airflow_provider_spcs.emulator.wire.gateway import Answer, Call, Gateway

_PIECE_BYTES = 2**18


def chunk(gateway: Gateway, call: Call) -> Answer:
    """``GET /chunks/{secret}/{part}.arrow`` or ``.json``: one part, encoded for the client as it is read."""
    stored = gateway.results.by_secret(call.path["secret"])
    number, _, ending = call.path["part"].partition(".")
    if stored is None or not number.isdigit() or int(number) >= len(stored.parts) or ending not in {"arrow", "json"}:
        return _gone()
    try:
        batches = stored.batches(int(number))
    except FileNotFoundError:
        return _gone()
    if ending == "arrow":
        encoded = arrow.encode(batches, stored.columns, stored.numbers)
        return StreamingResponse(_pieces(encoded), media_type="application/vnd.apache.arrow.stream")
    rows = [row for batch in batches for row in rowset.to_rows(batch, stored.columns)]
    # Clients put the brackets around a chunk themselves.
    return Response(json.dumps(rows)[1:-1], media_type="application/json")


async def _pieces(body: memoryview) -> AsyncIterator[memoryview]:
    """Pieces of a body, sent as the client takes them.

    In one piece it would be moved through the socket's buffer again and again. Without a length in front of it the
    client sees at once when it is cut off, and the connector reads it with less work.
    """
    for begin in range(0, len(body), _PIECE_BYTES):
        yield body[begin : begin + _PIECE_BYTES]


def _gone() -> Response:
    message = "This part of a result is not kept any more, or never was. Results are kept for a day."
    body = json.dumps(reply.failure(SnowflakeError(message, 709, "02000")))
    # 404 is final to clients; 403, which a cloud store would answer, they retry.
    return Response(body, status_code=404, media_type="application/json")
