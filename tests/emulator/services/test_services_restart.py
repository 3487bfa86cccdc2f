"""What a killed emulator leaves, the next one on the same home finds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from airflow_provider_spcs.emulator.account import Account
from tests.gate import Gate, held
from tests.waiting import until

SCRIPT = """
import sys, time
from pathlib import Path
from airflow_provider_spcs.emulator.account import Account
account = Account(Path(sys.argv[1]))
account.open()
session = account.session(database="EMULATOR", schema="PUBLIC")
session.execute("CREATE COMPUTE POOL POOL MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S")
session.execute("CREATE STAGE GO")
for name, spec in zip(("SHORT", "LONG", "WAITING"), sys.argv[2:], strict=True):
    session.execute(f"EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME={name} ASYNC=TRUE FROM SPECIFICATION ?", [spec])
while True:
    rows = {row[0]: row[1] for row in session.execute("SHOW SERVICES").rows}
    if (rows["SHORT"], rows["LONG"]) == ("RUNNING", "RUNNING"):
        break
    time.sleep(0.05)
print("running", flush=True)
time.sleep(3600)
"""


def _status(account: Account, name: str) -> str:
    session = account.session(database="EMULATOR", schema="PUBLIC")
    return next(str(row[1]) for row in session.execute("SHOW SERVICES").rows or [] if row[0] == name)


def test_jobs_survive_kill_of_the_emulator(tmp_path: Path, make_spec: Callable[..., str]) -> None:
    """After kill -9: the ended job has its exit code, the running one runs on, the waiting one starts."""
    home = tmp_path / "home"
    gate = Gate(home / "stages" / "EMULATOR" / "PUBLIC" / "GO", "@GO")
    half = {"requests": {"cpu": 1.5}}
    specs = [
        gate.mounted(make_spec(held("print('b'); exit(7)", before="print('a')"), resources=half)),
        make_spec("import time; time.sleep(3600)", resources=half),
        make_spec("print('at last')", resources=half),
    ]
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(home), *specs], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "running\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    # The short job ends with nobody to see it.
    gate.open()
    until(lambda: any(" stdout b" in path.read_text() for path in home.glob("containers/*/log")))

    account = Account(home)
    account.open()
    try:
        until(lambda: _status(account, "SHORT") == "FAILED")
        session = account.session(database="EMULATOR", schema="PUBLIC", warehouse="COMPUTE_WH")
        containers = session.execute("SHOW SERVICE CONTAINERS IN SERVICE SHORT")
        names = [column.name for column in containers.columns]
        assert containers.rows is not None
        assert containers.rows[0][names.index("last_exit_code")] == 7
        assert [
            row[0]
            for row in session.rows(
                "SELECT LOG FROM TABLE(SHORT!SPCS_GET_LOGS()) WHERE RECORD_ATTRIBUTES['log.iostream'] = 'stdout'"
            )
        ] == ["a", "b"]
        assert _status(account, "LONG") == "RUNNING"
        until(lambda: _status(account, "WAITING") == "DONE")
    finally:
        account.close()


def test_clean_stop_ends_jobs_and_says_so(tmp_path: Path, make_spec: Callable[..., str]) -> None:
    """No process is left; the job is INTERNAL_ERROR with the reason, also for the next emulator."""
    home = tmp_path / "home"
    account = Account(home)
    account.open()
    session = account.session(database="EMULATOR", schema="PUBLIC")
    session.execute("CREATE COMPUTE POOL POOL MIN_NODES=1 MAX_NODES=1 INSTANCE_FAMILY=CPU_X64_S")
    session.execute(
        "EXECUTE JOB SERVICE IN COMPUTE POOL POOL NAME=J ASYNC=TRUE FROM SPECIFICATION ?",
        [make_spec("import time; time.sleep(3600)")],
    )
    until(lambda: _status(account, "J") == "RUNNING")
    pids = [running.pid for running, _ in account.services.supervisor.containers()]
    account.close()
    assert len(pids) == 1
    until(lambda: not Path(f"/proc/{pids[0]}").exists())
    again = Account(home)
    again.open()
    assert _status(again, "J") == "INTERNAL_ERROR"
    again.close()
