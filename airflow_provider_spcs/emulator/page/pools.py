"""Compute pools: their nodes, and who holds each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from airflow_provider_spcs.emulator.page import rendering

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.names import Name

_MOST_WAITING = 100


@dataclass
class Pool:
    """One pool as the page shows it.

    Args:
        name: Its name.
        document: Its properties.
        nodes: By index, the job and instance on it; a node may hold several.
        waiting: Jobs and instances that wait for a node.
    """

    name: str
    document: dict[str, Any]
    nodes: dict[int, list[tuple[Name, int]]] = field(default_factory=lambda: defaultdict(list))
    waiting: list[tuple[Name, int]] = field(default_factory=list)

    @property
    def free(self) -> int:
        """Nodes that are there and hold nothing."""
        return max(0, int(self.document["nodes"]) - len(self.nodes))

    @property
    def shown_waiting(self) -> list[tuple[Name, int]]:
        """The first of those that wait; thousands would make no page."""
        return self.waiting[:_MOST_WAITING]


def of_account(account: Account) -> list[Pool]:
    """Every pool with who is on it and who waits for it."""
    found = {item.name.name: Pool(item.name.name, item.document) for item in account.objects.list("COMPUTE POOL")}
    for job in list(account.services.supervisor.jobs.values()):
        pool = found.get(job.pool)
        for instance in job.instances if pool is not None else []:
            assert pool is not None  # noqa: S101 there is nothing to loop over without one
            if instance.node is not None:
                pool.nodes[instance.node].append((job.name, instance.id))
            elif not job.terminal and instance.status == "PENDING":
                pool.waiting.append((job.name, instance.id))
    return list(found.values())


def pools(account: Account, _request: Request) -> Response:
    """Compute pools, their nodes and who holds them."""
    return rendering.html(
        "pools.html", account=account, here="/pools", now=account.clock.now(), pools=of_account(account)
    )
