"""What a container reaches: its account, what its integrations grant, and nothing else."""

from __future__ import annotations

import functools
import http.server
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator.endpoints import Endpoints
from airflow_provider_spcs.emulator.runner import Mount, Runner, RunningContainer
from tests.waiting import DEADLINE

GET = "import urllib.request; print(urllib.request.urlopen({url!r}, timeout=180).read().decode())"
RAW = "import socket; socket.create_connection(({host!r}, {port}), 180); print('connected')"


def said(container: RunningContainer) -> str:
    """Its log."""
    container.wait(DEADLINE)
    return container.log_path.read_text()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[int]:
    """The port of a web server of the host that has one page and one git repository."""
    root = tmp_path / "site"
    root.mkdir()
    (root / "page").write_text("the page")
    git = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", "-C", str(root)]
    subprocess.run([*git, "init", "-q", "work"], check=True)
    (root / "work" / "train.py").write_text("print('cloned code runs')")
    subprocess.run([*git[:-1], str(root / "work"), "add", "."], check=True)
    subprocess.run([*git[:-1], str(root / "work"), "commit", "-q", "-m", "first"], check=True)
    subprocess.run([*git, "clone", "-q", "--bare", "work", "payload.git"], check=True)
    subprocess.run(["git", "-C", str(root / "payload.git"), "update-server-info"], check=True)
    handler = functools.partial(_Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments: Any) -> None:
        """Nothing: the test's output is for the test."""


def clone(port: int) -> tuple[str, ...]:
    """The command of a job that runs what it clones."""
    url = f"http://127.0.0.1:{port}/payload.git"
    return ("sh", "-c", f"git clone -q {url} ~/code && python ~/code/train.py")


def test_git_clone_over_loopback_works_where_granted(any_runner: Runner, start: Any, site: int) -> None:
    """A network rule for 127.0.0.1:PORT lets a job clone from a server of this machine."""
    container = start(*clone(site), by=any_runner, allowed_hosts=(f"127.0.0.1:{site}",))
    assert "cloned code runs" in said(container)


def test_git_clone_fails_without_a_grant(any_runner: Runner, start: Any, site: int) -> None:
    """A job that forgets its external access integration fails as it would on Snowflake."""
    container = start(*clone(site), by=any_runner)
    assert container.wait(DEADLINE) != 0
    assert "cloned code runs" not in said(container)


def test_grant_of_another_port_does_not_help(any_runner: Runner, start: Any, site: int) -> None:
    """A rule names host and port."""
    assert start(*clone(site), by=any_runner, allowed_hosts=("127.0.0.1:1",)).wait(DEADLINE) != 0


def test_direct_connection_past_the_proxy_is_impossible(isolated: None, start: Any, site: int) -> None:
    """In a network of its own, a program that ignores the proxy reaches nothing of the host either."""
    container = start("python", "-c", RAW.format(host="127.0.0.1", port=site))
    assert container.wait(DEADLINE) == 1
    assert "Connection refused" in said(container)


def test_granted_name_is_reached_without_proxy_support(isolated: None, start: Any, site: int) -> None:
    """Databases and other clients that know no proxy find a granted host by its name."""
    container = start("python", "-c", RAW.format(host="localhost", port=site), allowed_hosts=(f"localhost:{site}",))
    assert "connected" in said(container)


def test_own_server_on_loopback_is_reached(isolated: None, start: Any) -> None:
    """Processes of a container talk to each other over loopback as anywhere."""
    program = (
        "import http.server, threading, urllib.request\n"
        "s = http.server.HTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\n"
        "threading.Thread(target=s.handle_request).start()\n"
        "print(urllib.request.urlopen(f'http://127.0.0.1:{s.server_port}/').status)"
    )
    assert "stdout 200" in said(start("python", "-c", program))


@pytest.mark.parametrize("plan", ["pid", "rewrite"])
def test_account_is_reached_by_its_name(account: Any, start: Any, possible: Any, site: int, plan: str) -> None:
    """SNOWFLAKE_HOST leads to the emulator, for any client."""
    bundle = account.home.root / "ca.pem"
    bundle.touch()
    account.endpoints = Endpoints("127.0.0.1", site, site, 1, bundle)
    runner = possible(Runner(account, plans=[plan]))
    program = "import os, urllib.request as u; print(u.urlopen(f'http://{os.environ[\"SNOWFLAKE_HOST\"]}/page').read())"
    assert "the page" in said(start("python", "-c", program, by=runner))
    runner.close()


