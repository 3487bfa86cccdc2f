"""One container's log: its next lines for a page that follows it, and the whole file."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import FileResponse, JSONResponse, PlainTextResponse

from airflow_provider_spcs.emulator.errors import SnowflakeError
from airflow_provider_spcs.emulator.page import event_log, log_window, rendering, stored_job

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from airflow_provider_spcs.emulator.account import Account
    from airflow_provider_spcs.emulator.page.log_window import Window
    from airflow_provider_spcs.emulator.services.job import ContainerState, InstanceState
    from airflow_provider_spcs.emulator.services.store import JobRow

_MOST_LINES = 2000


def lines(account: Account, request: Request) -> Response:
    """Lines of a container's log as JSON: the next ones after a byte, or the last ones before it."""
    row = stored_job.asked(account, request)
    instance, container = stored_job.container(row, request)
    ended = container.exit_code is not None
    window = _window(account, row, instance, container, request)
    content = {
        "lines": [asdict(line) for line in window.lines],
        "first": window.first,
        "next": window.next,
        "ended": ended and window.next >= window.size,
    }
    return JSONResponse(content, headers=rendering.HEADERS)


def whole(account: Account, request: Request) -> Response:
    """A container's log as a file; each line with its time and stream."""
    row = stored_job.asked(account, request)
    instance, container = stored_job.container(row, request)
    if container.log_path is None:
        raise SnowflakeError(f"Container '{container.name}' has no log.", 395014, "22023")
    name = f"{row.name.name}-{instance.id}-{container.name}.log"
    if not Path(container.log_path).exists():
        kept = event_log.lines(account, row, instance, container)
        text = "".join(f"{line.time} {line.stream} {line.text}\n" for line in kept)
        headers = {**rendering.HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
        return PlainTextResponse(text, headers=headers)
    return FileResponse(container.log_path, media_type="text/plain", filename=name, headers=rendering.HEADERS)


def last(account: Account, row: JobRow, instance: InstanceState, container: ContainerState) -> Window:
    """The end of a container's log."""
    if container.log_path is None:
        return log_window.Window([], 0, 0, 0)
    path = Path(container.log_path)
    if not path.exists():
        return log_window.Window(event_log.lines(account, row, instance, container)[-_MOST_LINES:], 0, 0, 0)
    first = account.faults.log_starts.get(container.log_path, 0)
    window = log_window.before(path, 2**62, first)
    if container.exit_code is None or window.next == window.size:
        return window
    # The last line of a log that has ended may lack its end.
    rest = log_window.after(path, window.next, finished=True)
    return log_window.Window(window.lines + rest.lines, window.first, rest.next, rest.size)


def _window(
    account: Account, row: JobRow, instance: InstanceState, container: ContainerState, request: Request
) -> Window:
    asked = request.query_params
    if container.log_path is None:
        return log_window.Window([], 0, 0, 0)
    path, floor = Path(container.log_path), account.faults.log_starts.get(container.log_path, 0)
    if "before" in asked:
        return log_window.before(path, _bytes(asked["before"]), floor)
    if "after" in asked:
        return log_window.after(path, max(_bytes(asked["after"]), floor), finished=container.exit_code is not None)
    return last(account, row, instance, container)


def _bytes(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 18 else 0
