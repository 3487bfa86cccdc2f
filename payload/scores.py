"""How good a model's probabilities are on rows it has not seen, counted batch by batch in constant memory.

Probabilities are counted in half a million bins, as fine as 1 part in 4,000 of their value, for each label. From the
counts follow the AUC, its confidence interval and every curve, for any number of rows; counts of several instances add.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from instances import ALONE, Instance, total

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Counts = NDArray[np.int64]

#: Positive floats sort as the integers of the same bits do; so many low bits are dropped. 0x3F800000 is 1.0.
_SHIFT = 11
_FLUSH_ROWS = 500_000
_Z95 = 1.959964


class Scoreboard:
    """Counts of scored rows.

    Args:
        shift: Low bits of a probability that do not count; more take less memory.
    """

    def __init__(self, shift: int = _SHIFT) -> None:
        import numpy as np

        self._shift = shift
        bins = (0x3F800000 >> shift) + 1
        #: Rows of label 0 and 1 by bin of probability, of shape (2, bins).
        self.counts: Counts = np.zeros((2, bins), np.int64)
        #: Log loss, squared error, right at 0.5, probability: sums over rows.
        self._sums = np.zeros(4, np.float64)
        self._waiting: list[tuple[Floats, Floats]] = []
        self._rows = 0

    def add(self, labels: Floats, probabilities: Floats) -> None:
        """Count rows.

        Args:
            labels: 0 or 1, of shape (rows,).
            probabilities: Of label 1, of shape (rows,).
        """
        self._waiting.append((labels, probabilities))
        self._rows += len(labels)
        if self._rows >= _FLUSH_ROWS:
            self._flush()

    def merge(self, instance: Instance = ALONE) -> None:
        """Add what the other instances counted; all of them have the same counts after it."""
        self._flush()
        self.counts = total(instance, self.counts.ravel()).reshape(self.counts.shape)
        self._sums = total(instance, self._sums)

    def edges(self) -> NDArray[np.float64]:
        """The middle of each bin, a probability, of shape (bins,)."""
        import numpy as np

        bits = (np.arange(self.counts.shape[1], dtype=np.uint32) << np.uint32(self._shift)) + np.uint32(
            (1 << self._shift) // 2
        )
        return np.minimum(bits.view(np.float32).astype(np.float64), 1.0)

    def both_classes(self) -> bool:
        """Whether rows of both labels have been counted."""
        self._flush()
        return bool(self.counts.sum(axis=1).all())

    def metrics(self, best_achievable_auc: float | None) -> dict[str, float | None]:
        """The metrics that are kept with a model.

        Args:
            best_achievable_auc: What no model can exceed on such rows; None when nobody knows.

        Returns:
            auc, auc_standard_error, auc_low and auc_high (95 % interval), log_loss (natural logarithm), brier,
            accuracy (at 0.5), calibration_error, label_rate, mean_prediction, best_achievable_auc and auc_gap (best
            achievable minus reached), the last two None when not known.
        """
        self._flush()
        auc, error = self._auc()
        negatives, positives = (int(count) for count in self.counts.sum(axis=1))
        loss, square, right, predicted = (float(value) / (positives + negatives) for value in self._sums)
        return {
            "auc": auc,
            "auc_standard_error": error,
            "auc_low": max(0.0, auc - _Z95 * error),
            "auc_high": min(1.0, auc + _Z95 * error),
            "log_loss": loss,
            "brier": square,
            "accuracy": right,
            "calibration_error": self.calibration_error(),
            "label_rate": positives / (positives + negatives),
            "mean_prediction": predicted,
            "best_achievable_auc": best_achievable_auc,
            "auc_gap": None if best_achievable_auc is None else best_achievable_auc - auc,
        }

    def calibration(self, groups: int = 20) -> list[dict[str, float]]:
        """Rows in order of probability, divided into groups of about as many: mean prediction and share of label 1."""
        import numpy as np

        self._flush()
        both = self.counts.sum(axis=0)
        rank = (np.cumsum(both) - both / 2) * groups / both.sum()
        group = np.minimum(rank.astype(np.int64), groups - 1)
        rows = np.bincount(group, both, groups)
        predicted = np.bincount(group, both * self.edges(), groups)
        actual = np.bincount(group, self.counts[1], groups)
        return [
            {"rows": int(rows[i]), "predicted": float(predicted[i] / rows[i]), "actual": float(actual[i] / rows[i])}
            for i in range(groups)
            if rows[i]
        ]

    def calibration_error(self) -> float:
        """Mean distance of prediction and truth over the groups of `calibration`, weighted by rows."""
        found = self.calibration()
        rows = sum(group["rows"] for group in found)
        return sum(group["rows"] * abs(group["predicted"] - group["actual"]) for group in found) / rows

    def _auc(self) -> tuple[float, float]:
        """The AUC and its standard error.

        Source: DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated receiver operating
        characteristic curves", Biometrics 44 (1988).
        """
        import numpy as np

        negative, positive = (count.astype(np.float64) for count in self.counts)
        negatives, positives = negative.sum(), positive.sum()
        # Of a positive row: the share of negatives below it; of a negative one: the share of positives above it.
        below = (np.cumsum(negative) - negative / 2) / negatives
        above = 1 - (np.cumsum(positive) - positive / 2) / positives
        auc = float((positive * below).sum() / positives)
        of_positives = float((positive * (below - auc) ** 2).sum() / max(1.0, positives - 1))
        of_negatives = float((negative * (above - auc) ** 2).sum() / max(1.0, negatives - 1))
        return auc, float((of_positives / positives + of_negatives / negatives) ** 0.5)

    def _flush(self) -> None:
        import numpy as np

        if not self._waiting:
            return
        labels = np.concatenate([labels for labels, _ in self._waiting]) > 0.5
        probabilities = np.concatenate([scores for _, scores in self._waiting]).astype(np.float32, copy=False)
        self._waiting, self._rows = [], 0
        place = probabilities.view(np.uint32) >> np.uint32(self._shift)
        for label in (0, 1):
            self.counts[label] += np.bincount(place[labels == label], minlength=self.counts.shape[1])
        exact = probabilities.astype(np.float64)
        likely = np.clip(np.where(labels, exact, 1 - exact), 1e-15, 1)
        self._sums += [
            -np.log(likely).sum(),
            ((exact - labels) ** 2).sum(),
            ((exact >= 0.5) == labels).sum(),
            exact.sum(),
        ]


def measure(labels: Floats, probabilities: Floats, best_achievable_auc: float | None) -> dict[str, Any]:
    """The metrics of rows that are all there at once; see `Scoreboard.metrics`."""
    board = Scoreboard()
    board.add(labels, probabilities)
    return dict(board.metrics(best_achievable_auc))
