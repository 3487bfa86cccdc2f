"""What the statement endpoints answer: results, progress, failures, in the client's JSON."""

from __future__ import annotations

import base64
import time
from typing import Any

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.result import Kind
from airflow_provider_spcs.emulator.wire import rowset
from airflow_provider_spcs.emulator.wire.parameters import listed
from airflow_provider_spcs.emulator.wire.results import StoredResult
from airflow_provider_spcs.emulator.wire.running import Query

_STATS = {
    "number of rows inserted": "numRowsInserted",
    "number of rows updated": "numRowsUpdated",
    "number of rows deleted": "numRowsDeleted",
    "number of multi-joined rows updated": "numDmlDuplicates",
}

Reply = dict[str, Any]


def success(data: object = None) -> Reply:
    """The outer shape of a good answer."""
    return {"data": data, "code": None, "message": None, "success": True}


def failure(error: SnowflakeError, query_id: str | None = None) -> Reply:
    """The outer shape of a refusal; the client turns it into an exception with errno and sqlstate."""
    kind = "COMPILATION" if error.message.startswith("SQL compilation error") else "EXECUTION"
    data = {
        "internalError": False,
        "errorCode": error.code,
        "sqlState": error.sqlstate,
        "line": error.line,
        "pos": error.position,
        "queryId": query_id,
        "type": kind,
    }
    return {"data": data, "code": error.code, "message": error.message, "success": False}


def in_progress(query: Query, *, detached: bool) -> Reply:
    """The client is to ask again at ``getResultUrl`` (333333), or when it likes (333334)."""
    data = {
        "queryId": query.id,
        "getResultUrl": f"/queries/{query.id}/result",
        "queryAbortsAfterSecs": 300,
        "progressDesc": None,
    }
    message = "Query execution in progress."
    if detached:
        message += " Use GET /queries/<id>/result for the result."
    return {"data": data, "code": "333334" if detached else "333333", "message": message, "success": True}


def outcome(query: Query, base_url: str) -> Reply:
    """The answer for a statement that has ended.

    Args:
        query: The statement.
        base_url: Scheme and host as the client wrote them; chunk addresses begin with it.
    """
    error = query.error
    if error is not None:
        return failure(error, query.id)
    if query.stored is None:
        raise RuntimeError(f"query {query.id} ended without result or error")
    stored = query.stored
    data = _described(query, stored)
    data.update(query.transfer or {})
    if query.request.describe_only:
        # No "total": nothing was run, so nothing was counted.
        data |= {"rowset": [], "queryResultFormat": "json"}
    elif query.arrow and stored.kind == Kind.SELECT:
        data.update(_arrow(stored, base_url))
    else:
        data.update(_json(stored, base_url))
    return success(data)


def _described(query: Query, stored: StoredResult) -> Reply:
    data: Reply = {
        "parameters": listed(query.context.get("parameters")),
        "rowtype": [rowset.rowtype(column) for column in stored.columns],
        "queryId": query.id,
        "databaseProvider": None,
        "finalDatabaseName": query.context.get("database"),
        "finalSchemaName": query.context.get("schema"),
        "finalWarehouseName": query.context.get("warehouse"),
        "finalRoleName": query.context.get("role"),
        "numberOfBinds": len(query.request.binds),
        "arrayBindSupported": True,
        "statementTypeId": int(stored.kind),
        "version": 1,
        "sendResultTime": int(time.time() * 1000),
    }
    if query.children:
        data["resultIds"] = ",".join(child.id for child in query.children)
        data["resultTypes"] = ",".join(str(int(child.stored.kind)) for child in query.children if child.stored)
    return data


def _arrow(stored: StoredResult, base_url: str) -> Reply:
    # An empty result has no stream at all: clients crash on one without rows.
    encoded = stored.encoded(0) if stored.rows else b""
    return {
        "rowsetBase64": base64.b64encode(encoded).decode(),
        "queryResultFormat": "arrow",
        **_extent(stored, base_url, "arrow"),
    }


def _json(stored: StoredResult, base_url: str) -> Reply:
    batches = stored.batches(0) if stored.parts else []
    rows = [row for batch in batches for row in rowset.to_rows(batch, stored.columns)]
    return {
        "rowset": rows,
        "queryResultFormat": "json",
        **_extent(stored, base_url, "json"),
        **changes(stored, rows),
    }


def changes(stored: StoredResult, rows: list[list[str | None]]) -> Reply:
    """How many rows a statement changed; all four counts, or nothing when it changed none."""
    counts = {_STATS[f"number of rows {word}"]: count for word, count in stored.changed.items()}
    if rows and Kind.DML <= stored.kind < Kind.SHOW:
        for column, found in zip(stored.columns, rows[0], strict=True):
            # INSERT ALL names a table after the words.
            name = next((name for said, name in _STATS.items() if column.name.startswith(said)), "")
            if name:
                counts[name] = counts.get(name, 0) + int(found or 0)
    return {"stats": dict.fromkeys(_STATS.values(), 0) | counts} if any(counts.values()) else {}


def _extent(stored: StoredResult, base_url: str, ending: str) -> Reply:
    extent: Reply = {"total": stored.rows, "returned": stored.rows}
    if len(stored.parts) > 1:
        extent["chunkHeaders"] = {}
        extent["chunks"] = [
            {
                "url": f"{base_url}/chunks/{stored.secret}/{number}.{ending}",
                "rowCount": part.rows,
                "uncompressedSize": part.size,
                "compressedSize": part.size,
            }
            for number, part in enumerate(stored.parts)
            if number
        ]
    return extent
