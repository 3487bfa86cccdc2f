"""ML Jobs with several instances, by the unmodified client over a socket."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount
from tests.waiting import DEADLINE


@pytest.fixture(scope="module")
def ml_session(account: RunningAccount) -> Iterator[Any]:
    """A Snowpark session, and a pool with room for two instances and more."""
    from snowflake.snowpark import Session

    with contextlib.closing(Session.builder.configs(account.connection_kwargs).create()) as session:
        session.sql(
            "CREATE COMPUTE POOL IF NOT EXISTS ML_POOL MIN_NODES=1 MAX_NODES=4 INSTANCE_FAMILY=CPU_X64_S"
        ).collect()
        yield session


def _submitted(ml_session: Any, file: Path, program: str, **options: Any) -> Any:
    from snowflake.ml import jobs

    file.write_text(program)
    return jobs.submit_file(str(file), "ML_POOL", stage_name="ML_PAYLOADS", session=ml_session, **options)


@pytest.fixture(scope="module")
def headed(ml_session: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A job of two instances that has ended; it returns what it was told, and what the client's script found."""
    program = (
        "import os, subprocess, sys\n"
        "script = os.environ['MLRS_STAGE_MOUNT_PATH'] + '/system/get_instance_ip.py'\n"
        "name = os.environ['SNOWFLAKE_SERVICE_NAME']\n"
        "def asked(*more):\n"
        "    command = [sys.executable, script, name, *more]\n"
        "    return subprocess.check_output(command, text=True, stderr=subprocess.DEVNULL).split()\n"
        "told = [os.environ['SNOWFLAKE_JOB_INDEX'], os.environ['SNOWFLAKE_JOBS_COUNT']]\n"
        "__return__ = [told, asked('--head'), asked('--instance-index=-1')]\n"
        "print('ran')\n"
    )
    file = tmp_path_factory.mktemp("headed") / "head.py"
    job = _submitted(ml_session, file, program, target_instances=2)
    assert job.wait(DEADLINE) == "DONE", job.get_logs(verbose=True)
    return job


def test_file_runs_on_the_head_while_the_others_wait(ml_session: Any, headed: Any) -> None:
    """The script runs once, on instance 0, with the count of all; the others end with it; all succeed."""
    assert headed.result()[0] == ["0", "2"]
    assert (headed.target_instances, headed.min_instances) == (2, 2)
    # Before it come lines of the client's own launcher, now and then.
    assert headed.get_logs().strip().split("\n")[-1] == "ran"
    assert "Worker node started" in headed.get_logs(instance_id=1, verbose=True)
    rows = ml_session.sql(f"SHOW SERVICE INSTANCES IN SERVICE {headed.id}").collect()
    assert [row["status"] for row in rows] == ["SUCCEEDED"] * 2
    assert len({row["ip_address"] for row in rows}) == 2


def test_clients_head_discovery_works_inside(headed: Any) -> None:
    """``get_instance_ip.py``, as the client uploads it, finds the head by SHOW SERVICE INSTANCES from inside."""
    _, head, own = headed.result()
    assert (head[0], head[2]) == ("0", "READY")
    assert own == [head[1]]


def _divided(ml_session: Any, **options: Any) -> Any:
    from snowflake.ml.jobs import remote

    def divided(a: int, b: int) -> float:
        return a / b

    return remote("ML_POOL", stage_name="ML_PAYLOADS", session=ml_session, **options)(divided)


def test_remote_function_that_fails_raises_its_exception(ml_session: Any) -> None:
    """``@remote``: arguments go in, an exception comes back as itself."""
    failed = _divided(ml_session)(6, 0)
    with pytest.raises(RuntimeError) as caught:
        failed.result(DEADLINE)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert failed.status == "FAILED"


@pytest.mark.slow
def test_remote_function_returns_from_the_head(ml_session: Any) -> None:
    """``@remote(target_instances=2)``: the head's value is the job's, as that of a file is."""
    assert _divided(ml_session, target_instances=2)(6, 3).result(DEADLINE) == 2


def test_parallel_file_runs_on_every_instance(ml_session: Any, tmp_path: Path) -> None:
    """``parallel=True``: each instance knows its index and all addresses, and one can listen for another."""
    program = (
        "import os, socket, time\n"
        "addresses = os.environ['MLRS_NODE_IPS'].split(',')\n"
        "port, index = int(os.environ['MLRS_RDZV_PORT']), int(os.environ['SNOWFLAKE_JOB_INDEX'])\n"
        "assert os.environ['MLRS_HEAD_IP'] == addresses[0]\n"
        "if index == 0:\n"
        "    with socket.create_server((addresses[0], port)) as server:\n"
        "        connection, peer = server.accept()\n"
        "        __return__ = [connection.recv(10).decode(), len(addresses)]\n"
        "else:\n"
        "    while True:\n"
        "        try:\n"
        "            with socket.create_connection((addresses[0], port)) as s: s.sendall(b'hello')\n"
        "            break\n"
        "        except OSError: time.sleep(0.05)\n"
    )
    job = _submitted(ml_session, tmp_path / "every.py", program, target_instances=2, parallel=True)
    found = job.distributed_result(DEADLINE)
    assert (found.success, found.exit_codes, found.return_value) == (True, {0: 0, 1: 0}, ["hello", 2])


@pytest.mark.slow
def test_parallel_file_that_fails_on_one_instance_says_which(ml_session: Any, tmp_path: Path) -> None:
    """The first instance to fail is named, with its exception."""
    from snowflake.ml.jobs import DistributedJobError

    program = "import os, time\nif os.environ['SNOWFLAKE_JOB_INDEX'] == '1': raise KeyError('lost')\ntime.sleep(3600)\n"
    job = _submitted(ml_session, tmp_path / "one.py", program, target_instances=2, parallel=True)
    with pytest.raises(DistributedJobError) as caught:
        job.distributed_result(DEADLINE)
    assert caught.value.result.failed_instance == 1
    assert isinstance(caught.value.__cause__, KeyError)


def test_missing_requirement_is_named_where_there_is_no_pip(ml_session: Any, tmp_path: Path) -> None:
    """What the environment has is fine; what it lacks is said in the log, or pip's failure ends the job."""
    job = _submitted(
        ml_session, tmp_path / "needs.py", "print('ran')", pip_requirements=["pandas", "no-such-package-anywhere>=1"]
    )
    status = job.wait(DEADLINE)
    log = job.get_logs(verbose=True)
    assert "no-such-package-anywhere" in log
    assert "pandas of" not in log
    assert status == ("DONE" if "has no pip" in log else "FAILED"), log
