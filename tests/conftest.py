"""What holds for every test process, and the order of the tests."""

from __future__ import annotations

import gc
import logging
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import distribution

# Before anything heavy is imported, and for every process that a test starts:
# threads of numerical libraries spin while they wait for each other, so that tests side by side on few cores crawl;
os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
# a hundred interpreters are started, and each would compile all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# the connector would ask six addresses of clouds, at each connection, whether this is one of their machines;
os.environ["SNOWFLAKE_DISABLE_PLATFORM_DETECTION"] = "true"
# a client reads all authorities that it trusts, a hundred and more, at each connection; no test leaves this machine but
# those of a live account, so one is trusted alone, whose key nobody has.
if os.environ.get("SPCS_LIVE") != "1":
    _AUTHORITY = str(Path(__file__).with_name("authority.pem"))
    os.environ.update(dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"), _AUTHORITY))

# A slow machine is no failure, and the same examples each time: what a change breaks is what its own run shows.
hypothesis.settings.register_profile(
    "tests",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("tests")


@pytest.fixture(scope="session", autouse=True)
def temporary_files_end_with_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Libraries leave some of theirs behind."""
    tmp_path_factory.getbasetemp()  # Lies where it would without this.
    with (
        tempfile.TemporaryDirectory(prefix="spcs-", ignore_cleanup_errors=True) as own,
        pytest.MonkeyPatch.context() as to,
    ):
        Path(own).chmod(0o711)  # Some tests are other users' as well.
        to.setenv("TMPDIR", own)
        to.setattr(tempfile, "tempdir", own)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long units first, the rest as it was."""
    items.sort(key=distribution.rank)


def pytest_collection_finish() -> None:
    """Leave what the imports made out of each later search for garbage."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Let libraries that say good-bye at exit find the tests' streams closed, without a word."""
    logging.raiseExceptions = False
    gc.unfreeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> distribution.Distribution:
    """Give the processes of pytest-xdist whole units."""
    return distribution.Distribution(config, log)
