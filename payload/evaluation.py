"""What is known of a model on the hold-out: metrics, curves, slices, importance of the columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ahead import ahead
from instances import Instance
from scores import Scoreboard
from table_cache import HOLDOUT, TableCache

if TYPE_CHECKING:
    import xgboost

#: A slice's AUC needs no finer bins than 1 part in 500.
_SLICE_SHIFT = 14
_MOST_SLICES = 30
_CURVE_POINTS = 200
_SHAP_ROWS = 500


@dataclass(frozen=True)
class Evaluation:
    """Metrics, and what a report draws; all of it JSON.

    Args:
        metrics: See `scores.Scoreboard.metrics`.
        curves: roc, precision_recall, calibration, score_distribution.
        slices: Column and its values with rows, label_rate, mean_prediction, auc, auc_low, auc_high, log_loss.
    """

    metrics: dict[str, Any]
    curves: dict[str, Any]
    slices: dict[str, Any]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {"metrics": self.metrics, **self.curves, "slices": self.slices}


def evaluate_holdout(booster: xgboost.Booster, cache: TableCache, instance: Instance, best: float | None) -> Evaluation:
    """Score the hold-out batch by batch; several instances add what they count.

    Args:
        booster: The model.
        cache: Where the rows are.
        instance: Which part of them this instance has.
        best: Best achievable AUC; None when nobody knows.
    """
    board = Scoreboard()
    column = _slice_column(cache)
    slices = {value: Scoreboard(_SLICE_SHIFT) for value in cache.categories(column)} if column else {}
    scored = ((*batch, booster.inplace_predict(batch[0])) for batch in cache.batches(HOLDOUT))
    for features, labels, probabilities in ahead(scored):
        board.add(labels, probabilities)
        if column:
            codes = features[column].combine_chunks().indices.fill_null(-1).to_numpy(zero_copy_only=False)
            for code, counted in enumerate(slices.values()):
                chosen = codes == code
                counted.add(labels[chosen], probabilities[chosen])
    board.merge(instance)
    for counted in slices.values():
        counted.merge(instance)
    return Evaluation(
        metrics=board.metrics(best),
        curves=curves(board),
        slices={"column": column, "values": [_slice(value, counted) for value, counted in slices.items()]},
    )


def curves(board: Scoreboard) -> dict[str, Any]:
    """Points of the curves, few enough for a report."""
    import numpy as np

    negative, positive = board.counts
    # From the highest score down: how many of each label a threshold takes.
    taken_negative, taken_positive = np.cumsum(negative[::-1]), np.cumsum(positive[::-1])
    false_rate, true_rate = taken_negative / taken_negative[-1], taken_positive / taken_positive[-1]
    precision = taken_positive / np.maximum(1, taken_positive + taken_negative)
    steps = np.linspace(0, 1, _CURVE_POINTS)
    by_false = np.searchsorted(false_rate, steps).clip(max=len(false_rate) - 1)
    by_true = np.searchsorted(true_rate, steps[1:]).clip(max=len(true_rate) - 1)
    bins = np.minimum((board.edges() * 50).astype(int), 49)
    return {
        "roc": _points(false_rate[by_false], true_rate[by_false]),
        "precision_recall": _points(true_rate[by_true], precision[by_true]),
        "calibration": board.calibration(),
        "score_distribution": {
            "width": 0.02,
            "negative": [int(count) for count in np.bincount(bins, negative, 50)],
            "positive": [int(count) for count in np.bincount(bins, positive, 50)],
        },
    }


def importance(booster: xgboost.Booster, cache: TableCache) -> dict[str, dict[str, float]]:
    """Each column's share of the gain of all splits, and its mean effect on the logit (SHAP) on some held out rows."""
    import numpy as np
    import xgboost

    names = booster.feature_names or []
    gain = booster.get_score(importance_type="total_gain")
    whole = sum(float(_number(value)) for value in gain.values()) or 1.0
    features, _ = next(cache.batches(HOLDOUT))
    sample = xgboost.DMatrix(features.slice(0, _SHAP_ROWS), enable_categorical=True)
    effects = np.abs(booster.predict(sample, pred_contribs=True)[:, :-1]).mean(axis=0)
    return {
        "gain": {name: float(_number(gain.get(name, 0.0))) / whole for name in names},
        "shap": {name: float(effect) for name, effect in zip(names, effects, strict=True)},
    }


def _number(value: Any) -> float:
    return float(value[0] if isinstance(value, list) else value)


def _slice_column(cache: TableCache) -> str | None:
    """The text column with the fewest values, if those can be shown."""
    sizes = {column: len(cache.categories(column)) for column in cache.layout.categorical}
    shown = [column for column, size in sizes.items() if 1 < size <= _MOST_SLICES]
    return min(shown, key=lambda column: sizes[column]) if shown else None


def _slice(value: str, board: Scoreboard) -> dict[str, Any]:
    rows = int(board.counts.sum())
    if not board.both_classes():
        return {"value": value, "rows": rows}
    metrics = board.metrics(None)
    kept = ("label_rate", "mean_prediction", "auc", "auc_low", "auc_high", "log_loss")
    return {"value": value, "rows": rows, **{name: metrics[name] for name in kept}}


def _points(across: Any, up: Any) -> list[list[float]]:
    return [[round(float(x), 6), round(float(y), 6)] for x, y in zip(across, up, strict=True)]
