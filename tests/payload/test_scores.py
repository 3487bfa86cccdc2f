"""Metrics that are counted in constant memory, against those of whole arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scores import Scoreboard


def _rows(rows: int, seed: int = 0, scale: float = 1.0) -> tuple[Any, Any]:
    generator = np.random.default_rng(seed)
    probabilities = (scale * generator.beta(1.2, 6, rows)).astype(np.float32)
    return (generator.random(rows) < probabilities).astype(np.float32), probabilities


@pytest.mark.parametrize("scale", [1.0, 0.001], ids=["common", "rare"])
def test_scoreboard_metrics_are_those_of_scikit_learn(scale: float) -> None:
    """Also where the label is one row in five thousand."""
    from sklearn import metrics

    labels, probabilities = _rows(300_000, scale=scale)
    board = Scoreboard()
    for start in range(0, 300_000, 70_001):
        board.add(labels[start : start + 70_001], probabilities[start : start + 70_001])
    found = board.metrics(None)
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(labels, probabilities), abs=2e-6)
    assert found["log_loss"] == pytest.approx(metrics.log_loss(labels, probabilities.astype(float)), rel=1e-6)
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(labels, probabilities), rel=1e-6)
    assert found["accuracy"] == metrics.accuracy_score(labels, probabilities >= 0.5)
    assert found["label_rate"] == labels.mean(dtype=float)


def test_scoreboard_interval_covers_the_true_auc_as_often_as_it_says() -> None:
    """Of 200 samples about 95 % have an interval around the AUC of a very large one."""
    from sklearn import metrics

    truth = metrics.roc_auc_score(*_rows(500_000, seed=99))
    covered = 0
    for seed in range(200):
        board = Scoreboard(14)
        board.add(*_rows(3000, seed=seed))
        found = board.metrics(None)
        covered += bool(found["auc_low"] <= truth <= found["auc_high"])
    # Three standard deviations of a binomial draw around 190.
    assert 180 <= covered <= 199


def test_scoreboard_of_halves_adds_to_the_whole() -> None:
    """The order and the batches do not matter."""
    labels, probabilities = _rows(10_000)
    whole, halves = Scoreboard(), Scoreboard()
    whole.add(labels, probabilities)
    halves.add(labels[5000:], probabilities[5000:])
    halves.add(labels[:5000], probabilities[:5000])
    assert halves.metrics(0.9) == pytest.approx(whole.metrics(0.9), rel=1e-12)


def test_scoreboard_counts_the_ends_of_the_scale() -> None:
    """0 and 1 are probabilities, and equal ones count half."""
    board = Scoreboard()
    board.add(np.array([0, 1, 0, 1], np.float32), np.array([0, 1, 0.5, 0.5], np.float32))
    assert board.metrics(None)["auc"] == 0.875


def test_calibration_of_true_probabilities_lies_on_the_diagonal() -> None:
    """Twenty groups of as many rows, each as often positive as predicted."""
    board = Scoreboard()
    board.add(*_rows(400_000))
    groups = board.calibration()
    assert len(groups) == 20
    assert sum(group["rows"] for group in groups) == 400_000
    for group in groups:
        assert group["actual"] == pytest.approx(group["predicted"], abs=0.012)
    assert board.calibration_error() < 0.004
