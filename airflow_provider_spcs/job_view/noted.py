"""What tasks noted of their jobs as XComs: the job's name, how it is reached, where its report is."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.door import Door
from airflow_provider_spcs.links import DOOR_KEY, JOB_NAME_KEY, REPORT_KEY, SpcsJobLink

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_NEWEST = 500
_DOOR_FIELDS = ("snowflake_conn_id", "database", "schema", "role", "warehouse", "authenticator")


@dataclass(frozen=True)
class TaskKey:
    """A task instance, whatever its try."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1


@dataclass(frozen=True)
class Noted:
    """What one task instance noted; empty texts and None where it did not."""

    job_name: str = ""
    door: Door | None = None
    report: str = ""
    job_url: str = ""


def noted(session: Session, key: TaskKey) -> Noted:
    """What a task instance noted."""
    from airflow.models.xcom import XComModel
    from sqlalchemy import select

    rows = session.scalars(
        select(XComModel).where(
            XComModel.dag_id == key.dag_id,
            XComModel.run_id == key.run_id,
            XComModel.task_id == key.task_id,
            XComModel.map_index == key.map_index,
            XComModel.key.in_((JOB_NAME_KEY, DOOR_KEY, REPORT_KEY, SpcsJobLink().xcom_key)),
        )
    )
    found = {row.key: _value(row) for row in rows}
    return Noted(
        _text(found.get(JOB_NAME_KEY)),
        door_of(found.get(DOOR_KEY)),
        _text(found.get(REPORT_KEY)),
        _text(found.get(SpcsJobLink().xcom_key)),
    )


def doors(session: Session, dag_ids: Iterable[str]) -> list[Door]:
    """The ways in which the newest tasks of some DAGs reached Snowflake, each once, the newest first."""
    from airflow.models.xcom import XComModel
    from sqlalchemy import select

    rows = session.scalars(
        select(XComModel)
        .where(XComModel.key == DOOR_KEY, XComModel.dag_id.in_(list(dag_ids)))
        .order_by(XComModel.timestamp.desc())
        .limit(_NEWEST)
    )
    found = (door_of(_value(row)) for row in rows)
    return list(dict.fromkeys(door for door in found if door is not None))


def door_of(value: Any) -> Door | None:
    """A door from what a task noted; None when it is something else."""
    if not isinstance(value, dict) or not isinstance(value.get("snowflake_conn_id"), str):
        return None
    known = {name: value[name] for name in _DOOR_FIELDS if isinstance(value.get(name), str)}
    return Door(**known)


def _value(row: Any) -> Any:
    from airflow.models.xcom import XComModel

    try:
        return XComModel.deserialize_value(row)
    except (TypeError, ValueError):
        return None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def said(door: Door) -> str:
    """A door in words, for a list to choose from."""
    place = ".".join(filter(None, (door.database, door.schema)))
    parts = [door.snowflake_conn_id, place, f"role {door.role}" if door.role else ""]
    return ", ".join(filter(None, parts))


def mark(door: Door) -> str:
    """A door as one argument of an address."""
    return json.dumps([getattr(door, name) for name in _DOOR_FIELDS], separators=(",", ":"))


def dag_ids(session: Session) -> set[str]:
    """The DAGs whose tasks noted how they reached Snowflake."""
    from airflow.models.xcom import XComModel
    from sqlalchemy import select

    return set(session.scalars(select(XComModel.dag_id).where(XComModel.key == DOOR_KEY).distinct()))
