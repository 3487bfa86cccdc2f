"""SHOW and DESCRIBE COMPUTE POOL, SYSTEM$GET_COMPUTE_POOL_STATUS."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.lifecycle import TERMINAL
from airflow_provider_spcs.emulator.objects import StoredObject
from airflow_provider_spcs.emulator.registry import command, scalar
from airflow_provider_spcs.emulator.result import Column, Kind, Result, number, text, timestamp_ltz
from airflow_provider_spcs.emulator.services import clauses, ddl
from airflow_provider_spcs.emulator.services.compute_pools import KIND
from airflow_provider_spcs.emulator.statement import Statement

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.engine.session import Session

COLUMNS = [
    text("name"), text("state"), number("min_nodes"), number("max_nodes"), text("instance_family"),
    number("num_services"), number("num_jobs"), number("auto_suspend_secs"), text("auto_resume"),
    number("active_nodes"), number("idle_nodes"), number("target_nodes"), timestamp_ltz("created_on"),
    timestamp_ltz("resumed_on"), timestamp_ltz("updated_on"), text("owner"), text("comment"), text("is_exclusive"),
    text("application"), text("placement_group"),
]  # fmt: skip
_MORE: list[Column] = [text("error_code"), text("status_message"), text("budget")]
_MESSAGES = {
    "STARTING": "Compute pool is starting for last 0 minutes",
    "IDLE": "Compute pool is idle",
    "ACTIVE": "Compute pool is active",
    "RESIZING": "Compute pool is resizing",
    "STOPPING": "Compute pool is stopping",
    "SUSPENDED": "Compute pool is suspended",
}


@command("SHOW COMPUTE POOLS")
def show_pools(session: Session, statement: Statement) -> Result:
    """Columns and filters as documented."""
    jobs = _jobs(session)
    return ddl.show(session, statement, KIND, COLUMNS, lambda pool: _row(pool, jobs))


@command("DESCRIBE COMPUTE POOL", "DESC COMPUTE POOL")
def describe_pool(session: Session, statement: Statement) -> Result:
    """The columns of SHOW and error_code, status_message, budget."""
    name = ddl.account_name(clauses.name(statement))
    statement.end()
    pool = StoredObject(KIND, name, session.account.objects.get(KIND, name))
    row = (*_row(pool, _jobs(session)), "", _MESSAGES[pool.document["state"]], None)
    return Result(COLUMNS + _MORE, [row], kind=Kind.DESCRIBE)


@scalar("SYSTEM$GET_COMPUTE_POOL_STATUS")
def pool_status(session: Session, pool: str, *_: object) -> str:
    """A JSON object with status, message and poolName."""
    parts = Statement.parse(str(pool)).name()
    name = ddl.account_name(parts)
    state = session.account.objects.get(KIND, name)["state"]
    return json.dumps({"status": state, "message": _MESSAGES[state], "poolName": name.name})


def _jobs(session: Session) -> Counter[tuple[str, bool]]:
    """How many by pool, and whether they are jobs or services."""
    services = [item.document for item in session.account.objects.list("SERVICE")]
    return Counter(
        (item["compute_pool"], item.get("is_job", True)) for item in services if item["status"] not in TERMINAL
    )


def _row(pool: StoredObject, jobs: Counter[tuple[str, bool]]) -> tuple[Any, ...]:
    values = pool.document
    nodes, busy = values["nodes"], min(values["busy"], values["nodes"])
    stopped = values["state"] in {"SUSPENDED", "STOPPING"}
    target = 0 if stopped else max(values["min_nodes"], nodes + values["coming"])
    return (
        pool.name.name, values["state"], values["min_nodes"], values["max_nodes"], values["instance_family"],
        jobs[pool.name.name, False], jobs[pool.name.name, True], values["auto_suspend_secs"],
        ddl.flag(values["auto_resume"]), busy, nodes - busy, target, ddl.moment(values["created_on"]),
        ddl.moment(values["resumed_on"]), ddl.moment(values["updated_on"]), values["owner"], values["comment"],
        "false", None, values["placement_group"],
    )  # fmt: skip
