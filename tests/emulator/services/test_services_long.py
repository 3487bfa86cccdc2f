"""CREATE SERVICE: helpers that run for long, reached by jobs, restarted, suspended, scaled."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from airflow_provider_spcs.emulator.errors import SnowflakeError
from tests.gate import held

if TYPE_CHECKING:
    from conftest import Local
else:
    Local = Any
Spec = Callable[..., str]
SERVER = """
import http.server, os, socket
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/end": os._exit(7)
        self.send_response(200); self.end_headers(); self.wfile.write(socket.gethostname().encode())
    def log_message(self, *args): print("asked", self.path)
print("listening")
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
"""
FETCH = """
import sys, urllib.request
for url in {urls}:
    print(urllib.request.urlopen(url, timeout=180).read().decode())
"""


def served(make_spec: Spec, code: str = SERVER, **container: Any) -> str:
    """A specification of an HTTP server with one endpoint, ready when it answers."""
    found = json.loads(make_spec(code, **{"readinessProbe": {"port": 8000, "path": "/"}, **container}))
    found["spec"]["endpoints"] = [{"name": "web", "port": 8000}]
    return json.dumps(found)


@pytest.fixture
def helpers(local: Local) -> Iterator[Local]:
    """An account with a pool of three nodes, without services afterwards."""
    local.sql("CREATE COMPUTE POOL IF NOT EXISTS HELPERS MIN_NODES=1 MAX_NODES=3 INSTANCE_FAMILY=CPU_X64_S")
    yield local
    for row in local.sql("SHOW SERVICES EXCLUDE JOBS IN ACCOUNT"):
        local.sql(f"DROP SERVICE {row['database_name']}.{row['schema_name']}.{row['name']}")


def create(local: Local, name: str, text: str, clauses: str = "") -> None:
    """Create a service and wait until it runs."""
    local.sql(f"CREATE SERVICE {name} IN COMPUTE POOL HELPERS {clauses} FROM SPECIFICATION ?", text)
    local.until(lambda: local.status(name) == "RUNNING")


def fetched(local: Local, make_spec: Spec, name: str, *urls: str) -> list[str]:
    """What a job gets from some URLs."""
    local.start(name, make_spec(FETCH.replace("{urls}", repr(urls))), pool="HELPERS")
    assert local.ended(name) == "DONE", local.logs(name)
    return local.logs(name).split("\n")


def test_service_is_shown_as_one(helpers: Local, make_spec: Spec) -> None:
    """The answer, the columns, the pool's count; it is no job in any list of jobs."""
    text = served(make_spec)
    rows = helpers.sql(
        "CREATE SERVICE SHOWN_1 IN COMPUTE POOL HELPERS FROM SPECIFICATION ? MIN_INSTANCES = 1 MAX_INSTANCES = 2 "
        "COMMENT = 'c' QUERY_WAREHOUSE = COMPUTE_WH",
        text,
    )
    assert rows == [{"status": "Service SHOWN_1 successfully created."}]
    helpers.until(lambda: helpers.status("SHOWN_1") == "RUNNING")
    row = helpers.sql("SHOW SERVICES LIKE 'SHOWN_1'")[0]
    assert (row["is_job"], row["is_async_job"], row["min_instances"], row["max_instances"]) == ("false", "false", 1, 2)
    assert (row["current_instances"], row["target_instances"], row["comment"]) == (1, 1, "c")
    assert helpers.sql("SHOW JOB SERVICES LIKE 'SHOWN_1'") == []
    assert [item["name"] for item in helpers.sql("SHOW SERVICES EXCLUDE JOBS LIKE 'SHOWN_1'")] == ["SHOWN_1"]
    history = helpers.sql("SELECT NAME FROM TABLE(SNOWFLAKE.SPCS.GET_JOB_HISTORY()) WHERE NAME = 'SHOWN_1'")
    assert history == []
    assert helpers.sql("SHOW COMPUTE POOLS LIKE 'HELPERS'")[0]["num_services"] == 1
    assert helpers.sql("CREATE SERVICE IF NOT EXISTS SHOWN_1 IN COMPUTE POOL HELPERS FROM SPECIFICATION ?", text) == [
        {"status": "SHOWN_1 already exists, statement succeeded."}
    ]
    assert helpers.value("SELECT SYSTEM$WAIT_FOR_SERVICES(180, 'SHOWN_1')") == "All services are ready."
    with pytest.raises(SnowflakeError, match="not a job"):
        helpers.sql("CALL SHOWN_1!SPCS_CANCEL_JOB()")


