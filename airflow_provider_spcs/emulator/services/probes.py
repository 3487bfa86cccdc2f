"""Readiness and liveness probes: has a container's HTTP port asked until it answers, or until it does not."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from airflow_provider_spcs.emulator.services.spec.model import Probe

# A period of seconds would make every wait for a ready container long, so the probe asks more often than it must.
LONGEST_PAUSE_SECONDS = 0.2
_SCRIPT = Path(__file__).with_name("probe_process.py")


def until_ready(pid: int, address: str, probe: Probe, gone: Callable[[], bool], ready: Callable[[], None]) -> None:
    """Probe until the first good answer or the container's end.

    Args:
        pid: A process of the container, in whose network is asked.
        address: Where the container listens.
        probe: Port, path and period in seconds of real time, as the container's own start is.
        gone: Whether the container has ended.
        ready: Called once, at the first answer with status 200.
    """
    _watch(
        [str(pid), address, str(probe.port), probe.path, str(min(probe.period, LONGEST_PAUSE_SECONDS)), "0"],
        gone,
        ready,
    )


def until_dead(pid: int, address: str, probe: Probe, gone: Callable[[], bool], dead: Callable[[], None]) -> None:
    """Probe, every so many seconds of real time, until too many answers in a row are bad, or the container's end.

    Args:
        pid: A process of the container, in whose network is asked.
        address: Where the container listens.
        probe: Port, path, period and number of failures.
        gone: Whether the container has ended.
        dead: Called once, at the last failure.
    """
    _watch([str(pid), address, str(probe.port), probe.path, str(probe.period), str(probe.failures)], gone, dead)


def _watch(words: list[str], gone: Callable[[], bool], ended: Callable[[], None]) -> None:
    def run() -> None:
        with subprocess.Popen([sys.executable, "-I", str(_SCRIPT), *words]) as process:
            while not gone():
                try:
                    code = process.wait(LONGEST_PAUSE_SECONDS)
                except subprocess.TimeoutExpired:
                    continue
                if code == 0:
                    ended()
                return
            process.kill()

    threading.Thread(target=run, name="spcs-probe", daemon=True).start()
