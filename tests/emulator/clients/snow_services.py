"""Cases: ``snow spcs``: compute pools, image repositories, job services."""

from __future__ import annotations

import json
import time

from cases import Place, case, same
from snow import read, running, snow

POOL = "CLI_POOL"


def _pool(place: Place) -> None:
    snow(place, "spcs", "compute-pool", "create", POOL, "--family", "CPU_X64_XS", "--if-not-exists")


def _job(place: Place, name: str, code: str, *options: str, fails: bool = False) -> str:
    spec = place.directory / "spec.yml"
    container = {"name": "main", "image": "python:3.11", "command": ["python", "-u", "-c", code]}
    # JSON is YAML too.
    spec.write_text(json.dumps({"spec": {"containers": [container]}}))
    snow(place, "sql", "-q", f"drop service if exists {name}")
    words = ["execute-job", name, "--compute-pool", POOL, "--spec-path", str(spec), *options]
    return snow(place, "spcs", "service", *words, fails=fails)


@case
def pool_create_and_describe(place: Place) -> None:
    """Created, listed, described, with a status."""
    _pool(place)
    row = next(row for row in read(place, "spcs", "compute-pool", "list") if row["name"] == POOL)
    same(row["instance_family"], "CPU_X64_XS")
    same(read(place, "spcs", "compute-pool", "describe", POOL)[0]["name"], POOL)
    assert "ACTIVE" in snow(place, "spcs", "compute-pool", "status", POOL) or row["state"] in {"STARTING", "IDLE"}


@case
def pool_suspend_and_resume(place: Place) -> None:
    """Its state follows."""
    _pool(place)
    snow(place, "spcs", "compute-pool", "suspend", POOL)
    assert read(place, "spcs", "compute-pool", "describe", POOL)[0]["state"] in {"STOPPING", "SUSPENDED"}
    snow(place, "spcs", "compute-pool", "resume", POOL)
    assert read(place, "spcs", "compute-pool", "describe", POOL)[0]["state"] in {
        "STARTING",
        "IDLE",
        "ACTIVE",
        "RESIZING",
    }


@case
def pool_set_and_unset(place: Place) -> None:
    """Properties change."""
    _pool(place)
    snow(place, "spcs", "compute-pool", "set", POOL, "--max-nodes", "3", "--comment", "mine")
    row = read(place, "spcs", "compute-pool", "describe", POOL)[0]
    same((row["max_nodes"], row["comment"]), (3, "mine"))
    snow(place, "spcs", "compute-pool", "unset", POOL, "--comment")
    same(read(place, "spcs", "compute-pool", "describe", POOL)[0]["comment"] or "", "")


@case
def pool_of_its_own_stopped_and_dropped(place: Place) -> None:
    """``stop-all`` and ``drop``."""
    snow(place, "spcs", "compute-pool", "create", "CLI_SHORT", "--family", "CPU_X64_XS", "--min-nodes", "1")
    snow(place, "spcs", "compute-pool", "stop-all", "CLI_SHORT")
    snow(place, "spcs", "compute-pool", "drop", "CLI_SHORT")
    assert "CLI_SHORT" not in [row["name"] for row in read(place, "spcs", "compute-pool", "list")]


@case
def image_repository(place: Place) -> None:
    """Create, list, url, drop."""
    snow(place, "spcs", "image-repository", "create", "cli_images", "--if-not-exists")
    assert "CLI_IMAGES" in [row["name"] for row in read(place, "spcs", "image-repository", "list")]
    assert "cli_images" in snow(place, "spcs", "image-repository", "url", "cli_images")
    snow(place, "spcs", "image-repository", "drop", "cli_images")


