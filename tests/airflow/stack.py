"""A whole Airflow in parts that can be killed one by one, and the account its jobs run in; for tests by hand and CI.

Every part is a process of ours in a session of its own: what is started here is ended here, by process id.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import httpx
import psutil

from airflow_provider_spcs.demo.airflow_home import free_port

_T = TypeVar("_T")
PARTS = ("api-server", "dag-processor", "scheduler", "triggerer")
_HERE = Path(__file__).resolve().parent
_SETTINGS = {
    "CORE__LOAD_EXAMPLES": "False",
    "CORE__PARALLELISM": "8",
    "CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
    "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL": "5",
    "API__HOST": "127.0.0.1",
    "API__WORKERS": "1",
    "DAG_PROCESSOR__REFRESH_INTERVAL": "10",
    # Crashes are to be noticed in seconds here; the rules are the same.
    "SCHEDULER__JOB_HEARTBEAT_SEC": "2",
    "SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
    "SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "10",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_SEC": "3",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "20",
    "SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "5",
    "SCHEDULER__ENABLE_HEALTH_CHECK": "False",
    "TRIGGERER__JOB_HEARTBEAT_SEC": "3",
    "TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "15",
    "USAGE_DATA_COLLECTION__ENABLED": "False",
}


def until(condition: Callable[[], _T], what: str, *, seconds: float = 60, pause: float = 0.25) -> _T:
    """Wait until ``condition`` returns something true, and return that.

    Raises:
        TimeoutError: It did not, in time.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if found := condition():
                return found
        except (httpx.HTTPError, psutil.Error):
            pass
        time.sleep(pause)
    raise TimeoutError(f"{what}: not within {seconds:g} s")


class Stack:
    """Airflow's parts and the account.

    Args:
        home: Where all state and every log lies.
        environment: More variables for Airflow.
        tls: Airflow goes to the account's TLS port, as the first-party hook can only do.
    """

    def __init__(self, home: Path, environment: dict[str, str] | None = None, *, tls: bool = False) -> None:
        self.home = home
        self.dags = home / "dags"
        self.dags.mkdir(parents=True, exist_ok=True)
        self.ports = json.loads((home / "ports.json").read_text()) if (home / "ports.json").exists() else {}
        if not self.ports:
            self.ports = {name: free_port() for name in ("api", "account", "worker_log", "trigger_log")}
            (home / "ports.json").write_text(json.dumps(self.ports))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._more = environment or {}
        self._tls = tls
        self.ready: dict[str, Any] = {}
        self._leaders: set[int] = set()
        self.api = Api(f"http://127.0.0.1:{self.ports['api']}")

    @property
    def connection(self) -> dict[str, Any]:
        """What ``snowflake.connector.connect`` takes."""
        return {
            "account": "emulator",
            "user": "ADMIN",
            "password": (self.home / "account" / "admin-password").read_text(),
            "host": "127.0.0.1",
            "port": self.ports["account"],
            "protocol": "http",
            "database": "EMULATOR",
            "schema": "PUBLIC",
            "warehouse": "COMPUTE_WH",
            "role": "ACCOUNTADMIN",
        }

    @property
    def environment(self) -> dict[str, str]:
        """Of Airflow's parts."""
        url = f"http://127.0.0.1:{self.ports['api']}"
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW_")}
        settings = {
            **_SETTINGS,
            "CORE__DAGS_FOLDER": str(self.dags),
            "CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
            "API__PORT": str(self.ports["api"]),
            "API__BASE_URL": url,
            "DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home / 'airflow.db'}",
            "LOGGING__WORKER_LOG_SERVER_PORT": str(self.ports["worker_log"]),
            "LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.ports["trigger_log"]),
        }
        given = self.connection
        extra = {key: given[key] for key in ("account", "host", "port", "protocol", "database", "warehouse", "role")}
        snowflake = {
            "conn_type": "snowflake",
            "login": given["user"],
            "password": given["password"],
            "schema": given["schema"],
            "extra": extra,
        }
        return {
            **inherited,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{inherited.get('PATH', os.defpath)}",
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW_CONN_SNOWFLAKE_DEFAULT": self.ready["airflow_uri"] if self._tls else json.dumps(snowflake),
            **{f"AIRFLOW__{key}": value for key, value in settings.items()},
            **self.ready.get("environment", {}),
            **self._more,
        }

    def start_account(self) -> None:
        """Start the account, on the port it had before."""
        process = self._popen(
            "account", [str(_HERE / "account_process.py"), str(self.home / "account"), str(self.ports["account"])]
        )
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the account did not start: {self.home / 'account.log'}")
        self.ready = json.loads(line)

    def arm(self, fault: str, **arguments: Any) -> None:
        """Arm a fault of the account."""
        stdin = self.processes["account"].stdin
        assert stdin is not None
        stdin.write(json.dumps({"fault": fault, **arguments}).encode() + b"\n")
        stdin.flush()

    def start(self, *parts: str) -> None:
        """Start parts of Airflow that do not run."""
        for part in parts or PARTS:
            if part not in self.processes or self.processes[part].poll() is not None:
                self._popen(part, ["-m", "airflow", part])

    def migrate(self) -> None:
        """Make Airflow's tables."""
        with (self.home / "migrate.log").open("ab") as output:
            command = [sys.executable, "-m", "airflow", "db", "migrate"]
            subprocess.run(command, env=self.environment, stdout=output, stderr=output, check=True, cwd=self.home)

    def healthy(self) -> bool:
        """Whether every part of Airflow beats."""
        health = self.api.get("/monitor/health")
        names = ("metadatabase", "scheduler", "triggerer", "dag_processor")
        return all((health.get(name) or {}).get("status") == "healthy" for name in names)

    def kill(self, part: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a part a signal, and wait until it has gone unless the signal only stops or continues it."""
        process = self.processes[part]
        # Idle workers would wait for ever for a scheduler that is gone; busy ones live on with their task.
        children = psutil.Process(process.pid).children() if part == "scheduler" else []
        idle = [child for child in children if not child.children()]
        process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
            for child in idle:
                _kill(child)

    def tasks(self) -> list[psutil.Process]:
        """Processes that run a task's code: grandchildren of the scheduler."""
        return [child for worker in self.workers() for child in worker.children()]

    def workers(self) -> list[psutil.Process]:
        """The executor's workers that supervise a task now."""
        scheduler = psutil.Process(self.processes["scheduler"].pid)
        return [child for child in scheduler.children() if child.children()]

    def stop(self) -> None:
        """End everything, Airflow first; nothing of it is left."""
        for part in ("scheduler", "triggerer", "dag-processor", "api-server"):
            if part in self.processes:
                self.end(self.processes[part], signal.SIGINT if part == "scheduler" else signal.SIGTERM)
        if (account := self.processes.get("account")) is not None and account.poll() is None:
            assert account.stdin is not None
            account.stdin.close()
            self.end(account, None)
        for leader in self._leaders:
            # What a killed part has left behind is in the process group that it led.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(leader, signal.SIGKILL)

    @staticmethod
    def end(process: subprocess.Popen[bytes], number: signal.Signals | None) -> None:
        """Ask a process to end (None only waits), and end it when it does not."""
        if number is not None and process.poll() is None:
            process.send_signal(number)
        try:
            process.wait(12)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)

    def _popen(self, name: str, arguments: list[str]) -> subprocess.Popen[bytes]:
        account = name == "account"
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *arguments],
                env=None if account else self.environment,
                stdin=subprocess.PIPE if account else subprocess.DEVNULL,
                stdout=subprocess.PIPE if account else log,
                stderr=log,
                cwd=self.home,
                start_new_session=True,
            )
        self._leaders.add(self.processes[name].pid)
        return self.processes[name]


