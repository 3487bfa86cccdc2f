"""Public endpoints of services: a port on the host's loopback for each, which leads to any instance that listens.

Snowflake's ingress asks for a login; this one does not, as only users of this machine reach it.
"""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.runner.launcher import doors, egress
from airflow_provider_spcs.emulator.services import neighbours
from airflow_provider_spcs.emulator.services.job import Job

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account

HOST = "127.0.0.1"


class Ingress:
    """The open ports.

    Args:
        account: Whose services they lead to.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._open: dict[str, list[socket.socket]] = {}

    def open(self, job: Job, before: dict[str, int] | None = None) -> dict[str, int]:
        """Listen for a service's public endpoints.

        Args:
            job: The service.
            before: The ports it had; they are kept where they are free.

        Returns:
            Port of the host by the endpoint's name.
        """
        directory = str(neighbours.doors(self._account, job))
        found: dict[str, int] = {}
        for endpoint in job.spec.endpoints:
            if not endpoint.public or endpoint.port is None or job.service is None:
                continue
            listener = _listen((before or {}).get(endpoint.name, 0))
            doors.enter(listener, directory, None, endpoint.port)
            self._open.setdefault(job.id, []).append(listener)
            found[endpoint.name] = listener.getsockname()[1]
        return found

    def close(self, job_id: str) -> None:
        """Stop listening for a service."""
        for listener in self._open.pop(job_id, []):
            egress.stop(listener)

    def close_all(self) -> None:
        """Stop listening for all."""
        for job_id in list(self._open):
            self.close(job_id)


def _listen(port: int) -> socket.socket:
    with contextlib.suppress(OSError):
        return socket.create_server((HOST, port), backlog=128)
    return socket.create_server((HOST, 0), backlog=128)
