"""What the account's pages show, and that no text in them runs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from airflow_provider_spcs.emulator import RunningAccount

Get = Callable[..., requests.Response]
JOB = "/jobs/EMULATOR.LOOKED_AT"
PAGES = [
    "/", "/pools", "/jobs", "/services", "/stages", "/models", "/events", "/events?type=LOG", "/queries",
    f"{JOB}.FAILED_JOB", f"{JOB}.GOOD_JOB", f"{JOB}.SLEEPER", "/stages/EMULATOR.LOOKED_AT.FILES",
    "/models/EMULATOR.LOOKED_AT.PREDICTOR",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_page_with_hostile_text_in_the_account_shows_it_as_text(get: Get, staged: Path, path: str) -> None:
    """Names, comments, variables and log lines are escaped; the only script is the site's own."""
    reply = get(path)
    assert reply.status_code == 200, reply.text
    assert re.findall(r"<script[^>]*>", reply.text) == ['<script src="/page/live.js" defer>']
    assert "<b>bold</b>" not in reply.text
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", PAGES)
def test_page_of_an_account_with_secrets_shows_none(account: RunningAccount, get: Get, path: str) -> None:
    """Neither the owner's password nor what a specification or a statement calls a secret."""
    text = get(path).text
    assert account.account.credentials.admin_password not in text
    assert "hunter2" not in text


@pytest.mark.parametrize("path", PAGES)
def test_page_by_its_structure_can_be_heard(get: Get, path: str) -> None:
    """One main heading, a language, a title, and headers in every table."""
    text = get(path).text
    assert text.count("<h1") == 1
    assert '<html lang="en">' in text
    assert re.search(r"<title>\S", text)
    assert text.count("<table>") == text.count("<thead>")
    assert "Skip to content" in text


def test_job_page_of_a_failed_job_says_why(get: Get) -> None:
    """Status, container, message, exit code and the last lines are on one page."""
    text = get(f"{JOB}.FAILED_JOB").text
    assert "User application error, check container logs (exit code 3)" in text
    assert "Traceback: it broke" in text
    assert "Job has failed" in text
    assert "before &lt;b&gt;bold&lt;/b&gt;" in text


def test_job_page_of_a_job_with_stamp_shows_its_task(get: Get) -> None:
    """The comment's parts are facts of the job."""
    text = get(f"{JOB}.FAILED_JOB").text
    assert "<dt>task id</dt><dd>train</dd>" in text


def test_job_page_of_a_dropped_job_still_has_its_end_and_its_log(get: Get) -> None:
    """A good job is dropped by default, and its link is pressed afterwards."""
    text = get(f"{JOB}.DROPPED_JOB").text
    assert '<span class="badge done">DONE</span>' in text
    assert "dropped" in text
    assert "<dt>task id</dt><dd>train</dd>" in text
    assert "Why it ended so" not in text
    assert "kept in the event table" in text
    assert "kept in the event table" in get(f"{JOB}.DROPPED_JOB/log/file").text
    assert get(f"{JOB}.DROPPED_JOB/log").json()["ended"] is True


def test_job_page_of_a_job_that_never_was_is_404(get: Get) -> None:
    """A page for people says so too."""
    reply = get(f"{JOB}.NO_SUCH_JOB")
    assert reply.status_code == 404
    assert "does not exist" in reply.text


def test_job_list_by_status_and_words_shows_what_fits(get: Get) -> None:
    """Both filters hold at once; an underscore is itself and not any character."""
    text = get("/jobs", status="FAILED", q="looked_at.failed_").text
    assert "FAILED_JOB" in text
    assert "GOOD_JOB" not in text
    assert "FAILED_JOB" not in get("/jobs", q="LOOKEDXAT").text


def test_pool_page_of_a_busy_pool_names_who_holds_the_node(get: Get) -> None:
    """The running job is on it, the ended ones are not."""
    text = get("/pools").text
    section = text.partition('id="PAGE_POOL"')[2].partition("</section>")[0]
    assert "SLEEPER" in section
    assert "GOOD_JOB" not in section


def test_model_page_of_two_versions_shows_how_metrics_went(get: Get) -> None:
    """A drawing for each number, and both numbers in the table; nested ones by a dotted name."""
    text = get("/models/EMULATOR.LOOKED_AT.PREDICTOR").text
    assert 'aria-label="auc. V1: 0.75, V2: 0.8"' in text
    assert "nested.loss" in text
    assert text.index(">V2 ") < text.index(">V1 ")
    assert "PREDICTOR" in get("/models").text


def test_query_page_of_the_account_shows_statements(get: Get) -> None:
    """What ran is listed with its outcome."""
    text = get("/queries").text
    assert "create stage FILES" in text
    assert "describe service" in text