def test_job_reaches_a_service_by_its_names(helpers: Local, make_spec: Spec) -> None:
    """The full DNS name, the first label in the same schema, and the name of its instances."""
    create(helpers, "WEB_1", served(make_spec))
    full = helpers.sql("DESCRIBE SERVICE WEB_1")[0]["dns_name"]
    urls = [f"http://{name}:8000/" for name in (full, "web-1", f"instances.{full}")]
    assert fetched(helpers, make_spec, "FETCH_1", *urls) == ["web-1-0"] * 3


@pytest.mark.usefixtures("own_networks")
def test_service_reaches_another_and_both_use_the_same_port(helpers: Local, make_spec: Spec) -> None:
    """Each has a network of its own, and so has each instance."""
    create(helpers, "BACK", served(make_spec), "MIN_INSTANCES = 2")
    relay = SERVER.replace("socket.gethostname().encode()", "urlopen('http://back:8000/').read()")
    create(helpers, "FRONT", served(make_spec, "from urllib.request import urlopen\n" + relay))
    found = fetched(helpers, make_spec, "FETCH_2", *["http://front:8000/"] * 12)
    assert set(found) == {"back-0", "back-1"}
    rows = helpers.sql("SHOW SERVICE INSTANCES IN SERVICE BACK")
    assert [(row["instance_id"], row["status"]) for row in rows] == [("0", "READY"), ("1", "READY")]


def test_port_that_is_no_endpoint_is_not_reached(helpers: Local, make_spec: Spec) -> None:
    """Only what the specification declares is open to others."""
    create(helpers, "CLOSED", make_spec(SERVER))
    code = "import urllib.request\nurllib.request.urlopen('http://closed:8000/', timeout=3)"
    helpers.start("FETCH_3", make_spec(code), pool="HELPERS")
    assert helpers.ended("FETCH_3") == "FAILED"


def test_container_that_ends_is_started_again(helpers: Local, make_spec: Spec) -> None:
    """The count, the last exit code and the previous log are kept; the service runs on, reached as before."""
    create(helpers, "CRASHING", served(make_spec))
    helpers.start("KILLER", make_spec("import urllib.request\nurllib.request.urlopen('http://crashing:8000/end')"))
    helpers.until(lambda: helpers.containers("CRASHING")[0]["restart_count"] == 1)
    helpers.until(lambda: helpers.status("CRASHING") == "RUNNING")
    row = helpers.containers("CRASHING")[0]
    assert (row["status"], row["last_exit_code"], bool(row["last_restart_time"])) == ("READY", 7, True)
    helpers.until(lambda: "listening" in helpers.logs("CRASHING"))
    assert helpers.logs("CRASHING", 0, "main", 10, True).startswith("listening")
    assert fetched(helpers, make_spec, "FETCH_4", "http://crashing:8000/") == ["crashing-0"]


def test_container_that_keeps_ending_is_started_ever_later(ticking: Local, make_spec: Spec) -> None:
    """At once, then after 10 seconds of the account's clock, then after 20."""
    ticking.sql("CREATE SERVICE LOOPING IN COMPUTE POOL POOL FROM SPECIFICATION ?", make_spec("exit(3)"))

    def waits(count: int) -> bool:
        ticking.account.services.supervisor.settle()
        row = ticking.containers("LOOPING")[0]
        return (row["restart_count"], row["status"], row["last_exit_code"]) == (count, "PENDING", 3)

    for count, seconds in enumerate([10, 20, 40], start=1):
        ticking.until(lambda count=count: waits(count))  # type: ignore[misc]
        assert ticking.containers("LOOPING")[0]["message"] == "Encountered fatal error, retrying"
        ticking.account.clock.tick(seconds - 1)
        assert waits(count)
        ticking.account.clock.tick(1)
    ticking.until(lambda: waits(4))
    assert ticking.status("LOOPING") == "PENDING"


