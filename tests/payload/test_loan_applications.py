"""The generated table's signal: its formula, and the constants derived from it."""

from __future__ import annotations

import numpy as np
import pytest
from ceiling import best_achievable_auc, draw, true_probability
from loan_applications import BEST_ACHIEVABLE_AUC, COLUMNS, LABEL_RATE, PURPOSES, create, insert


@pytest.fixture(scope="module")
def probability() -> np.ndarray:
    """True probabilities of a million applicants."""
    return true_probability(draw(1_000_000, np.random.default_rng(7)))


def test_best_achievable_auc_from_formula_is_the_documented_constant(probability: np.ndarray) -> None:
    """The constant follows from the formula; a million rows leave an uncertainty of about 0.0002."""
    assert best_achievable_auc(probability) == pytest.approx(BEST_ACHIEVABLE_AUC, abs=5e-4)


def test_label_rate_from_formula_is_the_documented_constant(probability: np.ndarray) -> None:
    """About 15 % of the applicants default."""
    assert probability.mean() == pytest.approx(LABEL_RATE, abs=5e-4)


def test_best_achievable_auc_of_few_rows_equals_the_sum_over_all_pairs() -> None:
    """The sorted formula is the definition: order-weighted pairs over all pairs."""
    p = np.array([0.1, 0.7, 0.4, 0.9])
    pairs = [(a, b) for a in p for b in p]
    expected = sum(a * (1 - b) for a, b in pairs if b < a) / sum(a * (1 - b) for a, b in pairs)
    assert best_achievable_auc(p) == pytest.approx(expected)


def test_true_probability_rises_with_debt_only_where_the_purpose_says_so() -> None:
    """The interaction of purpose and debt is in the formula: a model without it cannot reach the ceiling."""
    base = {name: np.array([value] * 2, dtype=float) for name, value in {
        "AGE": 40, "INCOME": 65000, "CREDIT_SCORE": 700, "EMPLOYMENT_LENGTH": 5, "LOAN_AMOUNT": 25000,
        "NUMBER_OF_CREDIT_LINES": 5, "PREVIOUS_DEFAULTS": 0}.items()}  # fmt: skip
    base["DEBT_TO_INCOME"] = np.array([35.0, 45.0])
    rise = {}
    for purpose in PURPOSES:
        low, high = true_probability({**base, "LOAN_PURPOSE": np.array([purpose] * 2)})
        rise[purpose] = np.log(high / (1 - high)) - np.log(low / (1 - low))
    for purpose, (_, slope) in PURPOSES.items():
        assert rise[purpose] == pytest.approx(0.45 + slope)


def test_create_with_a_quote_in_the_comment_keeps_it_inside_the_literal() -> None:
    """A comment cannot end its literal early."""
    assert create('"T"', r"it's \ done").endswith(r"COMMENT = 'it''s \\ done'")


def test_insert_names_every_column_of_the_table() -> None:
    """The statement fills all columns, in the table's order."""
    assert insert('"T"', 1, 10, 0).strip().startswith(f'INSERT INTO "T" ({", ".join(COLUMNS)})')
