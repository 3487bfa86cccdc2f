"""Starting and stopping an account: in this process and as a command's process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount, start
from airflow_provider_spcs.emulator.home import HomeError
from airflow_provider_spcs.emulator.wire.listener import ListenError
from tests.waiting import DEADLINE

SERVE = """
import sys
from pathlib import Path
from airflow_provider_spcs.emulator.server import serve
serve(Path(sys.argv[1]))
"""


def _served(home: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("ready http://127.0.0.1:"), line
    return process, line.split()[1]


def _connect(home: Path, url: str) -> Any:
    import snowflake.connector

    return snowflake.connector.connect(
        account="LOCAL",
        user="ADMIN",
        password=(home / "admin-password").read_text(),
        host="127.0.0.1",
        port=int(url.rpartition(":")[2]),
        protocol="http",
        database="EMULATOR",
    )


def test_serve_says_ready_and_stops_on_a_signal_with_its_state_kept(tmp_path: Path) -> None:
    """One line when connections are accepted; SIGTERM and SIGINT end it with 0; tables are there after SIGKILL too."""
    ends = {signal.SIGTERM: 0, signal.SIGKILL: -signal.SIGKILL, signal.SIGINT: 0}
    for number, (how, code) in enumerate(ends.items()):
        process, url = _served(tmp_path)
        with _connect(tmp_path, url) as connection:
            cursor = connection.cursor()
            cursor.execute("create table if not exists PUBLIC.KEPT (i int)")
            cursor.execute(f"insert into PUBLIC.KEPT values ({number})")
            assert cursor.execute("select count(*) from PUBLIC.KEPT").fetchone() == (number + 1,)
        process.send_signal(how)
        assert process.wait(DEADLINE) == code


def test_port_in_use_is_one_clear_error(account: RunningAccount, tmp_path: Path) -> None:
    """The message has the port and what to do; the home is free again afterwards."""
    with (
        pytest.raises(ListenError, match=rf"{account.endpoints.port}.*--port"),
        start(tmp_path, account.endpoints.port),
    ):
        pass
    with start(tmp_path):
        pass


def test_restart_of_a_home_has_the_tls_port_it_had(tmp_path: Path) -> None:
    """Airflow's own hook only gets to that one, and an Airflow keeps its connection over the account's restart."""

    def port() -> int:
        with start(tmp_path) as running:
            return running.endpoints.tls_port

    # Between two starts any other process of the machine may be given the port; not every time.
    assert any(port() == port() for _ in range(4))


def test_restart_of_a_home_whose_tls_port_is_taken_has_another(tmp_path: Path) -> None:
    """A port that somebody else has by now is no reason not to start."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        (tmp_path / "ports.json").write_text(f"[{taken}, {taken}]")
        with start(tmp_path) as running:
            assert taken not in (running.endpoints.tls_port, running.endpoints.proxy_port)


def test_home_in_use_is_one_clear_error(account: RunningAccount) -> None:
    """Two emulators never share a home."""
    with pytest.raises(HomeError, match="in use"), start(account.account.home.root):
        pass


def test_home_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    """A file where the directory should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(HomeError, match="--home"), start(tmp_path / "file"):
        pass


def test_start_sets_and_restores_the_environment(tmp_path: Path) -> None:
    """Trust and proxy exceptions hold while the account runs, and no longer."""
    before = {name: os.environ.get(name) for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NO_PROXY")}
    with start(tmp_path) as running:
        trusted = {os.environ["REQUESTS_CA_BUNDLE"], os.environ["SSL_CERT_FILE"]}
        assert trusted == {str(running.endpoints.ca_bundle)}
        assert "127.0.0.1" in os.environ["NO_PROXY"]
    assert {name: os.environ.get(name) for name in before} == before


def test_two_accounts_run_side_by_side(account: RunningAccount, tmp_path: Path) -> None:
    """Each has its own tables and password, and both can be trusted at once."""
    import snowflake.connector

    with start(tmp_path) as other:
        assert other.connection_kwargs["password"] != account.connection_kwargs["password"]
        for running in (account, other):
            kwargs = {**running.connection_kwargs, "protocol": "https", "port": running.endpoints.tls_port}
            with snowflake.connector.connect(**kwargs) as connection:
                assert connection.cursor().execute("select 1").fetchone() == (1,)


def test_files_of_the_home_are_for_its_owner_only(tmp_path: Path) -> None:
    """The home is 0700; keys and secrets in it are 0600."""
    home = tmp_path / "home"
    with start(home):
        assert home.stat().st_mode & 0o777 == 0o700
        for secret in ("admin-password", "credentials.json", "tls/server.key"):
            assert (home / secret).stat().st_mode & 0o777 == 0o600
