"""Readiness probes: asks a container's HTTP port until it answers 200."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable

from airflow_provider_spcs.emulator.services.spec.model import Probe

ANSWER_SECONDS = 1.0


def watch(address: str, probe: Probe, gone: Callable[[], bool], ready: Callable[[], None]) -> None:
    """Probe in a thread of its own, which ends with the first good answer or with the container.

    Args:
        address: Where the container listens.
        probe: Port, path and period; the period is real time, as the container's own start is.
        gone: Whether the container has ended.
        ready: Called once, at the first answer with status 200.
    """

    def run() -> None:
        pause = threading.Event()
        while not gone():
            if answers(address, probe):
                ready()
                return
            # A period of seconds would make every test of a ready container wait; the first tries are closer together.
            pause.wait(min(probe.period, 0.2))

    threading.Thread(target=run, name="spcs-probe", daemon=True).start()


def answers(address: str, probe: Probe) -> bool:
    """Whether an HTTP GET of the probe's path is answered with 200 now."""
    connection = http.client.HTTPConnection(address, probe.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", probe.path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
