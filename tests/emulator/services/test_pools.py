"""Compute pools: statements, states under a test's clock, capacity and waiting jobs."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_spcs.emulator import lifecycle
from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.services.capacity import Nodes
from airflow_provider_spcs.emulator.services.families import Resources
from airflow_provider_spcs.emulator.services.pool_state import Need, PoolTiming, advance, resumed
from tests.gate import held

if TYPE_CHECKING:
    from conftest import Local
else:
    Local = Any
Spec = Callable[..., str]
WHOLE = {"requests": {"cpu": 2}}
SLEEP = "import time; time.sleep(3600)"


def _state(local: Local, pool: str = "POOL") -> str:
    local.settle()
    return str(local.sql(f"DESCRIBE COMPUTE POOL {pool}")[0]["state"])


@pytest.mark.parametrize(
    "clauses",
    [
        "MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_TINY",
        "MIN_NODES=2 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S",
        "MIN_NODES=0 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S",
        "MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S",
        "MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S COLOUR=RED",
    ],
)
def test_wrong_pool_is_refused(local: Local, clauses: str) -> None:
    """Families, node counts and clauses are checked before anything is made."""
    with pytest.raises(SnowflakeError):
        local.sql(f"CREATE COMPUTE POOL WRONG {clauses}")
    assert local.sql("SHOW COMPUTE POOLS LIKE 'WRONG'") == []


def test_unknown_family_is_named_in_the_error(local: Local) -> None:
    """Snowflake's words: Invalid instance family."""
    with pytest.raises(SnowflakeError, match="Invalid instance family 'NO_SUCH'"):
        local.sql("CREATE COMPUTE POOL WRONG MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=NO_SUCH")


def test_pool_is_created_shown_altered_and_dropped(local: Local) -> None:
    """The life of a pool in statements, with SHOW's documented columns."""
    local.sql("CREATE OR REPLACE COMPUTE POOL P1 MIN_NODES = 1 MAX_NODES = 10 INSTANCE_FAMILY = HIGHMEM_X64_S")
    local.sql("CREATE COMPUTE POOL IF NOT EXISTS P1 MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S")
    row = local.sql("SHOW COMPUTE POOLS LIKE 'p1'")[0]
    assert list(row) == [
        "name", "state", "min_nodes", "max_nodes", "instance_family", "num_services", "num_jobs", "auto_suspend_secs",
        "auto_resume", "active_nodes", "idle_nodes", "target_nodes", "created_on", "resumed_on", "updated_on", "owner",
        "comment", "is_exclusive", "application", "placement_group",
    ]  # fmt: skip
    assert (row["state"], row["max_nodes"], row["instance_family"]) == ("IDLE", 10, "HIGHMEM_X64_S")
    local.sql("ALTER COMPUTE POOL P1 SET MAX_NODES = 3 AUTO_SUSPEND_SECS = 60 COMMENT = 'c'")
    row = local.sql("DESCRIBE COMPUTE POOL P1")[0]
    assert (row["max_nodes"], row["auto_suspend_secs"], row["comment"]) == (3, 60, "c")
    local.sql("ALTER COMPUTE POOL P1 SUSPEND")
    assert json.loads(local.value("SELECT SYSTEM$GET_COMPUTE_POOL_STATUS('p1')"))["status"] == "SUSPENDED"
    local.sql("ALTER COMPUTE POOL P1 RESUME")
    assert _state(local, "P1") == "IDLE"
    with pytest.raises(SnowflakeError) as caught:
        local.sql("CREATE COMPUTE POOL P1 MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S")
    assert caught.value.errno == 2002
    local.sql("DROP COMPUTE POOL P1")
    with pytest.raises(SnowflakeError) as caught:
        local.sql("DESCRIBE COMPUTE POOL P1")
    assert caught.value.errno == 2003


def test_new_account_has_the_system_pool(local: Local) -> None:
    """SYSTEM_COMPUTE_POOL_CPU is there, and starts when a job wants it."""
    assert _state(local, "SYSTEM_COMPUTE_POOL_CPU") == "SUSPENDED"


def test_job_waits_for_room_and_says_why(local: Local, make_spec: Spec) -> None:
    """The second job of a full pool is PENDING with the reason, and runs when the first is gone."""
    local.start("FIRST", make_spec(SLEEP, resources=WHOLE))
    local.until(lambda: local.status("FIRST") == "RUNNING")
    local.start("SECOND", make_spec(resources=WHOLE))
    local.until(lambda: local.containers("SECOND")[0]["message"] == lifecycle.UNSCHEDULABLE)
    assert local.status("SECOND") == "PENDING"
    row = local.sql("SHOW COMPUTE POOLS LIKE 'POOL'")[0]
    assert (row["state"], row["num_jobs"], row["active_nodes"]) == ("ACTIVE", 2, 1)
    with pytest.raises(SnowflakeError, match="STOP ALL"):
        local.sql("DROP COMPUTE POOL POOL")
    local.sql("CALL FIRST!SPCS_CANCEL_JOB()")
    assert local.ended("SECOND") == "DONE"


