"""The best AUC that any model can reach on the generated table, computed from the formula of its true probability.

It needs no labels: ranked by the true probability p, a pair (i, j) is in the right order with weight p_i (1 - p_j), so
the expected AUC is the sum of those weights over all pairs with p_j < p_i, divided by the sum over all pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loan_applications import INTERCEPT, PURPOSES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Generator = np.random.Generator


def draw(rows: int, generator: Generator, *, named: bool = True) -> dict[str, NDArray[Any]]:
    """Applicants as the table has them, drawn by numpy: name of a column to its values, of shape (rows,).

    Args:
        rows: How many.
        generator: Of numpy.
        named: Whether the loan purpose is text, or, which takes a tenth of the time, its place in ``PURPOSES``.
    """
    import numpy as np

    def rounded(mean: float, deviation: float, digits: int = 0) -> Floats:
        return np.round(generator.normal(mean, deviation, rows), digits)

    applicants: dict[str, NDArray[Any]] = {
        "AGE": rounded(40, 10),
        "INCOME": rounded(65000, 20000),
        "CREDIT_SCORE": rounded(680, 50),
        "EMPLOYMENT_LENGTH": rounded(5, 2),
        "LOAN_AMOUNT": rounded(25000, 8000),
        "DEBT_TO_INCOME": rounded(35, 10, 2),
        "NUMBER_OF_CREDIT_LINES": rounded(5, 2),
        "PREVIOUS_DEFAULTS": np.maximum(0, rounded(1, 1)),
        "LOAN_PURPOSE": generator.integers(0, len(PURPOSES), rows),
    }
    if named:
        applicants["LOAN_PURPOSE"] = np.array(list(PURPOSES))[applicants["LOAN_PURPOSE"]]
    return applicants


def true_probability(applicants: dict[str, NDArray[Any]]) -> Floats:
    """The probability of default with which the table's labels are drawn.

    Args:
        applicants: Name of a column to its values, of shape (rows,), as `draw` gives or the table has.
    """
    import numpy as np

    age = (applicants["AGE"] - 40) / 10
    income = (applicants["INCOME"] - 65000) / 20000
    credit = (applicants["CREDIT_SCORE"] - 680) / 50
    employment = (applicants["EMPLOYMENT_LENGTH"] - 5) / 2
    loan = (applicants["LOAN_AMOUNT"] - 25000) / 8000
    dti = (applicants["DEBT_TO_INCOME"] - 35) / 10
    lines = (applicants["NUMBER_OF_CREDIT_LINES"] - 5) / 2
    previous = applicants["PREVIOUS_DEFAULTS"]
    purpose = applicants["LOAN_PURPOSE"]
    if purpose.dtype.kind != "i":
        purpose = np.argmax([purpose == name for name in PURPOSES], axis=0)
    effect, slope = np.array(list(PURPOSES.values())).T[:, purpose]
    logit = (
        INTERCEPT
        - 0.85 * credit
        + 0.45 * dti
        + 0.40 * previous
        - 0.30 * income
        + 0.20 * loan
        - 0.25 * employment
        + 0.10 * lines
        + 0.12 * age**2
        + 0.35 * np.maximum(0, -credit) * np.maximum(0, dti)
        + 0.25 * loan * np.maximum(0, -income)
        + 0.30 * ((previous >= 2) & (credit < 0))
        + effect
        + slope * dti
    )
    probability: Floats = 1 / (1 + np.exp(-logit))
    return probability


def best_achievable_auc(probability: Floats) -> float:
    """The expected AUC of a model that knows the true probability of each row.

    Args:
        probability: True probability of a positive label, of shape (rows,).
    """
    import numpy as np

    ranked = np.sort(probability)
    negatives = 1 - ranked
    below = np.cumsum(negatives) - negatives
    return float((ranked * below).sum() / (ranked.sum() * negatives.sum()))