def test_suspended_service_has_no_instances_until_it_is_resumed(helpers: Local, make_spec: Spec) -> None:
    """SUSPENDING, SUSPENDED, then the same service anew; a wrong order is refused."""
    create(helpers, "PAUSED", served(make_spec))
    with pytest.raises(SnowflakeError, match="cannot be resumed"):
        helpers.sql("ALTER SERVICE PAUSED RESUME")
    helpers.sql("ALTER SERVICE PAUSED SUSPEND")
    helpers.until(lambda: helpers.status("PAUSED") == "SUSPENDED")
    assert helpers.containers("PAUSED") == []
    assert helpers.sql("DESCRIBE SERVICE PAUSED")[0]["suspended_on"] is not None
    helpers.sql("ALTER SERVICE IF EXISTS PAUSED RESUME")
    helpers.until(lambda: helpers.status("PAUSED") == "RUNNING")
    assert helpers.sql("DESCRIBE SERVICE PAUSED")[0]["resumed_on"] is not None
    assert fetched(helpers, make_spec, "FETCH_5", "http://paused:8000/") == ["paused-0"]


@pytest.mark.usefixtures("own_networks")
def test_service_gets_more_and_fewer_instances(helpers: Local, make_spec: Spec) -> None:
    """SET MIN_INSTANCES and MAX_INSTANCES; UNSET goes back to one; a minimum above the maximum is refused."""
    create(helpers, "GROWING", served(make_spec))
    with pytest.raises(SnowflakeError) as caught:
        helpers.sql("ALTER SERVICE GROWING SET MIN_INSTANCES = 3")
    assert caught.value.errno == 1008
    helpers.sql("ALTER SERVICE GROWING SET MIN_INSTANCES = 3 MAX_INSTANCES = 3 COMMENT = 'grown'")
    helpers.until(lambda: helpers.sql("DESCRIBE SERVICE GROWING")[0]["current_instances"] == 3)
    assert helpers.sql("DESCRIBE SERVICE GROWING")[0]["comment"] == "grown"
    helpers.sql("ALTER SERVICE GROWING UNSET MIN_INSTANCES, COMMENT")
    helpers.until(lambda: len(helpers.sql("SHOW SERVICE INSTANCES IN SERVICE GROWING")) == 1)
    assert helpers.sql("DESCRIBE SERVICE GROWING")[0]["target_instances"] == 1


def test_service_gets_another_specification(helpers: Local, make_spec: Spec) -> None:
    """ALTER SERVICE FROM SPECIFICATION replaces the containers; a bad one changes nothing."""
    create(helpers, "CHANGED", served(make_spec))
    before = helpers.sql("DESCRIBE SERVICE CHANGED")[0]["spec_digest"]
    with pytest.raises(SnowflakeError):
        helpers.sql("ALTER SERVICE CHANGED FROM SPECIFICATION ?", "spec: {}")
    helpers.sql(
        "ALTER SERVICE CHANGED FROM SPECIFICATION ?", served(make_spec, SERVER.replace("socket.gethostname()", "'new'"))
    )
    helpers.until(lambda: len(helpers.containers("CHANGED")) == 1 and helpers.status("CHANGED") == "RUNNING")
    assert helpers.sql("DESCRIBE SERVICE CHANGED")[0]["spec_digest"] != before
    assert fetched(helpers, make_spec, "FETCH_6", "http://changed:8000/") == ["new"]


def test_service_that_is_not_alive_is_started_again(helpers: Local, make_spec: Spec) -> None:
    """A liveness probe that is answered by an error ends the container, and it is started again."""
    code = SERVER.replace("self.send_response(200)", "self.send_response(500 if self.path == '/alive' else 200)")
    probe = {"port": 8000, "path": "/alive", "periodSeconds": 1, "failureThreshold": 2}
    create(helpers, "DEAD", served(make_spec, code, livenessProbe=probe))
    helpers.until(lambda: helpers.containers("DEAD")[0]["restart_count"] > 0)
    assert helpers.containers("DEAD")[0]["last_exit_code"] == 143


