"""How good a model's probabilities are on rows it has not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


def measure(labels: Floats, probabilities: Floats, best_achievable_auc: float | None) -> dict[str, float | None]:
    """The metrics that are kept with a model.

    Args:
        labels: 0 or 1, of shape (rows,); both must occur.
        probabilities: Of label 1, of shape (rows,).
        best_achievable_auc: What no model can exceed on such rows; None when nobody knows.

    Returns:
        auc, auc_standard_error, log_loss (natural logarithm), accuracy (at 0.5), label_rate, mean_prediction,
        best_achievable_auc and auc_gap (best achievable minus reached), the last two None when not known.
    """
    import numpy as np
    from sklearn.metrics import log_loss, roc_auc_score

    auc = float(roc_auc_score(labels, probabilities))
    return {
        "auc": auc,
        "auc_standard_error": _standard_error(auc, int(labels.sum()), int(labels.size - labels.sum())),
        "log_loss": float(log_loss(labels, probabilities)),
        "accuracy": float(np.mean((probabilities >= 0.5) == (labels == 1))),
        "label_rate": float(labels.mean(dtype=np.float64)),
        "mean_prediction": float(probabilities.mean(dtype=np.float64)),
        "best_achievable_auc": best_achievable_auc,
        "auc_gap": None if best_achievable_auc is None else best_achievable_auc - auc,
    }


def _standard_error(auc: float, positives: int, negatives: int) -> float:
    """Of the AUC, without a second pass over the rows.

    Source: Hanley and McNeil, "The meaning and use of the area under a ROC curve", Radiology 143 (1982).
    """
    both_positive = auc / (2 - auc)
    both_negative = 2 * auc * auc / (1 + auc)
    variance = (
        auc * (1 - auc) + (positives - 1) * (both_positive - auc**2) + (negatives - 1) * (both_negative - auc**2)
    ) / (positives * negatives)
    return float(max(variance, 0.0) ** 0.5)
