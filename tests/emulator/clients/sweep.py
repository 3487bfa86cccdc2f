"""Run every client's cases, each client in an environment of its own, and print how many of them passed.

``python tests/emulator/clients/sweep.py [--environments DIR] [NAME ...]``, in an environment with the emulator and
with ``uv`` on the path; environments that are not in DIR yet are made there. With names, only those clients run. The
exit code is 0 when every case passed.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_SERVE = "import sys; from pathlib import Path; from airflow_provider_spcs.emulator.server import serve; "
_SERVE += "serve(Path(sys.argv[1]))"
_TALLY = re.compile(r"(\d+) of (\d+) cases passed, (\d+) not for this version")


@dataclass(frozen=True)
class Client:
    """A client to try.

    Args:
        name: What the table calls it.
        script: The file of its cases.
        requirements: What its environment holds; the first is the client itself, pinned.
        overrides: Pins of the client's own that would keep it from being installed beside a current index.
    """

    name: str
    script: str
    requirements: tuple[str, ...]
    overrides: tuple[str, ...] = ()

    @property
    def version(self) -> str:
        """The client's."""
        return self.requirements[0].partition("==")[2]


CLIENTS = [
    *(
        Client(f"connector-{version.partition('.')[0]}", "connector.py",
               (f"snowflake-connector-python[pandas]=={version}", "aiohttp"))
        for version in ("3.17.4", "4.8.1", "5.2.0")
    ),
    Client("snowpark", "snowpark.py", ("snowflake-snowpark-python[pandas]==1.56.0",)),
    Client("ml", "ml.py", ("snowflake-ml-python==2.6.0", "xgboost>=3.1", "scikit-learn>=1.5")),
    Client("sqlalchemy", "sqlalchemy_client.py", ("snowflake-sqlalchemy==2.1.0", "pandas", "pyarrow")),
    Client("core", "core.py", ("snowflake-core==1.14.0",)),
    Client("airflow", "airflow_provider.py",
           ("apache-airflow-providers-snowflake==6.20.0", "apache-airflow==3.3.2", "polars", "aiohttp")),
    # From 1.12 on dbt-core builds a part of itself from a file that is on no package index.
    Client("dbt", "dbt_client.py", ("dbt-snowflake==1.12.4", "dbt-core<1.12")),
    # The command line pins what is newer than some indexes have.
    Client("snow", "snow_cli.py", ("snowflake-cli==3.31.0",), ("pip", "certifi")),
]  # fmt: skip


def _python(client: Client, environments: Path) -> Path:
    """The Python of the client's environment, which is made if need be."""
    place = environments / f"{client.name}-{client.version}"
    python = place / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "-q", "-p", sys.executable, place], check=True)
        overrides = environments / f"{place.name}-overrides.txt"
        overrides.write_text("\n".join(client.overrides))
        install = ["uv", "pip", "install", "--no-config", "-qp", python, "--override", overrides, *client.requirements]
        subprocess.run(install, check=True)
    return python


@contextlib.contextmanager
def _emulator() -> Iterator[tuple[Path, str]]:
    """A running one: its home and its port."""
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory, "home")
        with subprocess.Popen([sys.executable, "-c", _SERVE, home], stdout=subprocess.PIPE, text=True) as process:
            try:
                assert process.stdout is not None
                yield home, process.stdout.readline().strip().rpartition(":")[2]
            finally:
                process.terminate()


def _tally(client: Client, python: Path, home: Path, port: str) -> tuple[int, int]:
    """Cases tried and passed; prints what failed."""
    command = [python, _HERE / client.script, "--home", home, "--port", port]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found = _TALLY.search(ran.stdout)
    failed = [line for line in ran.stdout.splitlines() if line.startswith("FAILED")]
    sys.stderr.write("\n".join(failed if found else [ran.stdout, ran.stderr]) + "\n" if failed or not found else "")
    return (int(found[2]), int(found[1])) if found else (0, 0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--environments", type=Path, default=Path(tempfile.gettempdir(), "snowflake-clients"))
    parser.add_argument("names", nargs="*", help=f"of {', '.join(client.name for client in CLIENTS)}")
    given = parser.parse_args()
    given.environments.mkdir(parents=True, exist_ok=True)
    good = True
    sys.stdout.write(f"{'client':<14}{'version':>10}{'cases tried':>13}{'passed':>8}\n")
    with _emulator() as (home, port):
        for client in CLIENTS:
            if given.names and client.name not in given.names:
                continue
            tried, passed = _tally(client, _python(client, given.environments), home, port)
            good = good and tried == passed > 0
            sys.stdout.write(f"{client.name:<14}{client.version:>10}{tried:>13}{passed:>8}\n")
            sys.stdout.flush()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