def test_service_is_ready_when_its_probe_is_answered(helpers: Local, make_spec: Spec) -> None:
    """Until then it is PENDING, and says which probe fails."""
    gate = helpers.gate("READY")
    text = gate.mounted(served(make_spec, held(SERVER)))
    helpers.sql("CREATE SERVICE READY IN COMPUTE POOL HELPERS FROM SPECIFICATION ?", text)
    helpers.until(lambda: "Readiness probe is failing" in helpers.containers("READY")[0]["message"])
    assert helpers.status("READY") == "PENDING"
    gate.open()
    helpers.until(lambda: helpers.status("READY") == "RUNNING")


def test_public_endpoint_answers_on_loopback(helpers: Local, make_spec: Spec) -> None:
    """SHOW ENDPOINTS says where; after the drop nothing listens there."""
    text = served(make_spec).replace('"port": 8000}]', '"port": 8000, "public": true}]')
    create(helpers, "OPENED", text)
    row = helpers.sql("SHOW ENDPOINTS IN SERVICE OPENED")[0]
    assert (row["name"], row["is_public"]) == ("web", "true")
    url = f"http://{row['ingress_url']}/"
    assert urllib.request.urlopen(url, timeout=180).read() == b"opened-0"
    helpers.sql("DROP SERVICE OPENED")
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=180)


def test_service_runs_again_when_the_account_is_opened_again(helpers: Local, tmp_path: Path, make_spec: Spec) -> None:
    """A stop of the account is no end of a service; its public port stays the same."""
    first = type(helpers)(tmp_path / "home")
    text = served(make_spec).replace('"port": 8000}]', '"port": 8000, "public": true}]')
    first.sql("CREATE SERVICE STAYS IN COMPUTE POOL POOL FROM SPECIFICATION ?", text)
    first.until(lambda: first.status("STAYS") == "RUNNING")
    url = first.sql("SHOW ENDPOINTS IN SERVICE STAYS")[0]["ingress_url"]
    first.account.close()
    second = type(helpers)(tmp_path / "home")
    second.until(lambda: second.status("STAYS") == "RUNNING")
    assert second.sql("SHOW ENDPOINTS IN SERVICE STAYS")[0]["ingress_url"] == url
    assert urllib.request.urlopen(f"http://{url}/", timeout=180).read() == b"stays-0"
    second.account.close()


def test_stop_all_drops_services_and_cancels_jobs(helpers: Local, make_spec: Spec) -> None:
    """OF TYPE stops one kind only; a word that is no type is refused."""
    create(helpers, "STOPPED", served(make_spec))
    helpers.start("ALSO", make_spec("import time; time.sleep(3600)"), pool="HELPERS")
    with pytest.raises(SnowflakeError) as caught:
        helpers.sql("ALTER COMPUTE POOL HELPERS STOP ALL OF TYPE NONSENSE")
    assert caught.value.errno == 1008
    shown = {kind: [row["name"] for row in helpers.sql(f"SHOW SERVICES IN COMPUTE POOL HELPERS OF TYPE {kind}")]
             for kind in ("SERVICE", "JOB", "NOTEBOOK, MODEL")}  # fmt: skip
    assert shown["SERVICE"] == ["STOPPED"]
    assert "ALSO" in shown["JOB"]
    assert shown["NOTEBOOK, MODEL"] == []
    helpers.sql("ALTER COMPUTE POOL HELPERS STOP ALL OF TYPE SERVICE")
    assert helpers.sql("SHOW SERVICES LIKE 'STOPPED'") == []
    assert helpers.status("ALSO") in {"PENDING", "RUNNING"}
    helpers.sql("ALTER COMPUTE POOL HELPERS STOP ALL")
    assert helpers.ended("ALSO") == "CANCELLED"
