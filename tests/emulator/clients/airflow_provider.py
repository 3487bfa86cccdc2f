"""Airflow's own Snowflake provider: hooks, operators, sensors, over TLS from ordinary connections.

Command: see ``cases.py``; needs ``apache-airflow`` and ``apache-airflow-providers-snowflake``.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from pathlib import Path

from cases import Place, main

_CASES = ("airflow_hook", "airflow_jobs", "airflow_operators", "airflow_sql_api")


def prepare(place: Place) -> None:
    """Connections, a schema of the cases' own, and the cases: Airflow reads its environment when it is imported."""
    home = Path(sys.argv[sys.argv.index("--home") + 1])
    os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp())
    os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
    # So does aiohttp.
    os.environ["SSL_CERT_FILE"] = str(home / "tls" / "ca-bundle.pem")
    importlib.import_module("airflow_connecting").environment(place, home)
    for name in _CASES:
        importlib.import_module(name)


if __name__ == "__main__":
    main(prepare)
