"""One account with what people look at: jobs of every kind, a stage, a model; hostile text wherever text is free."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import snowflake.connector

from airflow_provider_spcs.emulator import RunningAccount

Get = Callable[..., requests.Response]
IMAGE = "python:3.11"
HOSTILE = "<script>alert(1)</script>\"'&"
"""Text that would run if a page did not escape it."""
SECRET = "hunter2-is-no-password"
COMMENT = json.dumps({"spcs": 1, "dag_id": f"dag{HOSTILE}", "task_id": "train", "run_id": "manual", "try_number": 1})
FAILING = """
import sys
print('before <b>bold</b>', flush=True)
print('\\x1b[31mred\\x1b[0m 10%\\r100%', flush=True)
print('Traceback: it broke', file=sys.stderr, flush=True)
sys.exit(3)
"""


def specification(code: str, volumes: list[dict[str, Any]] | None = None, **container: Any) -> str:
    """A specification whose container ``main`` runs Python code."""
    main = {"name": "main", "image": IMAGE, "command": ["python", "-u", "-c", code], **container}
    return json.dumps({"spec": {"containers": [main], **({"volumes": volumes} if volumes else {})}})


@pytest.fixture(scope="module")
def cursor(account: RunningAccount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A connection's cursor in a schema with jobs, a stage and a pool; jobs that end have ended."""
    connection = snowflake.connector.connect(**account.connection_kwargs, paramstyle="qmark")
    made = connection.cursor()
    made.execute("create or replace schema EMULATOR.LOOKED_AT")
    made.execute("create compute pool if not exists PAGE_POOL min_nodes=1 max_nodes=1 instance_family=CPU_X64_M")
    made.execute("create stage FILES comment = ?", (HOSTILE,))
    made.execute(f"create secret TOKEN type = generic_string secret_string = '{SECRET}'")
    env = {"DB_PASSWORD": SECRET, "NAME": HOSTILE, "URL": f"https://me:{SECRET}@host/x"}
    _submit(
        made, "FAILED_JOB", specification(FAILING, env=env, args=["--token", SECRET]), f"COMMENT = '{_sql(COMMENT)}'"
    )
    _submit(made, "GOOD_JOB", specification("print('fine')"), f"COMMENT = '{_sql(HOSTILE)}'")
    _submit(made, "SLEEPER", specification("import time; print('awake'); time.sleep(600)"))
    _register(made, tmp_path_factory.mktemp("model"))
    _wait(made, "FAILED_JOB", "FAILED")
    _wait(made, "GOOD_JOB", "DONE")
    _wait(made, "SLEEPER", "RUNNING")
    kept = specification("print('kept in the event table')")
    _submit(made, "DROPPED_JOB", kept, f"COMMENT = '{_sql(COMMENT)}'")
    _wait(made, "DROPPED_JOB", "DONE")
    made.execute("drop service DROPPED_JOB")
    yield made
    made.execute("drop schema EMULATOR.LOOKED_AT")
    connection.close()


@pytest.fixture
def get(account: RunningAccount, cursor: Any) -> Get:
    """``get(path, **params)``: a page of that account."""

    def fetch(path: str, /, headers: dict[str, str] | None = None, **params: str) -> requests.Response:
        return requests.get(account.url + path, params=params, headers=headers, timeout=60)

    return fetch


@pytest.fixture
def submit(cursor: Any) -> Callable[..., None]:
    """``submit(name, code, volumes, **container)``: one more job."""

    def start(name: str, code: str, volumes: list[dict[str, Any]] | None = None, **container: Any) -> None:
        _submit(cursor, name, specification(code, volumes, **container))

    return start


@pytest.fixture(scope="module")
def staged(account: RunningAccount, cursor: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files on the stage FILES; the directory they lie in, with a link to the account's password beside them."""
    source = tmp_path_factory.mktemp("staged")
    (source / "report.html").write_text("<script>document.title='run'</script><h1>Report</h1>")
    (source / "data.bin").write_bytes(b"\x00\x01")
    cursor.execute(f"put file://{source}/report.html @FILES/out auto_compress=false")
    cursor.execute(f"put file://{source}/data.bin @FILES/out auto_compress=false")
    with contextlib.closing(account.account.session(database="EMULATOR", schema="LOOKED_AT")) as session:
        directory = account.account.stages.path(session, "@FILES/out")
    (directory / "link.txt").symlink_to(account.account.home.root / "admin-password")
    return directory


def _register(cursor: Any, directory: Path) -> None:
    """A model of two versions, whose metrics are as the registry's client writes them."""
    (directory / "MANIFEST.yml").write_text("manifest_version: '1.0'\nmethods: []\nruntimes: {}\n")
    cursor.execute(f"put file://{directory}/MANIFEST.yml @FILES/model auto_compress=false")
    for number, auc in (("V1", 0.75), ("V2", 0.80)):
        how = "CREATE MODEL PREDICTOR WITH" if number == "V1" else "ALTER MODEL PREDICTOR ADD"
        cursor.execute(f"{how} VERSION {number} FROM @FILES/model")
        metadata = json.dumps({"metrics": {"auc": auc, "nested": {"loss": 1 - auc}, "note": HOSTILE}})
        cursor.execute(f"ALTER MODEL PREDICTOR MODIFY VERSION {number} SET METADATA = '{_sql(metadata)}'")
    cursor.execute(f"ALTER MODEL PREDICTOR MODIFY VERSION V2 SET COMMENT = '{_sql(HOSTILE)}'")


def _sql(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "''")


def _submit(cursor: Any, name: str, text: str, clauses: str = "") -> None:
    cursor.execute(
        f"EXECUTE JOB SERVICE IN COMPUTE POOL PAGE_POOL NAME = {name} ASYNC = TRUE {clauses} FROM SPECIFICATION ?",
        (text,),
    )


def _wait(cursor: Any, name: str, status: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        cursor.execute(f"describe service {name}")
        columns = [column[0] for column in cursor.description]
        if dict(zip(columns, cursor.fetchone(), strict=True))["status"] == status:
            return
        time.sleep(0.1)
    raise AssertionError(f"{name} did not become {status}")
