"""The account's pages in a real Chromium, where one is installed: ``pytest -m slow tests/emulator/page``."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_spcs.emulator import RunningAccount

webdriver = pytest.importorskip("selenium.webdriver")
CHROMIUM, DRIVER = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("chromedriver")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="no Chromium with its driver on this machine"),
]
Open = Callable[..., Any]
JOB = "/jobs/EMULATOR.LOOKED_AT"
PAGES = [
    "/", "/pools", "/jobs", "/services", "/stages", "/models", "/events", "/queries", f"{JOB}.FAILED_JOB",
    f"{JOB}.SLEEPER", "/stages/EMULATOR.LOOKED_AT.FILES?path=out", "/models/EMULATOR.LOOKED_AT.PREDICTOR",
]  # fmt: skip
DEADLINE = 120


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One headless Chromium that keeps its console's messages."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "no-first-run"):
        options.add_argument(f"--{flag}")
    options.add_argument("--disable-background-networking")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    made = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield made
    made.quit()


@pytest.fixture
def visit(account: RunningAccount, cursor: Any, browser: Any) -> Open:
    """``visit(path, width=1280)``: the browser on a page."""

    def open_page(path: str, width: int = 1280) -> Any:
        browser.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        browser.get(account.url + path)
        return browser

    return open_page


def _until(browser: Any, script: str) -> None:
    """Wait until a script of the page gives something true."""
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, DEADLINE, 0.2).until(lambda driver: driver.execute_script(f"return {script}"))


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", PAGES)
def test_page_at_any_width_fits_and_logs_no_error(visit: Open, staged: Path, path: str, width: int) -> None:
    """Nothing sticks out to the side; the console is silent, so nothing was blocked or broke; no hostile text ran."""
    browser = visit(path, width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert [message for message in browser.get_log("browser") if message["level"] != "INFO"] == []
    assert "run" not in browser.title


@pytest.mark.parametrize("path", PAGES)
def test_page_in_both_schemes_is_readable(visit: Open, staged: Path, path: str) -> None:
    """Text has a contrast of at least 4.5 to 1 against the page, light and dark."""
    script = """
      const parts = (c) => c.match(/[\\d.]+/g).slice(0, 3).map((v) => {
        v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; });
      const light = (c) => { const [r, g, b] = parts(c); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
      const behind = (node) => {
        for (; node; node = node.parentElement) {
          const color = getComputedStyle(node).backgroundColor;
          if (!color.startsWith("rgba(0, 0, 0, 0")) return color;
        }
        return "rgb(255, 255, 255)";
      };
      const bad = [];
      for (const node of document.querySelectorAll("a, p, th, td, small, span, h1, h2, li, dt, dd, time, b")) {
        if (!node.textContent.trim() || !node.checkVisibility() || node.className === "skip") continue;
        const [one, two] = [light(getComputedStyle(node).color), light(behind(node))].sort().reverse();
        if ((one + 0.05) / (two + 0.05) < 4.5) bad.push(node.outerHTML.slice(0, 120));
      }
      return bad;
    """
    browser = visit(path)
    for scheme in ("light", "dark"):
        browser.execute_cdp_cmd(
            "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        )
        assert browser.execute_script(script) == []


def test_log_of_a_running_job_grows_on_the_open_page(
    visit: Open, submit: Callable[..., None], account: RunningAccount
) -> None:
    """New lines come by themselves, escaped, and the page follows them to its end; then the job's status changes."""
    with contextlib.closing(account.account.session(database="EMULATOR", schema="LOOKED_AT")) as session:
        gate = account.account.stages.path(session, "@FILES/gate")
    gate.mkdir(parents=True, exist_ok=True)
    code = (
        "import pathlib, time\nfor i in range(200): print('before', i, flush=True)\n"
        "while not pathlib.Path('/gate/open').exists(): time.sleep(0.1)\n"
        "print('<b>after</b>', flush=True)"
    )
    volumes = [{"name": "gate", "source": "@FILES/gate"}]
    submit("GATED", code, volumes, volumeMounts=[{"name": "gate", "mountPath": "/gate"}])
    browser = visit(f"{JOB}.GATED")
    _until(browser, "document.querySelector('.log').textContent.includes('before 199')")
    (gate / "open").touch()
    _until(browser, "document.querySelector('.log').textContent.includes('<b>after</b>')")
    _until(browser, "document.querySelector('.log').dataset.ended === 'yes'")
    _until(browser, "document.querySelector('.summary').textContent.includes('DONE')")
    lines = "[...document.querySelectorAll('.log div')].map((line) => line.textContent.slice(9))"
    texts = browser.execute_script(f"return {lines}")
    assert texts == [*(f"before {number}" for number in range(200)), "<b>after</b>"]
    below = "const log = document.querySelector('.log'); return log.scrollHeight - log.scrollTop - log.clientHeight"
    assert browser.execute_script(below) < 2


def test_report_of_a_stage_runs_no_script(visit: Open, staged: Path) -> None:
    """A page that a job wrote is looked at in a sandbox."""
    browser = visit("/stages/EMULATOR.LOOKED_AT.FILES/file?path=out/report.html&show=1")
    assert browser.title == ""
    assert "Report" in browser.page_source