@case
def job_that_is_waited_for(place: Place) -> None:
    """Executed; listed, described, its logs, containers, instances, status, events, metrics; dropped."""
    _pool(place)
    assert "completed successfully" in _job(place, "cli_done", "print('hello from the job')").lower()
    row = next(row for row in read(place, "spcs", "service", "list") if row["name"] == "CLI_DONE")
    same((row["status"], row["is_job"]), ("DONE", "true"))
    same(read(place, "spcs", "service", "describe", "cli_done")[0]["status"], "DONE")
    logs = snow(place, "spcs", "service", "logs", "cli_done", "--container-name", "main", "--instance-id", "0")
    assert "hello from the job" in logs, logs
    same(read(place, "spcs", "service", "list-containers", "cli_done")[0]["container_name"], "main")
    same(read(place, "spcs", "service", "list-instances", "cli_done")[0]["service_name"], "CLI_DONE")
    assert "main" in snow(place, "spcs", "service", "status", "cli_done")
    snow(place, "spcs", "service", "drop", "cli_done")
    assert "CLI_DONE" not in [row["name"] for row in read(place, "spcs", "service", "list")]


@case
def job_that_fails(place: Place) -> None:
    """The command fails and says so."""
    _pool(place)
    assert "fail" in _job(place, "cli_failed", "raise SystemExit(3)", fails=True).lower()
    same(read(place, "spcs", "service", "describe", "cli_failed")[0]["status"], "FAILED")


@case
def job_in_the_background_with_options(place: Place) -> None:
    """``--async``, ``--replicas``, ``--query-warehouse``, ``--comment``; logs with timestamps and ``--since``."""
    _pool(place)
    snow(place, "spcs", "compute-pool", "set", POOL, "--max-nodes", "2")
    options = ["--async", "--replicas", "2", "--query-warehouse", "COMPUTE_WH", "--comment", "it's $$ mine"]
    assert (
        "cli_background"
        in _job(
            place, "cli_background", "import os; print('in', os.environ.get('SNOWFLAKE_JOB_INDEX'))", *options
        ).lower()
    )
    end = time.monotonic() + 180
    while read(place, "spcs", "service", "describe", "cli_background")[0]["status"] not in {"DONE", "FAILED"}:
        assert time.monotonic() < end
    row = read(place, "spcs", "service", "describe", "cli_background")[0]
    same((row["status"], row["target_instances"], row["comment"]), ("DONE", 2, "it's $$ mine"))
    words = ["cli_background", "--container-name", "main", "--instance-id", "1"]
    assert "in" in snow(
        place, "spcs", "service", "logs", *words, "--include-timestamps", "--since", "2020-01-01T00:00:00Z"
    )


@case
def job_of_a_taken_name(place: Place) -> None:
    """Refused: the name is taken."""
    _pool(place)
    _job(place, "cli_taken", "print(1)")
    spec = place.directory / "spec.yml"
    words = ["execute-job", "cli_taken", "--compute-pool", POOL, "--spec-path", str(spec)]
    assert "already exists" in snow(place, "spcs", "service", *words, fails=True)


@case
def job_events_and_metrics(place: Place) -> None:
    """From the account's event table."""
    _pool(place)
    code = "import time; print('x'); time.sleep(3)"
    spec = place.directory / "events.yml"
    container = {"name": "main", "image": "python:3.11", "command": ["python", "-u", "-c", code]}
    groups = {"metricConfig": {"groups": ["system"]}}
    spec.write_text(json.dumps({"spec": {"containers": [container], "platformMonitor": groups}}))
    snow(place, "sql", "-q", "drop service if exists cli_events")
    snow(place, "spcs", "service", "execute-job", "cli_events", "--compute-pool", POOL, "--spec-path", str(spec))
    words = ["cli_events", "--container-name", "main", "--instance-id", "0"]
    found = read(place, "spcs", "service", "events", *words)
    assert isinstance(found, list), found
    metrics = read(place, "spcs", "service", "metrics", *words)
    assert isinstance(metrics, list), metrics
    assert metrics, "no metric"


@case
def job_logs_followed(place: Place) -> None:
    """``--follow`` shows lines while the job runs."""
    _pool(place)
    _job(place, "cli_followed", "import time\nfor n in range(60): print('line', n); time.sleep(0.5)", "--async")
    words = ["cli_followed", "--container-name", "main", "--instance-id", "0", "--follow", "--follow-interval", "1"]
    end = time.monotonic() + 180
    with running(place, "spcs", "service", "logs", *words) as (process, out, _):
        while "line 3" not in out.read_text() and time.monotonic() < end and process.is_alive():
            time.sleep(0.1)
        seen = out.read_text()
    snow(place, "spcs", "service", "drop", "cli_followed")
    assert "line 3" in seen, seen