def test_job_with_more_stages_than_a_node_mounts_waits(local: Local) -> None:
    """Nine stage volumes are one too many: the statement succeeds, the instance is never placed."""
    local.sql("CREATE STAGE NINE")
    volumes = [{"name": f"v{index}", "source": f"@NINE/{index}"} for index in range(9)]
    container = {"name": "main", "image": "python:3.11", "command": ["true"]}
    local.start("NINE_STAGES", json.dumps({"spec": {"containers": [container], "volumes": volumes}}))
    local.until(lambda: local.containers("NINE_STAGES")[0]["message"] == lifecycle.UNSCHEDULABLE)
    local.sql("DROP SERVICE NINE_STAGES")


def test_stop_all_cancels_every_job(local: Local, make_spec: Spec) -> None:
    """Running and waiting jobs become CANCELLED."""
    for name in ("STOP1", "STOP2"):
        local.start(name, make_spec(SLEEP, resources=WHOLE))
    local.sql("ALTER COMPUTE POOL POOL STOP ALL")
    assert [local.ended("STOP1"), local.ended("STOP2")] == ["CANCELLED", "CANCELLED"]


def test_pool_grows_to_its_maximum_and_loses_nodes_with_their_jobs(local: Local, make_spec: Spec) -> None:
    """Jobs make a pool grow; lowering MAX_NODES fails the jobs on the nodes that go."""
    local.sql("CREATE COMPUTE POOL GROWS MIN_NODES=1 MAX_NODES=2 INSTANCE_FAMILY=CPU_X64_S")
    for name in ("G1", "G2"):
        local.start(name, make_spec(SLEEP, resources=WHOLE), pool="GROWS")
    local.until(lambda: [local.status("G1"), local.status("G2")] == ["RUNNING", "RUNNING"])
    assert local.sql("SHOW COMPUTE POOLS LIKE 'GROWS'")[0]["active_nodes"] == 2
    local.sql("ALTER COMPUTE POOL GROWS SET MAX_NODES = 1")
    assert local.ended("G2") == "FAILED"
    assert local.status("G1") == "RUNNING"
    local.sql("ALTER COMPUTE POOL GROWS STOP ALL")


def test_start_up_takes_the_time_that_is_set(ticking: Local, make_spec: Spec) -> None:
    """A suspended pool starts for a job; until its node is there the container says so."""
    services = ticking.account.services
    services.timing.startup = 90
    ticking.sql("CREATE COMPUTE POOL COLD MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S INITIALLY_SUSPENDED=TRUE")
    assert _state(ticking, "COLD") == "SUSPENDED"
    ticking.start("CHILLY", make_spec(), pool="COLD")
    assert _state(ticking, "COLD") == "STARTING"
    assert ticking.containers("CHILLY")[0]["message"] == lifecycle.PROVISIONING
    ticking.account.clock.tick(89)
    assert _state(ticking, "COLD") == "STARTING"
    ticking.account.clock.tick(1)
    assert ticking.ended("CHILLY") == "DONE"


def test_idle_pool_suspends_itself(ticking: Local, make_spec: Spec) -> None:
    """AUTO_SUSPEND_SECS after the last job the pool is SUSPENDED; the next job starts it again."""
    ticking.sql("ALTER COMPUTE POOL POOL SET AUTO_SUSPEND_SECS = 100")
    ticking.start("J1", make_spec())
    assert ticking.ended("J1") == "DONE"
    assert _state(ticking) == "IDLE"
    ticking.account.clock.tick(99)
    assert _state(ticking) == "IDLE"
    ticking.account.clock.tick(1)
    assert _state(ticking) == "SUSPENDED"
    ticking.start("J2", make_spec())
    assert ticking.ended("J2") == "DONE"


def test_suspended_pool_without_auto_resume_keeps_jobs_waiting(ticking: Local, make_spec: Spec) -> None:
    """The job waits PENDING until somebody resumes the pool."""
    ticking.sql("ALTER COMPUTE POOL POOL SET AUTO_RESUME = FALSE")
    ticking.sql("ALTER COMPUTE POOL POOL SUSPEND")
    ticking.start("WAITS", make_spec())
    ticking.settle()
    assert (ticking.status("WAITS"), _state(ticking)) == ("PENDING", "SUSPENDED")
    ticking.sql("ALTER COMPUTE POOL POOL RESUME")
    assert ticking.ended("WAITS") == "DONE"


