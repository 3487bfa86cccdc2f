"""REPLICAS: instances that know and reach each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Local
else:
    Local = Any
Spec = Callable[..., str]
FIND = """
import os, socket, time
index, count = int(os.environ["SNOWFLAKE_JOB_INDEX"]), int(os.environ["SNOWFLAKE_JOBS_COUNT"])
name = os.environ["SNOWFLAKE_SERVICE_NAME"].lower().replace("_", "-")
addresses = socket.gethostbyname_ex("instances." + name)[2]
own = socket.gethostbyname(socket.gethostname())
"""
MEET = (
    FIND
    + """
assert own == addresses[index], (own, addresses)
if index == 0:
    with socket.create_server((own, 7001)) as server:
        for _ in range(count - 1):
            connection, peer = server.accept()
            with connection: print(connection.recv(100).decode(), peer[0] in addresses or peer[0])
else:
    while True:
        try:
            with socket.create_connection((addresses[0], 7001), source_address=(own, 0)) as connection:
                connection.sendall(f"instance {index}".encode())
            break
        except OSError: time.sleep(0.05)
"""
)
TRAIN = (
    FIND
    + """
import numpy, xgboost
from xgboost import collective
from xgboost.tracker import RabitTracker
if index == 0:
    tracker = RabitTracker(host_ip=own, n_workers=count, port=7002)
    tracker.start()
with collective.CommunicatorContext(
    dmlc_tracker_uri=addresses[0], dmlc_tracker_port=7002, dmlc_task_id=str(index), dmlc_retry=600
):
    total = collective.allreduce(numpy.array([index + 1.0]), collective.Op.SUM)
    print("world", collective.get_world_size(), "sum", total[0])
"""
)


def _logs(local: Local, name: str, count: int) -> list[str]:
    return [local.logs(name, index, "main") for index in range(count)]


def test_instances_have_addresses_of_their_own_and_meet(local: Local, make_spec: Spec) -> None:
    """Each resolves all by ``instances.<name>``, in the order of their index, and connects to the first."""
    local.start("MEET_1", make_spec(MEET), "REPLICAS = 3")
    assert local.ended("MEET_1") == "DONE", _logs(local, "MEET_1", 3)
    assert sorted(local.logs("MEET_1", 0, "main").split("\n")) == ["instance 1 True", "instance 2 True"]
    rows = local.sql("SHOW SERVICE INSTANCES IN SERVICE MEET_1")
    assert len({row["ip_address"] for row in rows}) == 3


def test_full_name_resolves_like_the_short_one(local: Local, make_spec: Spec) -> None:
    """``<dns_name>`` and ``instances.<dns_name>``, as DESCRIBE SERVICE says it."""
    code = FIND + (
        "full = [line.split()[1] for line in open('/etc/hosts') if '.svc.spcs.internal' in line]\n"
        "assert all(socket.gethostbyname(item) for item in full)\nprint(full[0])"
    )
    local.start("MEET_2", make_spec(code), "REPLICAS = 2")
    assert local.ended("MEET_2") == "DONE", _logs(local, "MEET_2", 2)
    assert local.logs("MEET_2", 1, "main") == local.sql("DESCRIBE SERVICE MEET_2")[0]["dns_name"]


def test_xgboost_instances_reduce_together(local: Local, make_spec: Spec) -> None:
    """The tracker on instance 0 is reached by all; a sum over the instances is the same on each."""
    local.start("TRAIN_1", make_spec(TRAIN), "REPLICAS = 2")
    assert local.ended("TRAIN_1") == "DONE", _logs(local, "TRAIN_1", 2)
    assert [log.split("\n")[-1] for log in _logs(local, "TRAIN_1", 2)] == ["world 2 sum 3.0"] * 2


@pytest.mark.usefixtures("own_networks")
def test_two_jobs_use_the_same_port(local: Local, make_spec: Spec) -> None:
    """Instances of different jobs do not see each other's ports."""
    code = "import socket, time\nserver = socket.create_server(('0.0.0.0', 7003))\ntime.sleep(1)"
    local.start("PORT_1", make_spec(code), "REPLICAS = 1")
    local.start("PORT_2", make_spec(code), "REPLICAS = 1")
    assert [local.ended("PORT_1"), local.ended("PORT_2")] == ["DONE", "DONE"], local.logs("PORT_2")
