"""Warehouses: names with properties; nothing runs on them, so that any size costs the same."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.engine.ddl.options import modifiers, options
from airflow_provider_spcs.emulator.engine.show import Filter
from airflow_provider_spcs.emulator.errors import already_exists, invalid_value
from airflow_provider_spcs.emulator.names import Name
from airflow_provider_spcs.emulator.registry import command
from airflow_provider_spcs.emulator.result import Kind, Result, number, status, text, timestamp_ltz

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session
    from airflow_provider_spcs.emulator.statement import Statement

_OPTIONS = {"WAREHOUSE_SIZE", "WAREHOUSE_TYPE", "AUTO_SUSPEND", "AUTO_RESUME", "INITIALLY_SUSPENDED", "COMMENT",
            "MIN_CLUSTER_COUNT", "MAX_CLUSTER_COUNT", "SCALING_POLICY", "RESOURCE_MONITOR", "ENABLE_QUERY_ACCELERATION",
            "QUERY_ACCELERATION_MAX_SCALE_FACTOR", "MAX_CONCURRENCY_LEVEL", "STATEMENT_TIMEOUT_IN_SECONDS",
            "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS", "RESOURCE_CONSTRAINT", "GENERATION"}  # fmt: skip
_SIZES = {"XSMALL": "X-Small", "SMALL": "Small", "MEDIUM": "Medium", "LARGE": "Large", "XLARGE": "X-Large",
          "XXLARGE": "2X-Large", "X2LARGE": "2X-Large", "2XLARGE": "2X-Large", "XXXLARGE": "3X-Large",
          "X3LARGE": "3X-Large", "3XLARGE": "3X-Large", "X4LARGE": "4X-Large", "4XLARGE": "4X-Large",
          "X5LARGE": "5X-Large", "5XLARGE": "5X-Large", "X6LARGE": "6X-Large", "6XLARGE": "6X-Large"}  # fmt: skip


@command("CREATE WAREHOUSE", "CREATE OR REPLACE WAREHOUSE")
def create_warehouse(session: Session, statement: Statement) -> Result:
    """CREATE [OR REPLACE] WAREHOUSE; it becomes the current one."""
    replace = statement.at == 4
    missing_only = modifiers(statement)
    name = Name.account_level(statement.identifier())
    said = _properties(options(statement, _OPTIONS))
    objects = session.account.objects
    if objects.find("WAREHOUSE", name) is not None:
        if missing_only:
            return status(f"{name.name} already exists, statement succeeded.")
        if not replace:
            raise already_exists(name)
        objects.drop("WAREHOUSE", name)
    now = session.account.clock.now().isoformat()
    state = "SUSPENDED" if said.pop("initially_suspended", False) else "STARTED"
    document = {"created_on": now, "owner": session.role, "comment": "", "size": "X-Small", "state": state} | said
    objects.create("WAREHOUSE", name, document)
    session.warehouse = name.name
    return status(f"Warehouse {name.name} successfully created.")


def _properties(said: dict[str, Any]) -> dict[str, Any]:
    found = {option.lower(): value for option, value in said.items()}
    if "warehouse_size" in found:
        size = str(found.pop("warehouse_size"))
        if size.upper().replace("-", "").replace("_", "") not in _SIZES:
            raise invalid_value(size, "WAREHOUSE_SIZE", f"It is one of {', '.join(dict.fromkeys(_SIZES.values()))}.")
        found["size"] = _SIZES[size.upper().replace("-", "").replace("_", "")]
    return found


@command("ALTER WAREHOUSE")
def alter_warehouse(session: Session, statement: Statement) -> Result:
    """ALTER WAREHOUSE ... SUSPEND, RESUME, SET, UNSET, RENAME TO."""
    missing_ok = statement.accept("IF", "EXISTS")
    named = not any(statement.looking_at(word) for word in ("SUSPEND", "RESUME", "SET"))
    name = Name.account_level(statement.identifier() if named else session.warehouse or "")
    objects = session.account.objects
    if missing_ok and objects.find("WAREHOUSE", name) is None:
        return status("Statement executed successfully.")
    objects.get("WAREHOUSE", name)
    if statement.accept("SUSPEND"):
        objects.update("WAREHOUSE", name, state="SUSPENDED")
    elif statement.accept("RESUME"):
        statement.accept("IF", "SUSPENDED")
        objects.update("WAREHOUSE", name, state="STARTED")
    elif statement.accept("RENAME", "TO"):
        objects.rename("WAREHOUSE", name, Name.account_level(statement.identifier()))
    elif statement.accept("UNSET"):
        objects.update("WAREHOUSE", name, **{statement.identifier().lower(): ""})
    elif statement.accept("ABORT", "ALL", "QUERIES"):
        pass
    else:
        statement.expect("SET")
        objects.update("WAREHOUSE", name, **_properties(options(statement, _OPTIONS)))
    statement.end()
    return status("Statement executed successfully.")


@command("DROP WAREHOUSE")
def drop_warehouse(session: Session, statement: Statement) -> Result:
    """DROP WAREHOUSE [IF EXISTS]."""
    missing_ok = statement.accept("IF", "EXISTS")
    name = Name.account_level(statement.identifier())
    statement.end()
    if missing_ok and session.account.objects.find("WAREHOUSE", name) is None:
        return status(f"Drop statement executed successfully ({name.name} already dropped).")
    session.account.objects.drop("WAREHOUSE", name)
    if session.warehouse == name.name:
        session.warehouse = None
    return status(f"{name.name} successfully dropped.")


@command("SHOW WAREHOUSES", "DESCRIBE WAREHOUSE", "DESC WAREHOUSE")
def show_warehouses(session: Session, statement: Statement) -> Result:
    """SHOW WAREHOUSES; DESCRIBE WAREHOUSE shows one."""
    if statement.word(-2) == "SHOW":
        chosen = Filter.parse(session, statement).apply(session.account.objects.list("WAREHOUSE"))
    else:
        name = Name.account_level(statement.identifier())
        session.account.objects.get("WAREHOUSE", name)
        chosen = [item for item in session.account.objects.list("WAREHOUSE") if item.name == name]
    columns = [
        *map(text, ["name", "state", "type", "size"]),
        *map(number, ["min_cluster_count", "max_cluster_count", "started_clusters", "running", "queued"]),
        *map(text, ["is_default", "is_current"]),
        number("auto_suspend"),
        *map(text, ["auto_resume", "available", "provisioning", "quiescing", "other"]),
        *map(timestamp_ltz, ["created_on", "resumed_on", "updated_on"]),
        *map(text, ["owner", "comment", "resource_monitor"]),
    ]
    return Result(columns, [_row(session, item.name.name, item.document) for item in chosen], kind=Kind.SHOW)


def _row(session: Session, name: str, document: dict[str, Any]) -> tuple[object, ...]:
    created = datetime.fromisoformat(document["created_on"])
    started = document.get("state") == "STARTED"
    return (
        name, document.get("state", "STARTED"), document.get("warehouse_type", "STANDARD"),
        document.get("size", "X-Small"), 1, 1, int(started), 0, 0, "N", "Y" if name == session.warehouse else "N",
        document.get("auto_suspend") if isinstance(document.get("auto_suspend"), int) else 600,
        str(document.get("auto_resume", True)).lower(), "100" if started else "", "", "", "", created, created, created,
        document.get("owner", ""), document.get("comment", ""), "null",
    )  # fmt: skip
