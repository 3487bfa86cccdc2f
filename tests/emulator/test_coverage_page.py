"""The page that says what is emulated, refused, or answered otherwise."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from airflow_provider_spcs.emulator import coverage, registry
from airflow_provider_spcs.emulator.engine.session import Session
from airflow_provider_spcs.emulator.errors import COVERAGE_PAGE, SnowflakeError

ROOT = Path(__file__).parents[2]


def test_coverage_page_is_what_the_code_says() -> None:
    """The page is made anew whenever a statement, a function or an endpoint changes."""
    made = subprocess.run(
        [sys.executable, "-m", "airflow_provider_spcs.emulator.coverage"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (ROOT / COVERAGE_PAGE).read_text() == made.stdout, (
        f"run: python -m airflow_provider_spcs.emulator.coverage > {COVERAGE_PAGE}"
    )


def test_every_command_says_what_it_does() -> None:
    """A handler without docstring would be an empty cell."""
    registry.load()
    tables = (registry.COMMANDS, registry.SCALARS, registry.TABLES, registry.METHODS)
    silent = [name for table in tables for name, handler in table.items() if not handler.__doc__]
    assert silent == []
    assert len(coverage.page().splitlines()) > 150


@pytest.mark.parametrize("statement", ["foo bar", "create task t as select 1", "undrop schema t"])
def test_statement_that_is_not_known_names_the_page(session: Session, statement: str) -> None:
    """Whoever meets a limit is told where the limits are listed."""
    with pytest.raises(SnowflakeError, match=r"COVERAGE\.md"):
        session.execute(statement)
