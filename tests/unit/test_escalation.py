"""Where the retry of a job that was short of memory runs, and with how much."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import pytest

from airflow_provider_spcs.composition import Parts
from airflow_provider_spcs.errors import InvalidName
from airflow_provider_spcs.escalation import Escalation, short_of_memory
from airflow_provider_spcs.naming import JobName
from airflow_provider_spcs.order import Order
from airflow_provider_spcs.rows import ContainerReport, JobState, PoolState
from airflow_provider_spcs.spec import Resources, ServiceSpec
from airflow_provider_spcs.status import ContainerState, classify

NAME = JobName("DB", "S", "J_1")
OOM = "Container was OOMKilled due to resource usage"


def pool(name: str, family: str, state: str = "ACTIVE", **more: Any) -> PoolState:
    """A pool as SHOW tells it."""
    return PoolState(name, state, instance_family=family, **{"auto_resume": True, **more})


POOLS = (
    pool("SMALL", "CPU_X64_S"),
    pool("MEDIUM", "CPU_X64_M"),
    pool("LARGE", "CPU_X64_L"),
    pool("CLOSED", "CPU_X64_M", "SUSPENDED", auto_resume=False),
    pool("GPU", "GPU_NV_S"),
    pool("GPU_FOUR", "GPU_NV_M"),
    pool("NEW", "GEN_X64_G2_8"),
    pool("SYSTEM_COMPUTE_POOL_CPU", "CPU_X64_M"),
)


class Account:
    """As much of the hook as the way up asks."""

    def __init__(self, last: JobState | None = None, containers: Sequence[ContainerReport] = ()) -> None:
        self._last = last
        self._containers = list(containers)

    def find_job(self, _: JobName) -> JobState | None:
        """The last job."""
        return self._last

    def containers(self, _: JobName) -> list[ContainerReport]:
        """The last job's containers."""
        return self._containers

    def list_pools(self) -> list[PoolState]:
        """All pools."""
        return list(POOLS)

    def pool_state(self, name: str) -> PoolState | None:
        """One pool."""
        return next((each for each in POOLS if each.name == name.upper()), None)


def killed(code: int | None = 137, message: str = "") -> ContainerReport:
    """The end of a container."""
    return ContainerReport(0, "main", ContainerState.FAILED, exit_code=code, message=message)


def order(compute_pool: str = "small") -> Order:
    """An order with a limit."""
    return Order(parts=Parts(image="/d/s/r/i:1", resources=Resources(memory="2Gi", memory_limit="4G")),
                 compute_pool=compute_pool)  # fmt: skip


def after(previous: JobState | None, ways: Escalation, containers: Sequence[ContainerReport] = ()) -> Order:
    """The order of the next try."""
    hook: Any = Account(previous, containers)
    return ways.apply(hook, order(), NAME if previous else None, logging.getLogger("tests"))


def failed(compute_pool: str) -> JobState:
    """The last job of the attempt."""
    return JobState(NAME, classify("FAILED"), compute_pool=compute_pool)


@pytest.mark.parametrize(
    ("here", "there"),
    [("SMALL", "MEDIUM"), ("medium", "LARGE"), ("LARGE", None), ("GPU", None), ("NEW", None), ("GONE", None)],
)
def test_next_family_is_the_next_more_memory_with_the_same_gpus(here: str, there: str | None) -> None:
    """Not one that cannot start, has other GPUs, is the system's, or is of a family nobody knows here."""
    hook: Any = Account()
    found = Escalation().next_pool(hook, here)
    assert (found and found.name) == there


@pytest.mark.parametrize(("here", "there"), [("SMALL", "NEW"), ("NEW", "LARGE"), ("LARGE", None)])
def test_given_pools_are_climbed_in_their_order(here: str, there: str | None) -> None:
    """A person knows families that are not known here."""
    hook: Any = Account()
    found = Escalation(["new", "LARGE"]).next_pool(hook, here)
    assert (found and found.name) == there


def test_bad_name_of_a_pool_is_refused() -> None:
    """It goes into SQL."""
    hook: Any = Account()
    with pytest.raises(InvalidName):
        Escalation(["A; DROP"]).next_pool(hook, "SMALL")


@pytest.mark.parametrize(
    ("container", "short"),
    [(killed(), True), (killed(None, OOM), True), (killed(1), False), (killed(143), False), (killed(None), False)],
)
def test_short_of_memory_is_said_by_snowflake_or_by_signal_nine(container: ContainerReport, short: bool) -> None:
    """Asked for explicitly, a bare 137 counts, too."""
    assert short_of_memory([container]) is short


def test_retry_after_want_of_memory_keeps_its_share_of_a_larger_node() -> None:
    """13 GiB to 28 GiB a node: requests and limits grow by as much."""
    moved = after(failed("SMALL"), Escalation(), [killed()])
    spec = moved.specification(NAME, None)
    assert isinstance(spec, ServiceSpec)
    assert moved.compute_pool == "MEDIUM"
    resources = spec.containers[0].resources
    assert resources is not None
    assert (resources.memory, resources.memory_limit) == ("4412Mi", "8217Mi")


def test_retry_after_another_failure_stays_where_the_last_job_ran() -> None:
    """One step up is not taken back by a failure of another kind, nor a second one taken for it."""
    assert after(failed("MEDIUM"), Escalation(), [killed(1)]).compute_pool == "MEDIUM"
    assert after(failed("SMALL"), Escalation(), [killed(1)]) == order()


def test_first_try_and_the_largest_pool_run_as_ordered() -> None:
    """Nothing to go by, and nowhere to go."""
    assert after(None, Escalation(), [killed()]) == order()
    assert after(failed("SMALL"), Escalation([]), [killed()]) == order()
