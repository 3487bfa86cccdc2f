"""SHOW AS RESOURCE: what the REST API says of each object, one JSON document a row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.names import quoted
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Column, Kind, Result

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_UNKNOWN = "views"
"""Objects whose documents hold what is common to all."""


@command("SHOW AS RESOURCE")
def show_as_resource(session: Session, statement: Statement) -> Result:
    """SHOW AS RESOURCE of any objects: the REST API's document of each, as Snowpark's catalog reads them.

    Source: the statements of ``snowflake.snowpark.catalog``.
    """
    from airflow_provider_spcs.emulator.rest.calls import rows
    from airflow_provider_spcs.emulator.rest.shapes import SHAPES

    words: list[str] = []
    while not statement.done and not (words and words[-1].endswith("S")):
        words.append(statement.word())
        statement.at += 1
    kind = "-".join(words).lower()
    found = rows(session, f"SHOW {' '.join(words)} {statement.rest()}")
    resource = kind if kind in SHAPES else _UNKNOWN
    documents: list[tuple[Any, ...]] = [(json.dumps(_document(session, resource, row)),) for row in found]
    return Result([Column("As Resource", "OBJECT")], documents, kind=Kind.SHOW)


def _document(session: Session, resource: str, row: dict[str, Any]) -> dict[str, Any]:
    from airflow_provider_spcs.emulator.rest.calls import rows
    from airflow_provider_spcs.emulator.rest.shapes import column, shaped

    document = shaped(resource, row)
    if "text" in document:
        # A view's document has its columns and its query, without which Snowpark cannot read it.
        name = ".".join(quoted(row[part]) for part in ("database_name", "schema_name", "name"))
        document["columns"] = [column(each) for each in rows(session, f"DESCRIBE VIEW {name}")]
        document["query"] = document["text"]
    return document
