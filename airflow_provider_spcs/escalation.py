"""Which compute pool the retry of a job that was short of memory runs in, and with how much more memory.

A pool has one instance family, so a larger node is another pool's. The last job of the attempt says where the retry
stands: Snowflake knows its pool and its exit codes, and nothing else has to be remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from airflow_provider_spcs.quoting import bare, identifier
from airflow_provider_spcs.spec.families import FAMILIES
from airflow_provider_spcs.status import out_of_memory

if TYPE_CHECKING:
    from airflow_provider_spcs.hooks import SpcsHook
    from airflow_provider_spcs.naming import JobName
    from airflow_provider_spcs.order import Order
    from airflow_provider_spcs.rows import ContainerReport, PoolState
    from airflow_provider_spcs.waiting import Log

_KILLED = 137
# These are for notebooks, model serving and ML jobs only.
_SYSTEM = "SYSTEM_COMPUTE_POOL"
# Of a family that is not known here; a step up is rarely less than twice the memory.
_UNKNOWN_STEP = 2.0


@dataclass(frozen=True)
class Escalation:
    """The way up.

    Attributes:
        pools: Pools to move to, smallest first; None takes the next larger family among the pools the role may see.
    """

    pools: Sequence[str] | None = None

    def next_pool(self, hook: SpcsHook, pool: str) -> PoolState | None:
        """The pool after ``pool``; None when it is the last."""
        here = bare(identifier(pool, "compute_pool"))
        if self.pools is None:
            return _next_family(hook.list_pools(), here)
        names = [bare(identifier(name, "oom_compute_pools")) for name in self.pools]
        after = names[names.index(here) + 1 :] if here in names else names
        return hook.pool_state(after[0]) if after else None

    def apply(self, hook: SpcsHook, order: Order, last: JobName | None, log: Log) -> Order:
        """The order of the try after the job ``last``: where that ran, or one step up if memory was short."""
        previous = hook.find_job(last) if last is not None else None
        if previous is None or not previous.compute_pool:
            return order
        pool = hook.pool_state(previous.compute_pool)
        if short_of_memory(hook.containers(previous.name) or previous.containers):
            pool = self.next_pool(hook, previous.compute_pool)
            if pool is None:
                log.warning("%s was short of memory, and no larger pool is there: tried as before.", previous.name)
        if pool is None or pool.name == bare(identifier(order.compute_pool, "compute_pool")):
            return order
        times = _times(hook.pool_state(order.compute_pool), pool)
        log.info("Compute pool %s (%s), memory times %.3g: an earlier try was short of it.", *_words(pool), times)
        return replace(order, compute_pool=pool.name, memory_times=times)


def short_of_memory(containers: Sequence[ContainerReport]) -> bool:
    """Whether a container was ended for want of memory, or killed by signal 9, which most often is that."""
    return any(each.exit_code == _KILLED or out_of_memory(each.exit_code, each.message) for each in containers)


def describe(pool: PoolState) -> str:
    """The pool for a person."""
    return "compute pool {} ({})".format(*_words(pool))


def _words(pool: PoolState) -> tuple[str, str]:
    family = FAMILIES.get(pool.instance_family)
    memory = f", {family.memory} GiB a node" if family else ""
    return pool.name, f"{pool.instance_family}{memory}"


def _next_family(pools: Sequence[PoolState], here: str) -> PoolState | None:
    """The pool with the least memory above that of ``here``, with the same GPUs, that runs or starts by itself."""
    mine = next((FAMILIES.get(pool.instance_family) for pool in pools if pool.name == here), None)
    if mine is None:
        return None
    larger = [
        (family.memory, family.cpu, pool.name, pool)
        for pool in pools
        if (family := FAMILIES.get(pool.instance_family)) is not None
        if family.memory > mine.memory and (family.gpu, family.gpu_name) == (mine.gpu, mine.gpu_name)
        if pool.auto_resume or pool.state not in ("SUSPENDED", "STOPPING")
        if not pool.name.startswith(_SYSTEM)
    ]
    return min(larger)[-1] if larger else None


def _times(base: PoolState | None, pool: PoolState) -> float:
    """How much more memory a node of ``pool`` has: requests and limits keep their share of the node."""
    small, large = FAMILIES.get(base.instance_family if base else ""), FAMILIES.get(pool.instance_family)
    return large.memory / small.memory if small and large else _UNKNOWN_STEP
