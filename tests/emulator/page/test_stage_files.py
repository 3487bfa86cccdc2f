"""Stages on the page: folders, files to keep and to look at, and nothing outside of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from airflow_provider_spcs.emulator import RunningAccount

Get = Callable[..., requests.Response]
STAGE = "/stages/EMULATOR.LOOKED_AT.FILES"


def test_folder_of_a_stage_lists_files_and_leaves_out_links(get: Get, staged: Path) -> None:
    """A link may lead anywhere, so it is not even named."""
    assert "out/" in get(STAGE).text
    text = get(STAGE, path="out").text
    assert "data.bin" in text
    assert "link.txt" not in text


def test_file_of_a_stage_is_a_download(get: Get, staged: Path) -> None:
    """The bytes, as a file to keep."""
    reply = get(f"{STAGE}/file", path="out/data.bin")
    assert reply.content == b"\x00\x01"
    assert reply.headers["Content-Disposition"].startswith("attachment")


def test_report_of_a_stage_is_shown_in_a_sandbox(get: Get, staged: Path) -> None:
    """A page that a job wrote is looked at, and its script does not run."""
    reply = get(f"{STAGE}/file", path="out/report.html", show="1")
    assert reply.headers["Content-Type"].startswith("text/html")
    assert reply.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert "Content-Disposition" not in reply.headers


@pytest.mark.parametrize(
    "path",
    [
        "out/link.txt",
        "../../admin-password",
        "out/../../../../admin-password",
        "/etc/passwd",
        "out",
        "",
        "out/%00",
        "\0",
    ],
)
def test_file_outside_of_a_stage_is_not_found(account: RunningAccount, get: Get, staged: Path, path: str) -> None:
    """Neither a link nor two dots lead out."""
    reply = get(f"{STAGE}/file", path=path)
    assert reply.status_code == 404
    assert account.account.credentials.admin_password not in reply.text
