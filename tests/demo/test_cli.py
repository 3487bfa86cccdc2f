"""`spcs`: bad input gets one clear error and leaves nothing behind."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import DEADLINE, until


def spcs(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does."""
    return subprocess.run(
        [sys.executable, "-m", "airflow_provider_spcs.cli", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )


@pytest.mark.parametrize("rows", ["0", "-5", "many"])
def test_demo_with_a_wrong_row_count_is_refused(rows: str) -> None:
    """Rows are a whole number in the range that the help states; nothing is started."""
    done = spcs("demo", "--rows", rows)
    assert done.returncode == 2
    assert "--rows" in done.stderr
    assert done.stdout == ""


def test_up_with_a_port_in_use_is_refused() -> None:
    """A taken port is named before anything starts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = spcs("up", "--port", str(port))
    assert done.returncode == 1
    assert f"127.0.0.1:{port} cannot be used" in done.stderr
    assert "emulator:" not in done.stdout


def test_demo_with_a_home_below_a_file_is_refused(tmp_path: Path) -> None:
    """A home that cannot be a directory is named with the reason."""
    (tmp_path / "file").write_text("")
    done = spcs("demo", "--home", str(tmp_path / "file" / "home"))
    assert done.returncode == 1
    assert "--home: cannot write to" in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_demo_with_an_unwritable_home_is_refused(tmp_path: Path) -> None:
    """A directory without write permission is refused before anything starts."""
    tmp_path.chmod(0o500)
    done = spcs("demo", "--home", str(tmp_path))
    assert done.returncode == 1
    assert "Permission denied" in done.stderr


def test_demo_without_the_extras_says_what_to_install() -> None:
    """A part that is not installed is named with the command that installs it."""
    code = (
        "import sys, importlib.util as u; find = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'duckdb' else find(name, *rest)\n"
        "from airflow_provider_spcs.cli import main; sys.argv = ['spcs', 'demo']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=DEADLINE)
    assert done.returncode == 1
    assert "pip install 'airflow-provider-spcs[demo]'" in done.stderr


def test_last_port_of_a_home_is_taken_again_when_it_is_free(tmp_path: Path) -> None:
    """Bookmarks and stored links lead to the same place after a restart; another's port is left alone."""
    from airflow_provider_spcs.demo.airflow_home import last_port

    kept = tmp_path / "port"
    assert last_port(kept) == 0
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        kept.write_text(f"{port}\n")
        assert last_port(kept) == 0
    until(lambda: last_port(kept) == port, "the port, free again")
    kept.write_text("no number")
    assert last_port(kept) == 0