def test_suspend_lets_running_jobs_end(ticking: Local, make_spec: Spec) -> None:
    """STOPPING while a job runs, SUSPENDED after it."""
    gate = ticking.gate("RUNS")
    ticking.start("RUNS", gate.mounted(make_spec(held("pass"))))
    ticking.until(lambda: ticking.status("RUNS") == "RUNNING")
    ticking.sql("ALTER COMPUTE POOL POOL SUSPEND")
    assert _state(ticking) == "STOPPING"
    gate.open()
    assert ticking.ended("RUNS") == "DONE"
    ticking.until(lambda: _state(ticking) == "SUSPENDED")


def test_ended_job_is_deleted_after_thirty_days(ticking: Local, make_spec: Spec) -> None:
    """Metadata stays for 30 days, then the job and its name are gone; the history says DELETED."""
    ticking.start("OLD", make_spec())
    assert ticking.ended("OLD") == "DONE"
    ticking.account.clock.tick(29 * 86400)
    ticking.settle()
    assert ticking.status("OLD") == "DONE"
    ticking.account.clock.tick(86400)
    ticking.until(lambda: ticking.sql("SHOW SERVICES LIKE 'OLD'") == [])


def test_instance_families_are_listed_with_their_sizes(local: Local) -> None:
    """Read by name; LIKE chooses."""
    rows = local.sql("SHOW COMPUTE POOL INSTANCE FAMILIES LIKE 'CPU_X64_S%'")
    found = {row["name"]: (row["vcpu"], row["memory_gib"], row["gpu_count"]) for row in rows}
    assert found == {"CPU_X64_S": (3, 13, 0), "CPU_X64_SL": (14, 54, 0)}


def test_every_status_can_end_and_every_transition_is_between_statuses() -> None:
    """From each status of a job or service a terminal one can be reached; tables name no unknown status."""
    jobs, services = lifecycle.JOB_TRANSITIONS, lifecycle.SERVICE_TRANSITIONS
    for table in (jobs, services, lifecycle.INSTANCE_TRANSITIONS, lifecycle.CONTAINER_TRANSITIONS):
        assert {after for afters in table.values() for after in afters} <= set(table)
    for table in (jobs, services):
        for status in table:
            seen, edge = {status}, {status}
            while edge:
                edge = {after for before in edge for after in table[before]} - seen
                seen |= edge
            assert seen & lifecycle.TERMINAL
    assert set(jobs) | set(services) == set(lifecycle.JobStatus)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    amounts=st.lists(st.tuples(st.sampled_from([0.5, 1, 2, 3]), st.integers(0, 13)), max_size=30),
    count=st.integers(1, 5),
)
def test_nodes_never_hold_more_than_they_have(amounts: list[tuple[float, int]], count: int) -> None:
    """Whatever is placed, no node is overfull, and nothing is refused that an empty node would take."""
    size = Resources(3, 13)
    nodes, placed = Nodes(size, count), []
    for cpu, memory in amounts:
        amount = Resources(cpu, memory)
        index = nodes.place(amount)
        if index is not None:
            placed.append((index, amount))
    for index in range(count):
        assert sum(amount.cpu for at, amount in placed if at == index) <= 3
        assert sum(amount.memory for at, amount in placed if at == index) <= 13
    assert bool(placed) or not amounts


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(needs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 400)), max_size=12))
def test_pool_never_has_more_nodes_than_its_maximum(needs: list[tuple[int, int, int]]) -> None:
    """Under any sequence of needs and times a pool stays in its limits and its states."""
    now = datetime(2026, 1, 1, tzinfo=UTC)
    timing = PoolTiming(startup=30, resize=10)
    pool: dict[str, Any] = {
        "min_nodes": 1, "max_nodes": 3, "auto_resume": True, "auto_suspend_secs": 120, "idle_since": None,
    }  # fmt: skip
    pool |= resumed(pool, now, timing)
    for busy, waiting, seconds in needs:
        now += timedelta(seconds=seconds)
        held = min(busy, pool["nodes"])
        pool |= advance(pool, now, Need(held, held, held + waiting), timing)
        assert 0 <= pool["nodes"] + pool["coming"] <= 3
        assert pool["nodes"] >= held
        assert (pool["state"] == "SUSPENDED") <= (pool["nodes"] == 0)
