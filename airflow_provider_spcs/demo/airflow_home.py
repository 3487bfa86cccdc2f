"""An Airflow of its own: its settings, its processes, its health."""

from __future__ import annotations

import ctypes
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_spcs.demo.errors import DemoError

USER = "admin"
_READY_SECONDS = 420
_PORT_FILE = "port"
_PARTS = ("metadatabase", "scheduler", "triggerer", "dag_processor")


@dataclass(frozen=True)
class RunningAirflow:
    """A whole Airflow on loopback: UI, scheduler, triggerer, DAG processor."""

    url: str
    user: str
    password: str
    log: Path
    """What the processes print."""


def free_port() -> int:
    """A loopback port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def check_port(port: int) -> None:
    """Refuse a port that is taken.

    Raises:
        DemoError: Something listens there.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise DemoError(
                f"--port: 127.0.0.1:{port} cannot be used ({error.strerror}). The UI needs a free port. "
                "Give another one, or leave --port out to take any free one."
            ) from error


def last_port(kept: Path) -> int:
    """The port that was written to a file when its home was last used, so that links still lead there; 0 if taken."""
    try:
        port = int(kept.read_text())
        check_port(port)
    except (OSError, ValueError, DemoError):
        return 0
    return port


@contextmanager
def run(
    home: Path, dags: Path, environment: Mapping[str, str], *, port: int = 0, deferrable: bool, tick: Callable[[], None]
) -> Iterator[RunningAirflow]:
    """Run Airflow until the block ends; every process of it is gone afterwards.

    Args:
        home: Its AIRFLOW_HOME; SQLite, logs and password lie there.
        dags: The DAG folder.
        environment: Connections, variables and certificates it needs.
        port: Of the UI; 0 takes the last one's, or a free one.
        deferrable: Whether operators that can will wait in the triggerer.
        tick: Called about twice a second while waiting for readiness.

    Raises:
        DemoError: It did not become healthy.
    """
    home.mkdir(parents=True, exist_ok=True)
    port = port or last_port(home / _PORT_FILE) or free_port()
    (home / _PORT_FILE).write_text(f"{port}\n")
    password = _password(home)
    log = home / "standalone.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "airflow", "standalone"],
            env={**_inherited(), **_settings(home, dags, port, deferrable=deferrable), **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=home,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - runs one system call, takes no lock
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_healthy(url, process, log, tick)
        yield RunningAirflow(url, USER, password, log)
    finally:
        _stop(process)


def _inherited() -> dict[str, str]:
    """This process's environment without settings for another Airflow, and with this Python's `airflow` on PATH."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")}
    # `airflow standalone` starts its parts by name.
    return own | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{own.get('PATH', os.defpath)}"}


def _settings(home: Path, dags: Path, port: int, *, deferrable: bool) -> dict[str, str]:
    url = f"http://127.0.0.1:{port}"
    settings = {
        "CORE__LOAD_EXAMPLES": "False",
        "CORE__DAGS_FOLDER": str(dags),
        # One retrain needs three task slots at most; each further worker costs 130 MB.
        "CORE__PARALLELISM": "4",
        "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "API__HOST": "127.0.0.1",
        "API__PORT": str(port),
        "API__BASE_URL": url,
        "API__WORKERS": "1",
        # A busy machine holds SQLite's lock longer than its five seconds, and a part that meets that ends.
        "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout=60",
        # Five seconds are little for an API server that a busy machine is slow to run: a task fails without a word.
        "WORKERS__EXECUTION_API_TIMEOUT": "60",
        # A trigger holds a short job's event back for the worker's interval and three seconds.
        "WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        # "Connecting to GLOBAL Snowflake domain" puzzles whoever has no account.
        "LOGGING__NAMESPACE_LEVELS": "snowflake.connector=WARNING",
        "LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
        "LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
        "OPERATORS__DEFAULT_DEFERRABLE": str(deferrable),
        "SCHEDULER__ENABLE_HEALTH_CHECK": "False",
        "USAGE_DATA_COLLECTION__ENABLED": "False",
    }
    return {"AIRFLOW_HOME": str(home), **{f"AIRFLOW__{name}": value for name, value in settings.items()}}


def _password(home: Path) -> str:
    """The UI's password: made once for a home, kept where Airflow looks for it."""
    path = home / "simple_auth_manager_passwords.json.generated"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(json.dumps({USER: secrets.token_urlsafe(12)}) + "\n")
    return str(json.loads(path.read_text())[USER])


def _die_with_parent() -> None:
    """Have Linux interrupt Airflow when this process is killed outright; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGINT)  # 1 is PR_SET_PDEATHSIG


def _wait_healthy(url: str, process: subprocess.Popen[bytes], log: Path, tick: Callable[[], None]) -> None:
    import httpx

    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            health = httpx.get(f"{url}/api/v2/monitor/health", timeout=5, trust_env=False).json()
        except (httpx.HTTPError, ValueError):
            health = {}
        if all((health.get(part) or {}).get("status") == "healthy" for part in _PARTS):
            return
        tick()
        time.sleep(0.5)
    ended = process.returncode is not None
    what = f"ended with exit code {process.returncode}" if ended else f"is not healthy after {_READY_SECONDS} s"
    last = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
    raise DemoError(f"airflow standalone: {what}. The DAG runs in it. Read {log}; its last lines:\n{last}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Interrupt standalone, which stops its parts; then end whatever is left of its process group."""
    for number, seconds in ((signal.SIGINT, 20), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
        _signal_group(process.pid, number) if number is not signal.SIGINT else _signal(process.pid, number)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue
        break
    _signal_group(process.pid, signal.SIGKILL)


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
