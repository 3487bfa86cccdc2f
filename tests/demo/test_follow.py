"""What of a task's log the demo shows."""

from __future__ import annotations

import pytest

from airflow_provider_spcs.demo.follow import worth_showing


@pytest.mark.parametrize(
    ("record", "shown"),
    [
        ({"level": "info", "logger": "airflow_provider_spcs.operators", "event": "x"}, True),
        ({"level": "info", "logger": "airflow.dag_processing", "event": "x"}, False),
        ({"level": "error", "logger": "task", "event": "x"}, True),
        ({"event": "::group::Pre Execute"}, False),
    ],
    ids=["ours", "airflows_own", "an_error", "a_group"],
)
def test_worth_showing_keeps_the_jobs_lines_and_every_warning(record: dict[str, str], shown: bool) -> None:
    """Airflow's own INFO chatter is left out."""
    assert worth_showing(record) is shown
