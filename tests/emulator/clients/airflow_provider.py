"""Airflow's own Snowflake provider: hooks, operators, sensors, over TLS from ordinary connections.

Command: see ``cases.py``; needs ``apache-airflow`` and ``apache-airflow-providers-snowflake``.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("AIRFLOW_HOME", tempfile.mkdtemp())
os.environ.setdefault("AIRFLOW__LOGGING__LOGGING_LEVEL", "ERROR")
_HOME = Path(sys.argv[sys.argv.index("--home") + 1])
# aiohttp looks at it when it is imported.
os.environ["SSL_CERT_FILE"] = str(_HOME / "tls" / "ca-bundle.pem")

import airflow_hook  # noqa: F401 registers its cases
import airflow_jobs  # noqa: F401 registers its cases
import airflow_operators  # noqa: F401 registers its cases
import airflow_sql_api  # noqa: F401 registers its cases
from airflow_connecting import environment
from cases import Place, main


def prepare(place: Place) -> None:
    """Connections and a schema of the cases' own."""
    environment(place, _HOME)


if __name__ == "__main__":
    main(prepare)
