"""A container's log as the event table has it: all there is once a dropped job's own files are gone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_spcs.emulator.events.table import of_service
from airflow_provider_spcs.emulator.page.log_window import Line, shown

if TYPE_CHECKING:
    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState
    from airflow_provider_spcs.emulator.services.store import JobRow


def lines(account: Account, row: JobRow, instance: InstanceState, container: ContainerState) -> list[Line]:
    """Every line, by time."""
    account.services.telemetry.flush()
    always = (datetime(1, 1, 1), datetime(9999, 1, 1))
    wanted = (str(instance.id), container.name)
    return [
        Line(when.replace(tzinfo=UTC).isoformat(), str(marks.get("log.iostream", "stdout")), shown(_text(value)))
        for when, resource, value, _, marks in of_service(account, row.id, "LOG", *always)
        if (resource.get("snow.service.instance"), resource.get("snow.service.container.name")) == wanted
    ]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
