"""One instance of an ML Job, from its start to its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from . import requirements
from .cluster import Head, Wanted, Worker

# The launcher counts Ray's nodes before it begins. Here the instances have been counted already, and no Ray runs, so
# it is told by variables that do not exist that there is one; the script it runs sees the variables as they are.
_LAUNCH = """
import runpy, sys
import snowflake.ml.jobs._utils.constants as constants
constants.MIN_INSTANCES_ENV_VAR = constants.TARGET_INSTANCES_ENV_VAR = "MLRS_COUNTED_ALREADY"
sys.modules["ray"] = None
sys.argv = sys.argv[1:]
sys.path[0] = sys.argv[0].rpartition("/")[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
RENDEZVOUS_PORT = 29500
EPHEMERAL_PORTS = (32768, 60999)


def main() -> None:
    """``addresses entrypoint arguments...``: addresses of all instances, by index, with commas between."""
    addresses, arguments = sys.argv[1].split(","), sys.argv[2:]
    stage = Path(os.environ["MLRS_STAGE_MOUNT_PATH"])
    system = stage / "system"
    os.chdir(stage / os.environ["MLRS_PAYLOAD_DIR"])
    requirements.install(Path(os.environ.get("MLRS_SYSTEM_REQUIREMENTS_FILE") or system / "requirements.txt"))
    requirements.install(Path(os.environ.get("MLRS_REQUIREMENTS_FILE") or "requirements.txt"))
    command = [sys.executable, "-c", _LAUNCH, str(system / "mljob_launcher.py"), *arguments]
    if len(addresses) == 1:
        os.execv(command[0], command)  # noqa: S606  the job's own command
    sys.exit(_among_others(addresses, command))


def _among_others(addresses: list[str], command: list[str]) -> int:
    index = int(os.environ["SNOWFLAKE_JOB_INDEX"])
    wanted = Wanted.from_environment(len(addresses))
    every = os.environ.get("MLRS_LAUNCH_BACKEND") == "passthrough"
    if index == 0:
        head = Head(addresses[0])
        head.wait(wanted)
        code = _each(index, addresses, command) if every else _run(command)
        if code == 0:
            head.finish()
        return code
    print(f"Head Instance IP: {addresses[0]}", flush=True)
    worker = Worker(addresses[0], wanted.timeout)
    if not worker.started():
        return 0
    if every:
        return _each(index, addresses, command)
    # As in the image: a worker has nothing to say of its own, the head's log has it all.
    print(f"Worker node started on address {addresses[index]}. See more logs in the head node.", flush=True)
    return 0 if worker.done() else 1


def _each(index: int, addresses: list[str], command: list[str]) -> int:
    """Run the entrypoint on this instance and note how it ended (``parallel=True`` of the client).

    Source: https://github.com/Snowflake-Labs/sf-samples ml_jobs distributed_training, for the variables; the client
    (``jobs/job.py``) for the records in ``instances/``.
    """
    os.environ |= {
        "MLRS_HEAD_IP": addresses[0],
        "MLRS_NODE_IPS": ",".join(addresses),
        "MLRS_RDZV_PORT": str(RENDEZVOUS_PORT),
        "MLRS_EPHEMERAL_PORT_MIN": str(EPHEMERAL_PORTS[0]),
        "MLRS_EPHEMERAL_PORT_MAX": str(EPHEMERAL_PORTS[1]),
    }
    results = Path(os.environ["MLRS_STAGE_RESULT_PATH"])
    records = results / "instances"
    records.mkdir(parents=True, exist_ok=True)
    if index:
        # The result of the job is instance 0's.
        os.environ["MLRS_RESULT_PATH"] = f"instances/{index}_result"
    code = _run(command)
    record = {"exit_code": code, "ended_at": time.time(), "exc": _exception(results / os.environ["MLRS_RESULT_PATH"])}
    (records / f"{index}.json").write_text(json.dumps(record))
    return code


def _exception(result: Path) -> dict[str, Any] | None:
    """What the launcher's result says of a failure."""
    try:
        found = json.loads(result.read_text())
        return None if found["success"] else dict(found["metadata"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _run(command: list[str]) -> int:
    """Run a command to its end and pass requests to end on to it; its exit code as a shell gives it."""
    with subprocess.Popen(command) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    return code if code >= 0 else 128 - code
