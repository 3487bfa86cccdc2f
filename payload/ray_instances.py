"""The other instances of an ML job, on which Snowflake's container runtime runs nothing but Ray.

That runtime gives the command to the first instance alone and leaves the others to Ray. There this process asks Ray to
run the same command on each of them, told which instance it is; they meet and train as the instances of any job do.

Source: https://docs.snowflake.com/en/developer-guide/snowflake-ml/ml-jobs/distributed-ml-jobs and the scripts that
    snowflake-ml-python ships with each job.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from instances import HEAD_VARIABLE, PORT_VARIABLE, Instance, OtherInstanceFailedError, meeting_port
from problems import FAILED, leave

_SECONDS_TO_START = 720
#: For this instance to say why it fails with another one, before it is ended.
_SECONDS_TO_EXPLAIN = 20
_COMMAND = Path(__file__).with_name("train.py")

logger = logging.getLogger(__name__)


@contextmanager
def lent_by_ray(instance: Instance, argv: Sequence[str]) -> Iterator[Instance]:
    """Run ``train.py`` with ``argv`` on the other instances as well, where a Ray cluster of this job waits for it.

    Args:
        instance: This one, as Snowflake says.
        argv: The command's arguments.

    Yields:
        This instance, with the number of those that Ray has; ``instance`` itself where there is no such cluster.

    Raises:
        OtherInstanceFailedError: If too few nodes come within twelve minutes, or one of them fails.
    """
    ray = _cluster(instance)
    if ray is None:
        yield instance
        return
    try:
        own = ray.get_runtime_context().get_node_id()
        others = [node for node in _nodes(ray, instance) if node["NodeID"] != own]
        led = Instance(0, len(others) + 1)
        # The first instance meets the others where Ray's node is, which they reach already.
        os.environ[HEAD_VARIABLE] = ray.util.get_node_ip_address()
        os.environ[PORT_VARIABLE] = str(meeting_port())
        logger.info("%d instances of a Ray cluster", led.count)
        running = {_start(ray, node, index, led, argv): index for index, node in enumerate(others, 1)}
        ended = threading.Event()
        threading.Thread(target=_watch, args=(ray, dict(running), ended), daemon=True).start()
        try:
            yield led
        finally:
            ended.set()
        for task, index in running.items():
            _check(index, *ray.get(task))
    finally:
        ray.shutdown()


def _cluster(instance: Instance) -> Any:
    """Ray, connected to the job's cluster; None where the instances were given the command by Snowflake itself."""
    if instance.count == 1 or not instance.leads or os.environ.get("MLRS_LAUNCH_BACKEND") == "passthrough":
        return None
    try:
        import ray
    except ModuleNotFoundError:
        return None
    # Directories beside the code hold what earlier trainings left.
    shipped = {"working_dir": str(_COMMAND.parent), "excludes": ["*/"]}
    try:
        ray.init(address="auto", runtime_env=shipped, logging_level=logging.WARNING)
    except ConnectionError:
        return None
    return ray


def _nodes(ray: Any, instance: Instance) -> list[dict[str, Any]]:
    """The cluster's nodes, once as many as the job must have are there."""
    least = int(os.environ.get("MLRS_MIN_INSTANCES") or instance.count)
    deadline = time.monotonic() + _SECONDS_TO_START
    while True:
        nodes = [node for node in ray.nodes() if node["Alive"]]
        if len(nodes) >= least:
            return nodes
        if time.monotonic() > deadline:
            raise OtherInstanceFailedError(
                f"{len(nodes)} of {least} instances have joined Ray within {_SECONDS_TO_START} s. All train together. "
                "Look at the logs of the others"
            )
        time.sleep(1)


def _start(ray: Any, node: dict[str, Any], index: int, led: Instance, argv: Sequence[str]) -> Any:
    """The task that is instance ``index``, with all of its node's processors."""
    environment = {
        "SNOWFLAKE_JOB_INDEX": str(index),
        "SNOWFLAKE_JOBS_COUNT": str(led.count),
        HEAD_VARIABLE: os.environ[HEAD_VARIABLE],
        PORT_VARIABLE: os.environ[PORT_VARIABLE],
    }
    where = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
    task = ray.remote(run_command).options(
        num_cpus=node["Resources"].get("CPU", 1), max_retries=0, scheduling_strategy=where
    )
    return task.remote(list(argv), environment)


def run_command(argv: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """On another node: the command in a process of its own; its exit code and last words."""
    done = subprocess.run(
        [sys.executable, str(_COMMAND), *argv],
        env={**os.environ, **environment},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    sys.stderr.write(done.stderr)
    return done.returncode, (done.stderr.strip().splitlines() or [""])[-1]


def _watch(ray: Any, running: dict[Any, int], ended: threading.Event) -> None:
    """End this process when another instance has failed and this one would wait for it."""
    while running and not ended.is_set():
        done, _ = ray.wait(list(running), timeout=5)
        for task in done:
            try:
                _check(running.pop(task), *ray.get(task))
            except Exception as error:  # noqa: BLE001 - whatever ended it, this instance has lost it
                if not ended.wait(_SECONDS_TO_EXPLAIN):
                    sys.stderr.write(f"error: {error}\n")
                    leave(FAILED)
                return


def _check(index: int, status: int, words: str) -> None:
    if status:
        raise OtherInstanceFailedError(f"instance {index} has ended with exit code {status}: {words}")
