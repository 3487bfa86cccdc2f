"""Start and stop a compute pool around the jobs of a DAG."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, get_args

from airflow_provider_spcs import sql
from airflow_provider_spcs.connected_task import ConnectedTask
from airflow_provider_spcs.errors import InvalidInput, StartupTimeout, StatementError

if TYPE_CHECKING:
    from airflow_provider_spcs.rows import PoolState

Action = Literal["resume", "suspend"]
_READY = ("IDLE", "ACTIVE", "RESIZING")
_STOPPED = ("SUSPENDED", "STOPPING")


class SpcsComputePoolOperator(ConnectedTask):
    """Resume a compute pool before a DAG's jobs, or suspend it after them; returns the pool's state.

    As a pair: ``start.as_setup() >> jobs >> stop.as_teardown(setups=start)``. The pool itself is made once, by
    ``CREATE COMPUTE POOL``. What is so already is left as it is. Needs OPERATE on the pool.

    Args:
        compute_pool: The pool.
        action: ``resume``, or ``suspend``: jobs that run go on to their end, then the nodes are released.
        stop_all: With ``suspend``: cancel every job and drop every service in the pool first, also other people's.
        wait_for_completion: With ``resume``: wait until the pool has a node. Jobs wait by themselves, too.
        timeout_seconds: How long that may take.
        poll_interval: Seconds between two looks.
        **kwargs: The connection, and what every task takes.
    """

    template_fields: Sequence[str] = ("compute_pool", *ConnectedTask.template_fields)
    ui_color = "#d6f0fa"

    def __init__(
        self,
        *,
        compute_pool: str,
        action: Action,
        stop_all: bool = False,
        wait_for_completion: bool = False,
        timeout_seconds: float = 900,
        poll_interval: float = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.compute_pool = compute_pool
        self.action = action
        self.stop_all = stop_all
        self.wait_for_completion = wait_for_completion
        self.timeout_seconds = timeout_seconds
        self.poll_interval = poll_interval

    def execute(self, context: Any) -> str:  # noqa: ARG002 - Airflow's signature
        """Do it.

        Raises:
            InvalidInput: The parameters do not fit together.
            StatementError: There is no such pool for this role, or it refuses.
            StartupTimeout: It has no node in time.
        """
        self._check()
        with self.hook as hook:
            pool = self._pool()
            if self.action == "suspend":
                if self.stop_all:
                    hook.query(*sql.alter_pool(pool.name, "STOP ALL"))
                    self.log.info("Every job and service in compute pool %s is stopped.", pool.name)
                if pool.state not in _STOPPED:
                    hook.query(*sql.alter_pool(pool.name, "SUSPEND"))
            elif pool.state in _STOPPED:
                hook.query(*sql.alter_pool(pool.name, "RESUME"))
            state = self._ready() if self.wait_for_completion else self._pool().state
        self.log.info("Compute pool %s was %s and is %s.", pool.name, pool.state, state)
        return state

    def _check(self) -> None:
        if self.action not in get_args(Action):
            raise InvalidInput("action", f"{self.action!r}", "It is 'resume' or 'suspend'", "Choose one")
        wrong = {"suspend": ("wait_for_completion",), "resume": ("stop_all",)}[self.action]
        for name in wrong:
            if getattr(self, name):
                raise InvalidInput(name, f"given with action={self.action!r}", "It means nothing there", "Leave it out")

    def _pool(self) -> PoolState:
        pool = self.hook.pool_state(self.compute_pool)
        if pool is None:
            raise StatementError(
                "compute_pool",
                f"there is no compute pool {self.compute_pool} that this role may see",
                "The pool exists, and the role has MONITOR, USAGE or OPERATE on it",
                f"Create it, or GRANT OPERATE ON COMPUTE POOL {self.compute_pool} TO ROLE ...",
            )
        return pool

    def _ready(self) -> str:
        end = time.monotonic() + self.timeout_seconds
        while (pool := self._pool()).state not in _READY:
            if time.monotonic() >= end:
                raise StartupTimeout(
                    self.compute_pool,
                    f"it is {pool.state} after {self.timeout_seconds:g} seconds",
                    "A pool takes minutes to start, longer when its instance family is short",
                    "Raise timeout_seconds, or choose another family or region",
                )
            time.sleep(self.poll_interval)
        return pool.state