def _kill(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.Error):
        process.kill()


class Api:
    """Airflow's REST API."""

    def __init__(self, url: str) -> None:
        self._http = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self._url = url

    def login(self) -> bool:
        """Take a token; whether there was one to be had."""
        answer = self._http.get("/auth/token")
        if answer.status_code in (200, 201):
            self._http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return answer.status_code in (200, 201)

    def get(self, path: str, **params: Any) -> Any:
        """GET as JSON."""
        answer = self._http.get(f"/api/v2{path}", params=params, headers={"Accept": "application/json"})
        answer.raise_for_status()
        return answer.json()

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """PATCH or POST."""
        answer = self._http.request(method, f"/api/v2{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    def trigger(self, dag_id: str, conf: dict[str, Any]) -> str:
        """Start a run; its id."""
        return str(self.send("POST", f"/dags/{dag_id}/dagRuns", {"conf": conf, "logical_date": None})["dag_run_id"])

    def instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of a run."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        return list(self.get(path, limit=1000)["task_instances"])

    def mark(self, ti: dict[str, Any], state: str) -> None:
        """Mark a task instance."""
        path = f"/dags/{ti['dag_id']}/dagRuns/{ti['dag_run_id']}/taskInstances/{ti['task_id']}"
        if ti["map_index"] >= 0:
            path += f"/{ti['map_index']}"
        self.send("PATCH", path, {"new_state": state})

    def clear(self, ti: dict[str, Any]) -> None:
        """Clear a task instance, whatever its state."""
        task: Any = [ti["task_id"], ti["map_index"]] if ti["map_index"] >= 0 else ti["task_id"]
        body = {
            "dry_run": False,
            "dag_run_id": ti["dag_run_id"],
            "task_ids": [task],
            "only_failed": False,
            "include_downstream": False,
        }
        self.send("POST", f"/dags/{ti['dag_id']}/clearTaskInstances", body)

    def log(self, ti: dict[str, Any], try_number: int) -> list[str]:
        """What the UI shows of one try."""
        path = f"/dags/{ti['dag_id']}/dagRuns/{ti['dag_run_id']}/taskInstances/{ti['task_id']}/logs/{try_number}"
        content = self.get(path, map_index=ti["map_index"], full_content="true")["content"]
        return [str(record.get("event", "")) if isinstance(record, dict) else str(record) for record in content]


@contextmanager
def running(
    home: Path, dag_files: dict[str, str], environment: dict[str, str] | None = None, *, tls: bool = False
) -> Iterator[Stack]:
    """A healthy stack with these DAGs, ended at the end of the block."""
    home.mkdir(parents=True, exist_ok=True)
    stack = Stack(home, environment, tls=tls)
    try:
        stack.start_account()
        for name, text in dag_files.items():
            (stack.dags / name).write_text(text)
        if not (home / "airflow.db").exists():
            stack.migrate()
        stack.start()
        until(lambda: stack.api.login() and stack.healthy(), "a healthy Airflow", seconds=150, pause=1)
        yield stack
    finally:
        stack.stop()
