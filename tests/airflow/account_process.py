"""An emulated account in a process of its own, to be killed and restarted; takes faults as lines of JSON on stdin.

Run as ``python account_process.py HOME PORT``; prints one line of JSON when it accepts connections.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from airflow_provider_spcs.emulator import start


def main(home: Path, port: int) -> None:
    """Serve until stdin ends."""
    with start(home, port) as account:
        ready = {"url": account.url, "airflow_uri": account.airflow_uri, "environment": account.environment}
        print(json.dumps(ready), flush=True)
        for line in sys.stdin:
            account.faults.load([json.loads(line)])


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
