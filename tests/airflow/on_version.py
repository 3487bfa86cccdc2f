"""These tests on another Airflow than the installed one, in an environment of its own.

By hand: ``python -m tests.airflow.on_version 3.1.8`` (the oldest line that is supported; its first releases do not
start with the libraries of today), with ``--python`` for another interpreter and ``--home`` to keep the environment.
Whatever follows ``--`` goes to pytest.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: The floor of the Snowflake provider in pyproject.toml goes with an old Airflow.
OLD = "apache-airflow-providers-snowflake==6.17.*"
#: What the tests need.
BESIDE = ("pytest>=9", "pytest-xdist>=3.8", "hypothesis>=6.112", "httpx>=0.27", "pandas>=2.2")


def environment(home: Path, python: str, airflow: str) -> Path:
    """An environment with this Airflow and the package as it is here; its interpreter."""
    inside = home / "bin" / "python"
    if not inside.exists():
        subprocess.run([python, "-m", "venv", home], check=True)
        subprocess.run([inside, "-m", "pip", "install", "-q", "uv"], check=True)
    wanted = [f"apache-airflow=={airflow}", "-e", f"{ROOT}[emulator]", *BESIDE]
    if airflow.startswith("3.1"):
        wanted.append(OLD)
    subprocess.run([inside, "-m", "uv", "pip", "install", "-q", "-p", inside, *wanted], check=True)
    return inside


def main(arguments: list[str]) -> int:
    """Make the environment and run the tests; pytest's answer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("airflow", help="for example 3.1.8")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--home", type=Path)
    # Not left to argparse: it takes no positional words after an option.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    given = parser.parse_args(arguments[:end])
    home = given.home or Path(tempfile.mkdtemp(prefix=f"airflow-{given.airflow}-"))
    inside = environment(home, given.python, given.airflow)
    # The code of here also where the environment was made for another checkout.
    command = [
        inside,
        "-m",
        "pytest",
        "-p",
        "no:cacheprovider",
        *(arguments[end + 1 :] or ["-n", "2", "tests/airflow"]),
    ]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
