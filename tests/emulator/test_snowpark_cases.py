"""The cases of Snowpark that users lean on most, from ``clients/snowpark*.py``; by hand all of them run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from airflow_provider_spcs.emulator import start

CASES = Path(__file__).parent / "clients" / "snowpark.py"
WORDS = [
    "join",
    "window_r",
    "pivot",
    "merge",
    "approx",
    "describe",
    "na_",
    "sets",
    "percentile",
    "async_job",
    "insert_all",
]


def test_snowpark_cases_of_everyday_work_pass(tmp_path: Path) -> None:
    """Joins, windows, pivots, merges, missing values, percentiles, async jobs: each as Snowflake answers."""
    with start(tmp_path) as account:
        port = str(account.connection_kwargs["port"])
        command = [sys.executable, str(CASES), "--home", str(tmp_path), "--port", port, *WORDS]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, "\n".join(line for line in done.stdout.splitlines() if not line.startswith("passed"))
