"""Names in addresses: ``DB.SCHEMA.NAME`` as Snowflake writes it, quotes where they are needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import syntax_error
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from starlette.requests import Request


def of(request: Request) -> Name:
    """The object that a request's address names.

    Raises:
        SnowflakeError: 1003 when it is no full name.
    """
    text = request.path_params["name"]
    statement = Statement.parse(text)
    parts = statement.name()
    statement.end()
    if len(parts) != 3:
        raise syntax_error(text)
    return Name(*parts)
