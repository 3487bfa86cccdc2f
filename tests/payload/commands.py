"""Run a command of the payload as a container does: a process of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PAYLOAD = Path(__file__).resolve().parents[2] / "payload"


def run_command(
    script: str, *arguments: str, environment: Mapping[str, str], timeout: float, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Its end, whatever the exit code, with what it wrote."""
    return subprocess.run(
        [sys.executable, str(PAYLOAD / script), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=cwd,
        env=environment,
    )
