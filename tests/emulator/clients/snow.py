"""Run the ``snow`` command as a person would, and read what it prints."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

from cases import Place
from snow_process import snow_process

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


@contextlib.contextmanager
def running(place: Place, *words: str, text: str = "") -> Iterator[tuple[ForkProcess, Path, Path]]:
    """``snow WORDS`` with a configuration of its own, whatever the person has; see :func:`snow_process`."""
    config = place.directory / "config.toml"
    config.write_text(_CONFIG.format(password=place.password, host=place.host, port=place.port))
    config.chmod(0o600)
    with snow_process(place.directory, ["--config-file", str(config), *words], text) as started:
        yield started


def snow(place: Place, *words: str, text: str = "", fails: bool = False, seconds: float = 300) -> str:
    """The output of ``snow WORDS``, with ``text`` as its input.

    Raises:
        AssertionError: It failed, or did not although ``fails``.
    """
    with running(place, *words, text=text) as (process, out, errors):
        process.join(seconds)
        printed, said = out.read_text(), errors.read_text()
        if process.exitcode is None or (process.exitcode != 0) != fails:
            raise AssertionError(f"snow {' '.join(words)}: {process.exitcode}\n{printed[-1500:]}\n{said[-1500:]}")
    return printed + (said if fails else "")


def read(place: Place, *words: str) -> Any:
    """What ``snow WORDS --format json`` prints."""
    return json.loads(snow(place, *words, "--format", "json"))
