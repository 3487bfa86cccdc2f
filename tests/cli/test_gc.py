"""`spcs gc` against a running account and an HTTP server that answers as Airflow 3.3's REST API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from click.testing import Result

from airflow_provider_spcs.naming import Stamp

Spcs = Callable[..., Result]
Submit = Callable[..., dict[str, Any]]
SLEEP = "import time; time.sleep(3600)"


class Airflow(ThreadingHTTPServer):
    """Answers for task instances: ``states`` by task id; everything else is not known."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.states: dict[str, str] = {}
        self.asked: list[dict[str, Any]] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Airflow

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/auth/token":
            self._answer(201, {"access_token": f"token-of-{body['username']}"})
        elif self.headers["Authorization"] != "Bearer token-of-admin":
            self._answer(401, {"detail": "Unauthorized"})
        else:
            self.server.asked.append(body)
            rows = [
                {"dag_id": "dag", "task_id": task, "dag_run_id": "run", "map_index": -1, "state": state, "max_tries": 0}
                for task, state in self.server.states.items()
            ]
            page = rows[body["page_offset"] : body["page_offset"] + 1]
            self._answer(200, {"task_instances": page, "total_entries": len(rows)})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    """The server, on a free port."""
    with Airflow() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def stamped(submit: Submit, task: str) -> str:
    """A running job of a task."""
    stamp = Stamp("dag", task, "run", generation=0, provider="test", detached=0)
    return str(submit(SLEEP, "--comment", stamp.to_comment(), "--name", f"AF_{task}")["name"])


def test_gc_cancels_only_jobs_whose_task_is_over(spcs: Spcs, submit: Submit, airflow: Airflow) -> None:
    """One is waited for, one is not, one is not Airflow's, one is not known there."""
    waiting, over, unknown = (stamped(submit, task) for task in ("waiting", "over", "unknown"))
    plain = str(submit(SLEEP, "--name", "NOT_AIRFLOWS")["name"])
    airflow.states = {"waiting": "deferred", "over": "failed"}
    login = {"AIRFLOW_API_USER": "admin", "AIRFLOW_API_PASSWORD": "x"}

    planned = spcs("gc", "--dry-run", "--airflow-url", airflow.url, "--json", **login)
    assert planned.exit_code == 0, planned.output
    actions = {each["name"]: each["action"] for each in json.loads(planned.stdout)}
    assert actions == {"AF_WAITING": "keep", "AF_OVER": "cancel", "AF_UNKNOWN": "keep"}
    assert over in spcs("ps", "-q", "--active").stdout

    done = spcs("gc", "--airflow-url", airflow.url, **login)
    assert done.exit_code == 0, done.output
    active = spcs("ps", "-q", "--active", "--status", "RUNNING", "--status", "PENDING").stdout
    assert over not in active
    assert all(name in active for name in (waiting, unknown, plain))
    assert all(body["dag_run_ids"] == ["run"] for body in airflow.asked)
    spcs("drop", "--running", waiting, over, unknown, plain)


def test_gc_with_a_refused_token_touches_nothing(spcs: Spcs, submit: Submit, airflow: Airflow) -> None:
    """Asked for and not to be had is an error, not a licence to judge by age."""
    job = stamped(submit, "lonely")
    done = spcs("gc", "--airflow-url", airflow.url, "--older-than", "0s", AIRFLOW_API_TOKEN="wrong")
    assert done.exit_code == 1
    assert "401" in done.stderr
    assert job in spcs("ps", "-q", "--active").stdout
    spcs("drop", "--running", job)


def test_gc_without_airflow_leaves_running_jobs_and_says_so(spcs: Spcs, submit: Submit) -> None:
    """By age only when an age is given."""
    job = stamped(submit, "alone")
    left = spcs("gc")
    assert "Airflow is not asked" in left.stderr
    assert job in spcs("ps", "-q", "--active").stdout
    assert "cancelled" in spcs("gc", "--older-than", "0s").stdout
    spcs("drop", "--running", job)


def test_gc_with_a_wrong_age_is_bad_usage(spcs: Spcs) -> None:
    """An age has a unit."""
    assert spcs("gc", "--older-than", "7").exit_code == 2
