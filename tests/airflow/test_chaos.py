"""A whole Airflow with crashes; minutes long, so only on request: ``pytest -m slow tests/airflow/test_chaos.py``."""

from __future__ import annotations

from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def test_campaign_of_a_few_faults_has_no_violation(tmp_path: Path) -> None:
    """One job for each attempt, success only with a DONE job, nothing left running, every log line once."""
    from tests.airflow import chaos

    assert chaos.main(["--faults", "8", "--seed", "7", "--minutes", "5", "--home", str(tmp_path)]) == 0


def test_every_single_crash_and_stop_ends_as_promised(tmp_path: Path) -> None:
    """Marked, cleared, drained, killed, moved, stopped in bulk."""
    from tests.airflow import scenarios

    assert scenarios.main(["--home", str(tmp_path), "--many", "20"]) == 0
