"""Run the ``snow`` command of this Python's environment as a person would, and read what it prints."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from cases import Place

SNOW = Path(sys.executable).with_name("snow")
_CONFIG = """
default_connection_name = "emulator"
[connections.emulator]
account = "LOCAL"
user = "ADMIN"
password = "{password}"
host = "{host}"
port = {port}
protocol = "http"
database = "EMULATOR"
schema = "CLI"
warehouse = "COMPUTE_WH"
role = "ACCOUNTADMIN"
[cli.logs]
save_logs = false
[cli.features]
enable_spcs_log_streaming = true
"""


def snow(place: Place, *words: str, fails: bool = False, seconds: float = 300) -> str:
    """The output of ``snow WORDS``; its own configuration, whatever the person has.

    Raises:
        AssertionError: It failed, or did not although ``fails``.
    """
    config = place.directory / "config.toml"
    config.write_text(_CONFIG.format(password=place.password, host=place.host, port=place.port))
    config.chmod(0o600)
    ran = subprocess.run(
        [SNOW, "--config-file", config, *words], capture_output=True, text=True, timeout=seconds, check=False,
        cwd=place.directory,
    )  # fmt: skip
    if (ran.returncode != 0) != fails:
        raise AssertionError(f"snow {' '.join(words)}: {ran.returncode}\n{ran.stdout[-1500:]}\n{ran.stderr[-1500:]}")
    return ran.stdout + (ran.stderr if fails else "")


def read(place: Place, *words: str) -> Any:
    """What ``snow WORDS --format json`` prints."""
    return json.loads(snow(place, *words, "--format", "json"))
