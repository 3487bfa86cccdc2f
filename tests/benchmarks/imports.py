"""What importing an operator adds to ``airflow.sdk``, beside the first-party one and KubernetesPodOperator.

By hand: ``python tests/benchmarks/imports.py``; the least of several runs, each in an interpreter of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from importlib.util import find_spec

_BASE = "from airflow.sdk import DAG"
_RIVALS = {
    "airflow.sdk alone": "",
    "SpcsJobOperator": "from airflow_provider_spcs import SpcsJobOperator",
    "SnowparkContainerJobOperator": (
        "from airflow.providers.snowflake.operators.snowpark_containers import SnowparkContainerJobOperator"
    ),
    "KubernetesPodOperator": "from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator",
}
_MEASURE = """
import json, resource, time
{base}
before, begun = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
{rival}
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
import sys
heavy = sorted({{"snowflake.connector", "pandas", "kubernetes", "yaml"}} & set(sys.modules))
print(json.dumps([time.process_time() - begun, (after - before) / 1024, heavy]))
"""


def measure(rival: str, rounds: int) -> tuple[float, float, list[str]]:
    """CPU milliseconds and megabytes over the base, the least of the rounds, and what heavy modules it brought."""
    code = _MEASURE.format(base=_BASE, rival=rival)
    results = []
    for _ in range(rounds):
        printed = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout
        results.append(json.loads(printed.splitlines()[-1]))
    return min(result[0] for result in results) * 1000, min(result[1] for result in results), results[0][2]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    print(f"| import, over `{_BASE}` | CPU ms | memory MB | heavy modules |\n|---|---|---|---|")
    for name, rival in _RIVALS.items():
        if "kubernetes" in rival and not _installed("airflow.providers.cncf.kubernetes"):
            print(f"| {name} | not installed | | |")
            continue
        milliseconds, megabytes, heavy = measure(rival, rounds)
        print(f"| {name} | {milliseconds:.0f} | {megabytes:.1f} | {', '.join(heavy) or 'none'} |")


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


if __name__ == "__main__":
    main()
