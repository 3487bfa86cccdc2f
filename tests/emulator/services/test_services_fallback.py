"""Jobs on a machine without namespaces: what of the containers' own paths and names is still there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conftest import Local
else:
    Local = Any
Spec = Callable[..., str]
MEET = """
import os, socket, time
index = int(os.environ["SNOWFLAKE_JOB_INDEX"])
name = "instances." + os.environ["SNOWFLAKE_SERVICE_NAME"].lower()
own = socket.gethostbyname(socket.gethostname())
if index == 0:
    with socket.create_server((own, 7101)) as server: print(server.accept()[0].recv(100).decode())
else:
    while True:
        try:
            with socket.create_connection((name, 7101)) as connection: connection.sendall(b"met")
            break
        except OSError: time.sleep(0.05)
"""
SERVE = """
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(b"served")
http.server.ThreadingHTTPServer(("0.0.0.0", 7102), Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def plain(make_local: Callable[..., Local]) -> Iterator[Local]:
    """An account whose containers get no namespaces, whatever this machine allows."""
    running = make_local(plans=["rewrite"])
    yield running
    running.account.close()


def run(plain: Local, name: str, text: str, clauses: str = "") -> str:
    """A job's log after its end as DONE."""
    plain.start(name, text, clauses)
    assert plain.ended(name) == "DONE", plain.logs(name, 0, "main")
    return plain.logs(name, 0, "main")


def test_instances_meet_by_name(plain: Local, make_spec: Spec) -> None:
    """An instance knows its own address by its host name, and the others by ``instances.<name>``."""
    assert run(plain, "MEETING", make_spec(MEET), "REPLICAS = 2") == "met"


def test_job_reaches_a_service_by_name(plain: Local, make_spec: Spec) -> None:
    """The DNS name of a service leads to it."""
    served = json.loads(make_spec(SERVE, readinessProbe={"port": 7102, "path": "/"}))
    served["spec"]["endpoints"] = [{"name": "web", "port": 7102}]
    plain.sql("CREATE SERVICE PLAIN_WEB IN COMPUTE POOL POOL FROM SPECIFICATION ?", json.dumps(served))
    plain.until(lambda: plain.status("PLAIN_WEB") == "RUNNING")
    code = "import urllib.request; print(urllib.request.urlopen('http://plain-web:7102/').read().decode())"
    assert run(plain, "FETCHING", make_spec(code)) == "served"
    plain.sql("DROP SERVICE PLAIN_WEB")


def test_volumes_and_secrets_are_at_their_paths_for_python(plain: Local, make_spec: Spec) -> None:
    """What is written to a stage volume is on the stage; a secret's file is where the specification says."""
    plain.sql("CREATE STAGE RESULTS")
    plain.sql("CREATE SECRET PASSCODE TYPE = GENERIC_STRING SECRET_STRING = 'opens-it'")
    code = "import pathlib; pathlib.Path('/out/a').write_text(pathlib.Path('/s/secret_string').read_text())"
    found = json.loads(
        make_spec(
            code,
            volumeMounts=[{"name": "out", "mountPath": "/out"}],
            secrets=[{"snowflakeSecret": "PASSCODE", "directoryPath": "/s"}],
        )
    )
    found["spec"]["volumes"] = [{"name": "out", "source": "@RESULTS"}]
    run(plain, "WRITING", json.dumps(found))
    assert (plain.account.stages.path(plain.session, "@RESULTS") / "a").read_text() == "opens-it"
