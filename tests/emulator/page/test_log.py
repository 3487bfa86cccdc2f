"""A container's log on the job's page: whole lines, in order, from a byte on or before it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import requests

from airflow_provider_spcs.emulator.page import log_window

Get = Callable[..., requests.Response]
LOG = "/jobs/EMULATOR.LOOKED_AT.FAILED_JOB/log"


def _stored(path: Path, count: int, text: str = "line") -> list[str]:
    lines = [f"2026-01-02T03:04:05.{number:09d}Z stdout {text} {number}" for number in range(count)]
    path.write_text("\n".join(lines) + "\n")
    return [f"{text} {number}" for number in range(count)]


def test_log_of_an_ended_container_comes_once_and_ends(get: Get) -> None:
    """Following from the first byte gives every line, then says that there will be no more."""
    found = get(LOG, after="0").json()
    assert [line["text"] for line in found["lines"]] == ["before <b>bold</b>", "100%", "Traceback: it broke"]
    assert found["lines"][2]["stream"] == "stderr"
    assert found["ended"] is True
    assert get(LOG, after=str(found["next"])).json()["lines"] == []


def test_log_of_a_running_container_does_not_end(get: Get) -> None:
    """A page goes on asking."""
    assert get("/jobs/EMULATOR.LOOKED_AT.SLEEPER/log", after="0").json()["ended"] is False


def test_log_as_a_file_is_a_download(get: Get) -> None:
    """The whole log, never shown as a page."""
    reply = get(f"{LOG}/file")
    assert reply.headers["Content-Disposition"].startswith("attachment")
    assert "Traceback: it broke" in reply.text


def test_log_of_an_unknown_container_is_404(get: Get) -> None:
    """And not somebody else's."""
    assert get(LOG, container="no").status_code == 404


def test_window_forwards_over_a_long_log_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Each window begins where the last one ended."""
    path = tmp_path / "log"
    wanted = _stored(path, 10_000)
    found: list[str] = []
    at = 0
    while (window := log_window.after(path, at, finished=True)).lines:
        found += [line.text for line in window.lines]
        at = window.next
    assert found == wanted


def test_window_backwards_over_a_long_log_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """The same from its end to its begin."""
    path = tmp_path / "log"
    wanted = _stored(path, 10_000)
    found: list[str] = []
    window = log_window.before(path, 2**62)
    found = [line.text for line in window.lines]
    while window.first:
        window = log_window.before(path, window.first)
        found = [line.text for line in window.lines] + found
    assert found == wanted


def test_window_at_half_a_line_waits_for_its_end(tmp_path: Path) -> None:
    """A line that is being written is not shown twice."""
    path = tmp_path / "log"
    path.write_text("2026-01-02T03:04:05.000000000Z stdout half")
    assert log_window.after(path, 0, finished=False) == log_window.Window([], 0, 0, path.stat().st_size)
    assert [line.text for line in log_window.after(path, 0, finished=True).lines] == ["half"]


def test_window_on_a_line_longer_than_itself_goes_on(tmp_path: Path) -> None:
    """A line of a megabyte is cut and does not stop the log."""
    path = tmp_path / "log"
    path.write_text(
        f"2026-01-02T03:04:05.000000000Z stdout {'x' * 2**20}\n2026-01-02T03:04:06.000000000Z stdout last\n"
    )
    at, texts = 0, []
    while (window := log_window.after(path, at, finished=True)).lines:
        texts += [line.text for line in window.lines]
        at = window.next
    assert texts[-1] == "last"
    assert max(map(len, texts)) < log_window.LONGEST_LINE + 100


def test_window_on_binary_noise_is_text(tmp_path: Path) -> None:
    """Bytes that are no text, and control characters, become marks."""
    path = tmp_path / "log"
    path.write_bytes(b"2026-01-02T03:04:05.000000000Z stdout \xff\x00\x07\x1b[1mx\n")
    assert log_window.after(path, 0, finished=True).lines[0].text == "\ufffd\ufffd\ufffdx"
