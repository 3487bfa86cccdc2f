"""What REST's actions make of objects that are there: copies of tables, schemas and databases, new names, and back.

Source: snowflake.core 1.14, the addresses in its generated modules.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.rest.objects import full_name
from airflow_provider_spcs.emulator.rest.statements import KINDS, MODES, identifier

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.wire.gateway import Call

_WORDS = {"clone": "CLONE", "create-like": "LIKE", "create_like": "LIKE"}
_COPIED = {("tables", "clone"), ("tables", "create-like"), ("tables", "create_like"), ("schemas", "clone"),
           ("databases", "clone")}  # fmt: skip


def statement(resource: str, action: str, call: Call, name: str) -> str | None:
    """The SQL of an action on one object; None when it is no such action.

    Args:
        resource: The resource's word in the path.
        action: What follows the colon.
        call: The request.
        name: The object's name as the path says it.

    Raises:
        SnowflakeError: 1008 when the request does not say a name.
    """
    kind, own = KINDS[resource], full_name(call, name)
    if (resource, action) in _COPIED:
        return f"{_made(call, resource, _said(call.body, 'name'))} {_WORDS[action]} {own}"
    if resource == "tables" and action in {"swap-with", "swapwith"}:
        other = call.query.get("targetName") or call.query.get("targetTableName") or ""
        return f"ALTER TABLE {own} SWAP WITH {_elsewhere(call, resource, other)}"
    if action == "undrop" and resource in {"tables", "schemas", "databases"}:
        return f"UNDROP {kind} {own}"
    if resource == "warehouses" and action == "rename":
        return f"ALTER WAREHOUSE {own} RENAME TO {identifier(_said(call.body, 'name'))}"
    return None


def from_query(call: Call) -> str:
    """CREATE TABLE ... AS SELECT."""
    return f"{_made(call, 'tables', _said(call.body, 'name'))} AS {call.query.get('query', '')}"


def _made(call: Call, resource: str, name: str) -> str:
    mode = call.query.get("createMode", "errorIfExists")
    if mode not in MODES:
        raise SnowflakeError(f"createMode: {mode!r}. It is one of {', '.join(MODES)}.", 1008, "22023")
    replace, unless = MODES[mode]
    said = str(call.query.get("kind") or call.body.get("kind") or "").upper()
    transient = f"{said} " if said in {"TRANSIENT", "TEMPORARY"} else ""
    return f"CREATE {replace}{transient}{KINDS[resource]} {unless}{_elsewhere(call, resource, name)}"


def _elsewhere(call: Call, resource: str, name: str) -> str:
    """A new object's full name: beside the old one, or where the request says."""
    database = call.query.get("targetDatabase") or call.path.get("database")
    schema = call.query.get("targetSchema") or call.path.get("schema")
    parts = {"tables": (database, schema, name), "schemas": (database, name)}.get(resource, (name,))
    return ".".join(identifier(str(part)) for part in parts)


def _said(body: Mapping[str, object], field: str) -> str:
    if not body.get(field):
        raise SnowflakeError(f"request body: no {field!r}. It is required.", 1008, "22023")
    return str(body[field])
