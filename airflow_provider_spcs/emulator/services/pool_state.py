"""How a compute pool's nodes come and go: a pure function from the time and the need for nodes to the next state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Document = dict[str, Any]


@dataclass
class PoolTiming:
    """Delays in seconds of the account's clock: for a pool's first nodes, for more nodes, until spare nodes go."""

    startup: float = 0.0
    resize: float = 0.0
    scale_in: float = 60.0


@dataclass(frozen=True)
class Need:
    """What jobs want of a pool.

    Args:
        busy: Nodes that hold an instance now.
        top: Highest index of those, plus one; nodes below cannot go.
        wanted: Nodes that would hold all running and waiting instances.
    """

    busy: int = 0
    top: int = 0
    wanted: int = 0


def advance(pool: Document, now: datetime, need: Need, timing: PoolTiming) -> Document:
    """The pool's changed properties at ``now``; empty when nothing changes.

    States: SUSPENDED -> STARTING -> IDLE or ACTIVE <-> RESIZING; STOPPING -> SUSPENDED once no job runs.
    """
    after = dict(pool)
    if after["state"] == "STOPPING" and not need.busy:
        after |= {"state": "SUSPENDED", "nodes": 0, "coming": 0, "ready_at": None}
    elif after["state"] == "SUSPENDED" and need.wanted and after["auto_resume"]:
        after |= resumed(after, now, timing, need.wanted)
    if after["state"] in {"STARTING", "RESIZING"} and datetime.fromisoformat(after["ready_at"]) <= now:
        after |= {"nodes": after["nodes"] + after["coming"], "coming": 0, "ready_at": None, "state": "IDLE"}
    if after["state"] in {"IDLE", "ACTIVE"}:
        after |= _sized(after, now, need, timing)
        if after["state"] == "RESIZING" and timing.resize <= 0:
            after |= {"nodes": after["nodes"] + after["coming"], "coming": 0, "ready_at": None, "state": "ACTIVE"}
    return {key: value for key, value in after.items() if pool.get(key) != value}


def resumed(pool: Document, now: datetime, timing: PoolTiming, wanted: int = 0) -> Document:
    """The changes that start a suspended pool with as many nodes as are wanted."""
    nodes = max(pool["min_nodes"], min(wanted, pool["max_nodes"]))
    return {
        "state": "STARTING",
        "nodes": 0,
        "coming": nodes,
        "ready_at": (now + timedelta(seconds=timing.startup)).isoformat(),
        "resumed_on": now.isoformat(),
        "idle_since": None,
    }


def next_change(pool: Document, timing: PoolTiming) -> datetime | None:
    """When the pool changes by the clock alone; None when it does not."""
    if pool["ready_at"]:
        return datetime.fromisoformat(pool["ready_at"])
    if pool["state"] != "IDLE" or not pool["idle_since"]:
        return None
    waits = []
    if pool["auto_suspend_secs"]:
        waits.append(float(pool["auto_suspend_secs"]))
    if pool["nodes"] > pool["min_nodes"]:
        waits.append(timing.scale_in)
    return datetime.fromisoformat(pool["idle_since"]) + timedelta(seconds=min(waits)) if waits else None


def _sized(pool: Document, now: datetime, need: Need, timing: PoolTiming) -> Document:
    wanted = max(pool["min_nodes"], min(need.wanted, pool["max_nodes"]))
    if wanted > pool["nodes"]:
        ready = (now + timedelta(seconds=timing.resize)).isoformat()
        return {"state": "RESIZING", "coming": wanted - pool["nodes"], "ready_at": ready, "idle_since": None}
    if need.busy:
        return {"state": "ACTIVE", "idle_since": None, "nodes": max(need.top, min(pool["nodes"], pool["max_nodes"]))}
    idle_since = pool["idle_since"] or now.isoformat()
    idle = (now - datetime.fromisoformat(idle_since)).total_seconds()
    if pool["auto_suspend_secs"] and idle >= pool["auto_suspend_secs"] and not need.wanted:
        return {"state": "SUSPENDED", "nodes": 0, "idle_since": None, "suspended_on": now.isoformat()}
    keep = pool["min_nodes"] if idle >= timing.scale_in else min(pool["nodes"], pool["max_nodes"])
    return {"state": "IDLE", "idle_since": idle_since, "nodes": keep}