def test_restarted_account_is_reached_at_its_new_port(account: Any, start: Any, site: int, tmp_path: Path) -> None:
    """A container that runs on while the emulator restarts on other ports finds it again."""
    bundle = tmp_path / "ca.pem"
    bundle.touch()
    account.endpoints = Endpoints("127.0.0.1", 1, 1, 1, bundle)
    runner = Runner(account)
    program = (
        "import os, time, urllib.request as u\nprint('up', flush=True)\n"
        "while True:\n"
        "  try: print(u.urlopen(f'http://{os.environ[\"SNOWFLAKE_HOST\"]}/page').read()); break\n"
        "  except OSError: time.sleep(0.05)\n"
    )
    container = start("python", "-c", program, by=runner)
    runner.close()
    account.endpoints = Endpoints("127.0.0.1", site, site, 1, bundle)
    assert Runner(account).adopt(container.record) is not None
    assert "the page" in said(container)


@pytest.mark.parametrize(
    ("rule", "reached"),
    [
        ("*.example.com:{port}", True),
        ("0.0.0.0:{port}", True),
        ("*.example.org:{port}", False),
        ("git.example.com:1", False),
    ],
)
def test_rule_with_a_wildcard_is_judged_at_the_proxy(start: Any, site: int, rule: str, reached: bool) -> None:
    """Rules of network rules: a wildcard for hosts of a domain, 0.0.0.0 for any host; the proxy says 403 or tries."""
    program = (
        "import urllib.request as u, urllib.error as e\n"
        f"try: u.urlopen('http://git.example.com:{site}/page', timeout=180)\n"
        "except e.HTTPError as error: print('status', error.code)\n"
    )
    container = start("python", "-c", program, allowed_hosts=(rule.format(port=site),))
    # The name exists nowhere: 502 is the proxy's word for a granted host that it cannot reach.
    assert f"status {502 if reached else 403}" in said(container)


def test_instances_of_a_job_reach_each_other_by_name(isolated: None, start: Any) -> None:
    """With a shared network, an instance finds another at its own loopback address and under the job's DNS name."""
    serve = (
        "import http.server as h\n"
        "class S(h.BaseHTTPRequestHandler):\n"
        "  def do_GET(self): self.send_response(200); self.end_headers(); self.wfile.write(b'head')\n"
        "s = h.HTTPServer(('127.9.8.1', 0), S); print(s.server_port, flush=True); s.handle_request()"
    )
    together = {"shared_network": True, "hosts": {"instances.job.local": ("127.9.8.1", "127.9.8.2")}}
    head = start("python", "-c", serve, address="127.9.8.1", **together)
    while not (lines := head.log_path.read_text().splitlines()):
        assert head.wait(0.05) is None
    port = lines[0].split()[-1]
    ask = GET.format(url=f"http://instances.job.local:{port}/")
    worker = start("python", "-c", ask, address="127.9.8.2", **together)
    assert "stdout head" in said(worker)


def test_shared_network_reaches_nothing_else_of_the_host(any_runner: Runner, start: Any, site: int) -> None:
    """The job's containers reach each other; the host's servers stay out of reach without a grant."""
    get = GET.format(url=f"http://127.0.0.1:{site}/page")
    first = start("sleep", "3600", by=any_runner, shared_network=True)
    second = start("python", "-c", get, by=any_runner, shared_network=True)
    assert second.wait(DEADLINE) == 1
    assert "the page" not in said(second)
    assert first.poll() is None


def test_grant_holds_for_a_container_whose_neighbour_has_ended(start: Any, site: int) -> None:
    """The doors of a shared network stay open as long as one of its containers runs."""
    fields: dict[str, Any] = {"shared_network": True, "allowed_hosts": (f"127.0.0.1:{site}",)}
    first = start("sleep", "3600", **fields)
    get = f"import time, os\nwhile not os.path.exists('/o/go'): time.sleep(0.02)\n{GET.format(url=f'http://127.0.0.1:{site}/page')}"
    go = first.directory.parent.parent / "go"
    second = start("python", "-c", get, mounts=(Mount("local", go, "/o"),), **fields)
    first.terminate(0)
    first.wait(DEADLINE)
    (go / "go").touch()
    assert "the page" in said(second)


@pytest.mark.usefixtures("isolated")
def test_proxy_leads_no_isolated_container_to_the_hosts_loopback(start: Any) -> None:
    """Its own address is in its own network; behind the proxy the same address would be the host's."""
    program = (
        "import os, urllib.request as u, urllib.error as e\n"
        "opener = u.build_opener(u.ProxyHandler({'http': os.environ['http_proxy']}))\n"
        "os.environ.pop('no_proxy'), os.environ.pop('NO_PROXY')\n"
        "try: opener.open('http://127.101.0.2:9/')\n"
        "except e.HTTPError as error: print(error.code)"
    )
    container = start("python", "-c", program, address="127.101.0.2", shared_network=True)
    assert "stdout 403" in said(container)
